//! A copy of this workspace with what the guides speak of: a colleague's folder, a spreadsheet, a finished run.

use crate::program::copy;
use pmtune::provider::Scripted;
use pmtune::run::{self, Plan, Reports, VersionRef};
use pmtune::suite;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

pub fn pmtune(folder: &Path, arguments: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pmtune"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("PMTUNE_WORKSPACE")
        .env("PMTUNE_HOME", folder.join("home"))
        .output()
        .unwrap()
}

pub fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for name in ["pmtune.yaml", "suites", "models", "training-data"] {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name), &root.path().join(name));
    }
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for (path, line) in EXAMPLES {
        if !root.path().join(path).exists() {
            write(path, line);
        }
    }
    write("colleague/training-data/planning/roadmaps.jsonl", COLLEAGUE);
    write("colleague/chat.jsonl", CHAT);
    write("notes.csv", NOTES);
    write("better-answer.md", RISKS);
    answer(root.path());
    root
}

/// A run over two cases that no suite holds any more, under the id that the guide uses.
fn answer(root: &Path) {
    let cases = "cases:\n  - id: roadmap-museum\n    prompt: Draft a two-quarter roadmap\n    input: Audio guide of a \
                 maritime museum, 4 people, a new wing opens on 3 May.\n    checks: [{type: not-refusal, guard: false}]\n  - id: risks-museum\n    prompt: List the \
                 risks of the audio guide launch\n    checks: [{type: table}]\n";
    let suite = suite::load_str("retired", cases).unwrap();
    let version = VersionRef {
        name: "PM-General-v2".into(),
        base: "0".into(),
        adapter: None,
        system: None,
        examples: Vec::new(),
        sampling: engine::generate::Sampling::default(),
        template: None,
        thinks: false,
        weights: None,
        routed: None,
    };
    let reports = Reports::new(root.join("made"));
    let mut runs = [reports.create(Plan::new(version, &[suite])).unwrap()];
    let script = Scripted::new(|_| Ok(ROADMAP.to_string()));
    run::execute(&mut runs, &script, None, &mut |_| ControlFlow::Continue(())).unwrap();
    std::fs::create_dir_all(root.join("reports")).unwrap();
    std::fs::rename(&runs[0].folder, root.join("reports/2026-11-20-0900-PM-General-v2")).unwrap();
}

/// For a workspace without data of its own.
const EXAMPLES: [(&str, &str); 2] = [
    (
        "training-data/planning/roadmaps.jsonl",
        "{\"instruction\": \"Lay out two quarters\", \"input\": \"Ferry booking, 5 people\", \"output\": \"Berth maps \
         come before timetable work, because captains ask for them twice a day.\"}\n",
    ),
    (
        "training-data/user-stories/basic-features.jsonl",
        "{\"instruction\": \"Write a story\", \"input\": \"Beekeeping log\", \"output\": \"**As a** beekeeper\\n**I want \
         to** note a hive's weight by voice\\n**So that** my gloves stay on\"}\n",
    ),
];

const COLLEAGUE: &str = "{\"instruction\": \"Plan the next two quarters\", \"input\": \"Choir scheduling tool, 2 \
                         developers.\", \"output\": \"Rehearsal calendars first, since 41 of 60 choirs asked; seating \
                         plans follow in June.\"}\n";

const CHAT: &str = "{\"messages\": [{\"role\": \"user\", \"content\": \"Name the risks\\n\\nRoof sensors for \
                    greenhouses\"}, {\"role\": \"assistant\", \"content\": \"Hail breaks sensors; Ines orders covers by \
                    9 April.\"}]}\n";

const NOTES: &str = "instruction,input,output\nName two risks,\"Bakery pre-orders, 30 shops\",\"Ovens fail before \
                     Easter; Jonas books a spare by 2 March.\"\n";

const ROADMAP: &str =
    "Wing first: by 3 May the new halls have audio in two languages. Autumn brings the children's tour.";

const RISKS: &str = "| Risk | Likelihood | Impact | Mitigation | Owner |\n|---|---|---|---|---|\n| Halls open without \
                     audio | low | high | Record the short texts first | Mira |\n";
