//! A made workspace with the runs of two versions, and the page served over it.

use pmtune::check::{Check, Criterion, Judge, Subject, Verdict};
use pmtune::desk;
use pmtune::provider::Scripted;
use pmtune::review::{
    Assignment, Exported, Progress, Rating, Reviewer, ReviewerKind, Saved, Session, Sheet, assign, import,
};
use pmtune::run::{Event, Plan, Reports, Run, VersionRef, execute};
use pmtune::suite::{Case, Split, Suite};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// What an answer must not be able to do to the page it is shown on.
pub const HOSTILE: &str = "# Title\n\n<script>window.evil = 1</script> <img src=x onerror=\"window.evil = 2\">\n\n\
    </script></template></main> [link](javascript:window.evil=3) ![pic](https://evil.example/x.png) \u{1b}[31m\n\n\
    - **one** `two`\n- three\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";

#[derive(Debug)]
struct Nothing;

impl Judge for Nothing {
    fn judge(&self, _: &Subject<'_>) -> Verdict {
        Verdict::when(true, "nothing is asked")
    }
}

fn suite(cases: usize) -> Suite {
    let check = Check {
        name: "nothing".into(),
        negated: false,
        threshold: None,
        weight: 1.0,
        guard: false,
        criterion: Criterion::Format,
        version: 1,
        judge: Arc::new(Nothing),
    };
    let case = |number: usize| Case {
        id: format!("suite/{number}"),
        category: "Creative problem solving".into(),
        split: Split::Dev,
        system: None,
        vars: Default::default(),
        prompt: format!("Question {number}: how would you raise weekly retention </script><b>?"),
        reference: (number == 0).then(|| HOSTILE.to_string()),
        distractors: Vec::new(),
        choices: Vec::new(),
        checks: vec![check.clone()],
        threshold: None,
        weight: 1.0,
        tags: Vec::new(),
        repeat: 1,
        cluster: None,
        require: None,
        sampling: Default::default(),
        judge_hash: "judge".into(),
    };
    Suite {
        name: "suite".into(),
        path: PathBuf::from("suites/suite.yaml"),
        description: String::new(),
        category: "Creative problem solving".into(),
        cases: (0..cases).map(case).collect(),
        hash: "suite".into(),
        remarks: Vec::new(),
    }
}

pub struct Workspace {
    folder: TempDir,
    pub sheet: Sheet,
    runs: Vec<Run>,
}

impl Workspace {
    /// With `versions` runs over `cases` cases.
    pub fn new(cases: usize, versions: &[&'static str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let reports = Reports::new(folder.path().join("reports"));
        for version in versions {
            let plan = Plan::new(
                VersionRef {
                    name: version.to_string(),
                    base: "base".into(),
                    adapter: None,
                    system: None,
                    examples: Vec::new(),
                    sampling: Default::default(),
                    template: None,
                    thinks: false,
                    weights: None,
                    routed: None,
                },
                &[suite(cases)],
            );
            let told = *version;
            let provider = Scripted::new(move |_| Ok(HOSTILE.replace("Title", &format!("Plan {}", told.len()))));
            let mut open = reports.open(vec![plan]).unwrap();
            execute(&mut open, &provider, None, &mut |_: Event<'_>| ControlFlow::Continue(())).unwrap();
        }
        let listed = reports.list().unwrap().runs;
        let runs: Vec<Run> = listed.iter().map(|run| reports.load(&run.id).unwrap()).collect();
        let (sheet, _) = assign(&runs.iter().collect::<Vec<_>>(), &Assignment::all("ann")).unwrap();
        Self { folder, sheet, runs }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn session(&self) -> Session {
        let reports = Reports::new(self.path().join("reports"));
        let (sheet, key) = assign(&self.runs.iter().collect::<Vec<_>>(), &Assignment::all("ann")).unwrap();
        let ann = Reviewer { name: "ann".into(), kind: ReviewerKind::Person };
        Session::open(&reports, sheet, key, &ann).unwrap()
    }

    /// Takes in what a page saved: how many ratings are new, and how many of them unfinished.
    pub fn import(&self, file: &Path) -> (usize, usize) {
        let reports = Reports::new(self.path().join("reports"));
        let (sheet, key) = assign(&self.runs.iter().collect::<Vec<_>>(), &Assignment::all("ann")).unwrap();
        Exported::new(sheet, key).keep(&reports).unwrap();
        let imported = import(&reports, file, &std::fs::read(file).unwrap()).unwrap();
        (imported.new, imported.unfinished)
    }

    /// What a session finds recorded; nobody may be serving.
    pub fn state(&self) -> Vec<Saved> {
        self.session().state()
    }

    pub fn saved(&self, answer: &str) -> Saved {
        self.state().into_iter().find(|saved| saved.answer == answer).unwrap()
    }

    /// Every line of every book, as it stands on disk now.
    pub fn lines(&self) -> Vec<Rating> {
        let mut ratings = Vec::new();
        for run in &self.runs {
            let text = std::fs::read_to_string(run.folder.join("reviews/by-ann.jsonl")).unwrap_or_default();
            ratings.extend(text.lines().filter_map(|line| serde_json::from_str::<Rating>(line).ok()));
        }
        ratings.sort_by_key(|rating| rating.at);
        ratings
    }

    pub fn serve(&self, port: u16) -> Served {
        let session = self.session();
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        let (sender, address) = channel();
        let sender = Mutex::new(sender);
        let thread = std::thread::spawn(move || {
            desk::serve(session, Some(port), &|| asked.load(Ordering::SeqCst), &mut |url: &str| {
                sender.lock().unwrap().send(url.to_string()).unwrap();
            })
            .unwrap()
        });
        Served { url: address.recv().unwrap(), stop, thread: Some(thread) }
    }
}

pub struct Served {
    pub url: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Progress>>,
}

impl Served {
    pub fn port(&self) -> u16 {
        let rest = self.url.strip_prefix("http://127.0.0.1:").unwrap();
        rest.split('/').next().unwrap().parse().unwrap()
    }

    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port())
    }

    /// Ctrl-C.
    pub fn stop(self) -> Progress {
        self.stop.store(true, Ordering::SeqCst);
        self.wait()
    }

    /// Until the reviewer stops it on the page.
    pub fn wait(mut self) -> Progress {
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
