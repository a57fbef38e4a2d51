//! A version travels from one workspace to another, over the command line, on the tiny base.

use crate::program::{command, said};
use engine::store;
use pmtune::run::Reports;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;

fn fine(root: &Path, args: &[&str]) -> String {
    let output = command(root, args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", said(&output));
    said(&output)
}

fn refused(root: &Path, args: &[&str]) -> String {
    let output = command(root, args).output().unwrap();
    assert!(!output.status.success(), "{args:?} was not refused: {}", said(&output));
    said(&output)
}

fn write(root: &Path, path: &str, text: &str) {
    store::replace(&root.join(path), text.as_bytes()).unwrap();
}

/// A workspace over the tiny base, which lies in it under a name of its own.
fn workspace(base: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    std::fs::copy(tiny, root.path().join(base)).unwrap();
    let settings = format!(
        "line: PM\nbase: ./{base}\ncompare: {{resamples: 1000}}\nsampling: {{max-tokens: 4}}\ngate: {{errors: 0}}\n"
    );
    write(root.path(), "pmtune.yaml", &settings);
    root
}

/// The same with a trained version, a suite that reads a text, and a run that Annegret and Bodil scored.
fn sender() -> (TempDir, String) {
    let root = workspace("theirs.gguf");
    let line = |i: usize| format!("{{\"instruction\": \"Ask {i}\", \"input\": \"\", \"output\": \"Done {i}.\"}}\n");
    write(root.path(), "training-data/updates/basic.jsonl", &(0..12).map(line).collect::<String>());
    write(root.path(), "suites/texts/note.md", "The lift is late.\n");
    let case = |i: usize| {
        format!("  - {{id: c{i}, split: held-out, prompt: Question {i}, checks: [{{type: contains, value: e}}]}}\n")
    };
    let read = "  - {id: read, prompt: Sum this up, input: 'file://suites/texts/note.md'}\n";
    let cases: String = (0..4).map(case).collect();
    write(root.path(), "suites/s.yaml", &format!("category: c\ncases:\n{cases}{read}"));
    fine(root.path(), &["train", "--epochs", "1"]);
    fine(root.path(), &["models", "note", "v1", "Carla likes it"]);
    fine(root.path(), &["eval", "v1"]);
    let runs = Reports::new(root.path().join("reports")).list().unwrap().runs;
    let id = runs[0].id.clone();
    for name in ["Annegret", "Bodil"] {
        let book = format!(
            "{{\"line\": \"reviewer\", \"format\": 1, \"name\": \"{name}\", \"kind\": \"person\"}}\n{{\"line\": \"rating\", \
             \"case\": \"s/c0\", \"repeat\": 0, \"answer\": \"h\", \"points\": {{\"tone\": 4}}, \"comment\": \"as {name} \
             said\", \"done\": false, \"at\": \"2026-11-22T03:06:12Z\"}}\n"
        );
        write(root.path(), &format!("reports/{id}/reviews/by-{}.jsonl", name.to_lowercase()), &book);
    }
    (root, id)
}

/// The files of a folder with their hashes, less what a program keeps for itself.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let kept = |path: &String| !path.starts_with("home/") && !path.ends_with(".lock");
    let hash = |path: String| (store::hash_file(&folder.join(&path), |_| ()).map(|hash| (path, hash))).unwrap();
    pmtune::pack::below(folder).unwrap().into_iter().filter(kept).map(hash).collect()
}

/// Everything that a pack holds, as one text.
fn inside(pack: &Path) -> (Vec<String>, String) {
    let out = tempfile::tempdir().unwrap();
    let sums = pmtune::pack::Pack::open(pack).unwrap().extract(out.path()).unwrap();
    let texts =
        sums.keys().map(|path| String::from_utf8_lossy(&std::fs::read(out.path().join(path)).unwrap()).into_owned());
    (sums.keys().cloned().collect(), texts.collect())
}

#[test]
fn a_version_arrives_with_all_that_it_rests_on() {
    let (from, run) = sender();
    let pack = from.path().join("v1.zip");
    let text = fine(from.path(), &["share", "v1", "-o", "v1.zip", "--suites", "--run", &run, "--with-scores"]);
    assert!(text.contains("of the version") && text.contains("SHA-256"), "{text}");
    let (paths, texts) = inside(&pack);
    assert!(
        paths.contains(&"suites/texts/note.md".to_string())
            && paths.contains(&"training-data/updates/basic.jsonl".to_string())
    );
    for name in ["Annegret", "Bodil", "Carla"] {
        assert!(!texts.contains(name), "{name} was given away");
    }
    assert!(texts.contains("person-1") && texts.contains("person-2"));
    assert!(refused(from.path(), &["share", "v1", "-o", "v1.zip"]).contains("is there already"));

    let to = workspace("ours.gguf");
    let pack = pack.to_str().unwrap();
    let text = fine(to.path(), &["receive", pack]);
    assert!(text.contains("Received PM-v1"), "{text}");
    let manifest = std::fs::read_to_string(to.path().join("models/PM-v1/manifest.yaml")).unwrap();
    let sha256 = store::hash_file(Path::new(pack), |_| ()).unwrap();
    assert!(manifest.contains("ours.gguf") && manifest.contains(&sha256), "{manifest}");
    assert!(to.path().join("reports").join(&run).join("report.html").is_file());
    // It is whole by every hash, is judged by what came with it, and answers as it did there.
    let text = fine(to.path(), &["models", "verify"]);
    assert!(!text.contains("edited") && !text.contains("no longer"), "{text}");
    fine(to.path(), &["gate", "v1"]);
    fine(to.path(), &["validate"]);
    fine(to.path(), &["eval", "v1", "--no-cache"]);
    let reports = [from.path(), to.path()].map(|root| Reports::new(root.join("reports")));
    let ours = reports[1].list().unwrap().runs.into_iter().find(|manifest| manifest.id != run).unwrap();
    let answers = |reports: &Reports, id: &str| -> Vec<String> {
        let records = reports.load(id).unwrap().records;
        records.iter().map(|record| format!("{:?}", record.outcome.answer().map(|a| &a.text))).collect()
    };
    assert_eq!(answers(&reports[0], &run), answers(&reports[1], &ours.id));
    let before = files(to.path());
    assert!(fine(to.path(), &["receive", pack]).contains("nothing was changed"));
    assert_eq!(files(to.path()).len(), before.len());
}

#[test]
fn names_and_their_words_travel_when_asked_and_without_asking_nobody_scored() {
    let (from, run) = sender();
    fine(from.path(), &["share", "v1", "-o", "bare.zip", "--run", &run]);
    let (paths, _) = inside(&from.path().join("bare.zip"));
    assert!(!paths.iter().any(|path| path.contains("reviews") || path.ends_with("notes.jsonl")), "{paths:?}");
    fine(from.path(), &["share", "v1", "-o", "named.zip", "--run", &run, "--with-names", "--without-data"]);
    let (paths, texts) = inside(&from.path().join("named.zip"));
    assert!(["Annegret", "as Bodil said", "Carla"].iter().all(|name| texts.contains(name)));
    assert!(!paths.iter().any(|path| path.starts_with("training-data")));
}

#[test]
fn what_gives_something_away_stays_until_somebody_insists() {
    let (from, run) = sender();
    let file = from.path().join("suites/texts/note.md");
    std::fs::write(&file, "The lift is late.\nAsk jo.park@harbourmail.io\n").unwrap();
    let args = ["share", "v1", "-o", "v1.zip", "--suite", "s", "--run", &run];
    let text = refused(from.path(), &args);
    assert!(
        text.contains("suites/texts/note.md:2: an e-mail address: jo.park@harbourmail.io")
            && text.contains("--knowingly"),
        "{text}"
    );
    assert!(!from.path().join("v1.zip").exists());
    let text = fine(from.path(), &[&args[..], &["--knowingly"]].concat());
    assert!(text.contains("shared all the same: suites/texts/note.md:2"), "{text}");
    // Data that changed since is not what the version was trained on.
    let data = from.path().join("training-data/updates/basic.jsonl");
    let mut open = std::fs::OpenOptions::new().append(true).open(data).unwrap();
    writeln!(open, "{{\"instruction\": \"new\", \"input\": \"\", \"output\": \"x\"}}").unwrap();
    let text = fine(from.path(), &["share", "v1", "-o", "later.zip"]);
    assert!(
        text.contains("left out: training-data/updates/basic.jsonl is no longer what the version was trained on"),
        "{text}"
    );
    write(from.path(), "texts/out.md", "x\n");
    write(from.path(), "suites/t.yaml", "category: c\ncases: [{id: a, prompt: 'file://texts/out.md'}]\n");
    let text = refused(from.path(), &["share", "v1", "-o", "t.zip", "--suite", "t"]);
    assert!(text.contains("the suite t reads texts/out.md") && text.contains("below suites/"), "{text}");
    assert!(
        refused(from.path(), &["share", "v1", "-o", "t.zip", "--suite", "nothing"])
            .contains("there is no suite nothing")
    );
}

#[test]
fn collisions_are_named_and_nothing_is_overwritten() {
    let (from, run) = sender();
    fine(from.path(), &["share", "v1", "-o", "v1.zip", "--suites", "--run", &run]);
    let pack = from.path().join("v1.zip");
    let pack = pack.to_str().unwrap();
    let to = workspace("ours.gguf");
    write(to.path(), "suites/s.yml", "category: mine\ncases: [{id: a, prompt: x}]\n");
    write(
        to.path(),
        "training-data/updates/basic.jsonl",
        "{\"instruction\": \"m\", \"input\": \"\", \"output\": \"x\"}\n",
    );
    let before = files(to.path());
    let text = refused(to.path(), &["receive", pack]);
    assert!(text.contains("suites/s.yaml") && text.contains("training-data/updates/basic.jsonl"), "{text}");
    assert!(text.contains("--without-data") && text.contains("pmtune data merge"), "{text}");
    assert_eq!(files(to.path()), before);
    write(to.path(), "models/PM-v1/manifest.yaml", "name: PM-v1\ncreated: 2026-11-21\nbase: {name: ./ours.gguf}\n");
    let before = files(to.path());
    let text = refused(to.path(), &["receive", pack, "--without-data", "--without-suites"]);
    assert!(text.contains("there is a version PM-v1 here already") && text.contains("--as PM-v2"), "{text}");
    assert_eq!(files(to.path()), before);
    fine(to.path(), &["receive", pack, "--without-data", "--without-suites", "--without-runs", "--as", "v2"]);
    let after = files(to.path());
    assert!(before.iter().all(|(path, hash)| after.get(path) == Some(hash)));
    let manifest = std::fs::read_to_string(to.path().join("models/PM-v2/manifest.yaml")).unwrap();
    assert!(manifest.contains("name: PM-v2") && manifest.contains("was: PM-v1"), "{manifest}");
    fine(to.path(), &["models", "verify"]);
    for bad in ["../x", "archive", "base", ".hidden"] {
        assert!(refused(to.path(), &["receive", pack, "--as", bad]).contains("no version can be called"), "{bad}");
    }
}

#[test]
fn another_base_is_refused_with_the_way_out() {
    let (from, _) = sender();
    fine(from.path(), &["share", "v1", "-o", "v1.zip"]);
    let pack = from.path().join("v1.zip");
    let to = tempfile::tempdir().unwrap();
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-llama.gguf");
    write(to.path(), "pmtune.yaml", &format!("line: PM\nbase: {}\n", other.display()));
    let before = files(to.path());
    let text = refused(to.path(), &["receive", pack.to_str().unwrap()]);
    assert!(text.contains("PM-v1 stands on the base ./theirs.gguf") && text.contains("pmtune init"), "{text}");
    assert_eq!(files(to.path()), before);
}

#[test]
fn an_archive_is_received_as_what_is_shared() {
    let (from, _) = sender();
    fine(from.path(), &["models", "archive", "v1"]);
    let to = workspace("ours.gguf");
    fine(to.path(), &["receive", from.path().join("models/archive/PM-v1.zip").to_str().unwrap()]);
    assert!(to.path().join("models/PM-v1/adapter/adapter_model.safetensors").is_file());
}

/// A pack with these entries and the hashes that go with them.
fn forged(root: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
    let files = entries.iter().map(|(path, bytes)| (path.to_string(), pmtune::pack::Content::Bytes(bytes.to_vec())));
    let target = root.join("forged.zip");
    pmtune::pack::write(&target, &files.collect()).unwrap();
    target
}

#[test]
fn a_hostile_pack_leaves_no_trace() {
    let to = workspace("ours.gguf");
    let manifest: &[u8] = b"name: PM-v1\ncreated: 2026-11-21\nbase: {name: ./ours.gguf}\n";
    let good = ("PM-v1/manifest.yaml", manifest);
    let before = files(to.path());
    let elsewhere = tempfile::tempdir().unwrap();
    for (path, bytes) in [
        ("pmtune.yaml", &b"line: evil\n"[..]),
        (".git/hooks/post-checkout", b"x"),
        (".gitattributes", b"x"),
        ("models/PM-v9/manifest.yaml", b"x"),
        ("PM-v2/manifest.yaml", manifest),
        ("suites/broken.yaml", b"cases: [{id: a, cheks: []}]\n"),
        ("training-data/a/b.jsonl", b"no JSON\n"),
        ("reports/r/run.json", b"{}\n"),
    ] {
        let pack = forged(elsewhere.path(), &[good, (path, bytes)]);
        let text = refused(to.path(), &["receive", pack.to_str().unwrap()]);
        assert!(text.contains("damaged") || text.contains("cannot be used"), "{path}: {text}");
        assert_eq!(files(to.path()), before, "{path}");
    }
    for name in ["archive", "reports", "base"] {
        let path = format!("{name}/manifest.yaml");
        let pack = forged(elsewhere.path(), &[(&path, manifest)]);
        assert!(refused(to.path(), &["receive", pack.to_str().unwrap()]).contains("damaged"), "{name}");
    }
    let pack = forged(elsewhere.path(), &[good]);
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes[60] ^= 0x55;
    std::fs::write(&pack, bytes).unwrap();
    assert!(refused(to.path(), &["receive", pack.to_str().unwrap()]).contains("damaged"));
    assert_eq!(files(to.path()), before);
}

#[test]
fn killed_at_any_moment_the_same_command_ends_it() {
    let (from, run) = sender();
    fine(from.path(), &["share", "v1", "-o", "v1.zip", "--suites", "--run", &run]);
    let pack = from.path().join("v1.zip");
    let pack = pack.to_str().unwrap();
    let whole = workspace("ours.gguf");
    fine(whole.path(), &["receive", pack]);
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let mut killed = 0;
    for _ in 0..12 {
        let to = workspace("ours.gguf");
        let mut child =
            command(to.path(), &["receive", pack]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random.random_range(1_000..60_000)));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        // The version is whole or not there.
        if to.path().join("models/PM-v1").exists() {
            fine(to.path(), &["models", "verify", "v1"]);
        }
        fine(to.path(), &["receive", pack]);
        let named = |root: &Path| {
            // Reports are written after all this, and a kill while one is leaves its temporary file.
            let kept = |path: &String| !path.contains("report.") && !path.contains("/.pmtune-");
            files(root).into_iter().filter(|(path, _)| kept(path)).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(named(to.path()), named(whole.path()));
    }
    assert!(killed > 0, "no child was killed");
}
