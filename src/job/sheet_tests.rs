//! A job's folder, written and read back.

use super::sheet::FILE;
use super::{BaseThere, Draft, Questions, Sheet, Task, Weights};
use crate::run::Engine;
use engine::generate::SamplingOptions;

fn sheet() -> Sheet {
    let weights = Weights::Hub { id: "org/a".into(), revision: None };
    let asked = Questions {
        versions: Vec::new(),
        cases: vec![("s/a".into(), 2)],
        left_out: Vec::new(),
        sampling: SamplingOptions::default(),
        lines: 2,
    };
    let base = BaseThere { name: "b".into(), sha256: "00".into(), template: None, weights };
    Sheet::new(Engine { name: "vllm 1".into(), dtype: None }, base, Task::Eval(Box::new(asked)))
}

fn job() -> (tempfile::TempDir, std::path::PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("deep/job");
    let mut draft = Draft::begin(&folder).unwrap();
    draft.write("data/a.jsonl", "{}\n").unwrap();
    draft.write_script("run.sh", "true\n").unwrap();
    draft.finish(sheet()).unwrap();
    (root, folder)
}

#[test]
fn a_job_is_there_whole_and_reads_back() {
    let (_root, folder) = job();
    let (read, sum) = Sheet::open(&folder).unwrap();
    assert_eq!((read.task.clone(), read.files.len(), sum.len()), (sheet().task, 2, 64));
    assert!(folder.join("out").is_dir());
    assert!(Draft::begin(&folder).err().unwrap().to_string().contains("is there already"));
}

#[test]
fn every_file_that_is_not_what_was_sent_is_named() {
    let (_root, folder) = job();
    std::fs::write(folder.join("data/a.jsonl"), "{ }\n").unwrap();
    std::fs::remove_file(folder.join("run.sh")).unwrap();
    let said = Sheet::open(&folder).unwrap_err().to_string();
    assert!(said.contains("a.jsonl is not what was sent") && said.contains("run.sh is missing"), "{said}");
}

#[test]
fn what_leads_out_is_newer_or_unknown_is_refused() {
    let (_root, folder) = job();
    let path = folder.join(FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to, wanted) in [
        ("\"run.sh\"", "\"../../run.sh\"", "leads out"),
        ("\"format\": 1", "\"format\": 9", "newer pmtune"),
        ("\"format\": 1", "\"format\": 1, \"more\": 2", "unknown field `more`"),
        ("\"vllm 1\"", "\"vllm\\n1\"", "names no engine"),
    ] {
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let said = Sheet::open(&folder).unwrap_err().to_string();
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let none = Sheet::open(folder.parent().unwrap()).unwrap_err().to_string();
    assert!(none.contains("is no job"), "{none}");
}
