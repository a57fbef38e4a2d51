//! Archiving, restoring and promoting, killed with `kill -9` at any moment: the version is always whole, in its folder or
//! in its pack, and the same command finishes the work.
//!
//! The test starts itself again as a child that moves a version to and fro, kills it at a random time, looks, and
//! starts the next.

use engine::store;
use pmtune::registry;
use pmtune::workspace::Workspace;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const FOLDER: &str = "PMTUNE_TEST_KILL_MODELS";
const KILLS: usize = 60;
const V1: &str = "PM-General-v1";
const V2: &str = "PM-General-v2";

fn workspace(root: &Path) -> Workspace {
    store::replace(&root.join("pmtune.yaml"), b"line: PM-General\n").unwrap();
    for (name, size) in [(V1, 3_000_000u32), (V2, 10)] {
        let folder = root.join("models").join(name);
        let noise: Vec<u8> = (0..size).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
        store::replace(&folder.join("adapter/adapter_model.safetensors"), &noise).unwrap();
        store::replace(&folder.join("adapter/adapter_config.json"), b"{}").unwrap();
        let mut manifest =
            format!("name: {name}\ncreated: 2026-11-21\nbase: {{name: no-such-base.gguf}}\nadapter: adapter\nfiles:\n");
        for (path, hash) in registry::written_hashes(&folder).unwrap() {
            manifest += &format!("  {path}: {hash}\n");
        }
        store::replace(&folder.join("manifest.yaml"), manifest.as_bytes()).unwrap();
    }
    Workspace::open(root).unwrap()
}

/// Does nothing when a person runs it.
#[test]
#[ignore = "only the tests below start it"]
fn mover() {
    let Some(root) = std::env::var_os(FOLDER) else { return };
    let workspace = Workspace::open(Path::new(&root)).unwrap();
    loop {
        if workspace.models().join(V1).exists() {
            registry::archive(&workspace, V1).unwrap();
        }
        registry::restore(&workspace, V1).unwrap();
    }
}

#[test]
#[ignore = "only the tests below start it"]
fn promoter() {
    let Some(root) = std::env::var_os(FOLDER) else { return };
    let workspace = Workspace::open(Path::new(&root)).unwrap();
    for turn in 0.. {
        registry::promote(&workspace, if turn % 2 == 0 { V1 } else { V2 }, Some("a reason")).unwrap();
    }
}

fn start(child: &str, root: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([&format!("models_kill::{child}"), "--exact", "--ignored"])
        .env(FOLDER, root)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The bytes of every file of a folder, by path.
fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn killed_at_random_times_an_archived_version_is_never_lost() {
    let root = tempfile::tempdir().unwrap();
    let workspace = workspace(root.path());
    let home = workspace.models().join(V1);
    let whole = content(&home);
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let (mut in_folder, mut in_pack) = (0, 0);
    for kill in 0..KILLS {
        let mut child = start("mover", root.path());
        std::thread::sleep(Duration::from_micros(random.random_range(500..400_000)));
        child.kill().unwrap();
        assert_ne!(child.wait().unwrap().code(), Some(101), "kill {kill}: the child refused to go on");
        if home.exists() {
            in_folder += 1;
            assert!(content(&home) == whole, "kill {kill}: the folder is not whole");
        } else {
            in_pack += 1;
            let found = registry::verify(&workspace, V1).unwrap();
            assert!(found.len() == 1 && found[0].damage.is_empty(), "kill {kill}: {found:?}");
            assert_eq!(registry::archived(&workspace).unwrap(), [V1]);
        }
    }
    if home.exists() {
        registry::archive(&workspace, V1).unwrap();
    }
    assert!(!home.exists());
    registry::restore(&workspace, V1).unwrap();
    assert!(content(&home) == whole);
    let left: Vec<_> = content(&workspace.models().join("archive")).into_keys().collect();
    assert_eq!(left, [".lock", "PM-General-v1.zip"], "nothing half-made stays");
    println!("{KILLS} kills: {in_folder} times the folder was there, {in_pack} times the pack alone");
}

#[test]
fn killed_at_random_times_a_promotion_has_happened_or_not() {
    let root = tempfile::tempdir().unwrap();
    let workspace = workspace(root.path());
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(12);
    for _ in 0..KILLS {
        let mut child = start("promoter", root.path());
        std::thread::sleep(Duration::from_micros(random.random_range(500..60_000)));
        child.kill().unwrap();
        assert_ne!(child.wait().unwrap().code(), Some(101), "the child refused to go on");
        if let Some(primary) = registry::primary(&workspace).unwrap() {
            assert!([V1, V2].contains(&primary.as_str()), "{primary:?}");
        }
        for found in registry::verify_all(&workspace).unwrap() {
            assert!(found.damage.is_empty(), "{found:?}");
        }
    }
    registry::promote(&workspace, V1, None).unwrap();
    registry::promote(&workspace, V2, None).unwrap();
    assert_eq!(registry::primary(&workspace).unwrap().as_deref(), Some(V2));
    // Every promotion is told once in each log: the kinds take turns.
    for name in [V1, V2] {
        let notes = registry::notes(&workspace, name).unwrap();
        let twice = notes.windows(2).find(|pair| (pair[0].kind, &pair[0].text) == (pair[1].kind, &pair[1].text));
        assert!(twice.is_none(), "{twice:?}");
    }
}
