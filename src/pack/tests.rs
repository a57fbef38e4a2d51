use super::write::options;
use super::*;
use engine::error::Result;
use engine::store;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use zip::ZipWriter;

const NAME: &str = "PM-General-v1";
const MANIFEST: &str = "name: PM-General-v1\ncreated: 2026-11-21\nbase: {name: smollm2-135m-instruct}\n";

fn version(root: &Path) -> PathBuf {
    let folder = root.join(NAME);
    store::replace(&folder.join("manifest.yaml"), MANIFEST.as_bytes()).unwrap();
    let noise: Vec<u8> = (0..3_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    store::replace(&folder.join("adapter/adapter_model.safetensors"), &noise).unwrap();
    store::replace(&folder.join("adapter/empty ü.txt"), b"").unwrap();
    folder
}

#[test]
fn the_same_files_give_the_same_pack_and_come_back_bit_for_bit() {
    let root = tempfile::tempdir().unwrap();
    let folder = version(root.path());
    let [one, two] = ["one.zip", "two.zip"].map(|name| root.path().join(name));
    let sums = packed(&folder, &one);
    std::thread::sleep(std::time::Duration::from_millis(20));
    // Other times, same content.
    std::fs::write(folder.join("manifest.yaml"), MANIFEST).unwrap();
    packed(&folder, &two);
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
    assert_eq!(check(&one).unwrap(), sums);
    let out = root.path().join("out");
    std::fs::create_dir(&out).unwrap();
    extract(&one, &out).unwrap();
    assert_eq!(below(&out.join(NAME)).unwrap(), below(&folder).unwrap());
    for path in below(&folder).unwrap() {
        assert_eq!(
            std::fs::read(out.join(NAME).join(&path)).unwrap(),
            std::fs::read(folder.join(&path)).unwrap(),
            "{path}"
        );
    }
    assert_eq!(Pack::open(&one).unwrap().text(&format!("{NAME}/manifest.yaml")).unwrap(), MANIFEST);
}

#[test]
fn a_changed_byte_anywhere_is_found() {
    let root = tempfile::tempdir().unwrap();
    let folder = version(root.path());
    let pack = root.path().join("a.zip");
    packed(&folder, &pack);
    let whole = std::fs::read(&pack).unwrap();
    // Every byte of the central parts, and a sample of the long middle. What unpacks to the same files is no damage.
    let places = (0..whole.len()).filter(|i| *i < 400 || *i + 900 > whole.len() || i % 50_021 == 0);
    let (mut found, mut tried) = (0, 0);
    for place in places {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x55;
        std::fs::write(&pack, &bytes).unwrap();
        let out = tempfile::tempdir().unwrap();
        tried += 1;
        match extract(&pack, out.path()) {
            Err(_) => found += 1,
            Ok(_) => {
                for path in below(&folder).unwrap() {
                    assert_eq!(
                        std::fs::read(out.path().join(NAME).join(&path)).unwrap(),
                        std::fs::read(folder.join(&path)).unwrap(),
                        "byte {place}, {path}"
                    );
                }
            }
        }
    }
    assert!(found * 2 > tried, "{found} of {tried}");
}

fn packed(folder: &Path, target: &Path) -> Sums {
    let of = |path: String| (format!("{NAME}/{path}"), Content::File(folder.join(path)));
    let files: BTreeMap<String, Content> = below(folder).unwrap().into_iter().map(of).collect();
    super::write(target, &files).unwrap()
}

fn check(pack: &Path) -> Result<Sums> {
    Pack::open(pack)?.check()
}

fn extract(pack: &Path, into: &Path) -> Result<Sums> {
    Pack::open(pack)?.extract(into)
}

/// A pack with these entries and the hashes that go with them.
fn forged(root: &Path, entries: &[(&str, &[u8])], sums: Option<&str>) -> PathBuf {
    let pack = root.join("forged.zip");
    let mut zip = ZipWriter::new(File::create(&pack).unwrap());
    zip.set_comment(format!("{COMMENT}{FORMAT}")).unwrap();
    let mut list = String::new();
    for (name, bytes) in entries {
        zip.start_file(name, options(0)).unwrap();
        zip.write_all(bytes).unwrap();
        list += &format!("{}  {name}\n", store::hash(bytes));
    }
    zip.start_file(SUMS, options(0)).unwrap();
    zip.write_all(sums.unwrap_or(&list).as_bytes()).unwrap();
    zip.finish().unwrap();
    pack
}

#[test]
fn names_that_leave_the_folder_are_refused_and_nothing_is_written() {
    let root = tempfile::tempdir().unwrap();
    let good = ("PM-General-v1/manifest.yaml", MANIFEST.as_bytes());
    for bad in [
        "PM-General-v1/../../evil",
        "../evil",
        "/evil",
        "PM-General-v1//evil",
        "PM-General-v1/..\\evil",
        "PM-General-v1/c:evil",
        "PM-General-v1/MANIFEST.yaml",
    ] {
        let pack = forged(root.path(), &[good, (bad, b"x")], None);
        let out = root.path().join("out/deep");
        std::fs::create_dir_all(&out).unwrap();
        assert!(extract(&pack, &out).unwrap_err().to_string().contains("damaged"), "{bad}");
        assert!(check(&pack).is_err(), "{bad}");
        assert_eq!(below(&root.path().join("out")).unwrap(), [] as [&str; 0], "{bad}");
    }
}

#[test]
fn a_pack_with_more_or_less_than_its_list_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let good = ("PM-General-v1/manifest.yaml", MANIFEST.as_bytes());
    let listed = format!("{}  PM-General-v1/manifest.yaml\n", store::hash(MANIFEST.as_bytes()));
    let more = forged(root.path(), &[good, ("PM-General-v1/extra", b"x")], Some(&listed));
    assert!(check(&more).unwrap_err().to_string().contains("it holds 2 files"));
    let missing = format!("{listed}{}  PM-General-v1/gone\n", store::hash(b"x"));
    let less = forged(root.path(), &[good, ("PM-General-v1/other", b"x")], Some(&missing));
    assert!(check(&less).unwrap_err().to_string().contains("gone"));
    let twice = forged(root.path(), &[good], Some(&format!("{listed}{listed}")));
    assert!(check(&twice).unwrap_err().to_string().contains("twice"));
}

#[test]
fn other_zips_and_newer_packs_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let pack = root.path().join("a.zip");
    for (comment, words) in [("", "no archive of pmtune's"), ("pmtune archive, format 9", "newer pmtune")] {
        let mut zip = ZipWriter::new(File::create(&pack).unwrap());
        zip.set_comment(comment).unwrap();
        zip.start_file("PM-General-v1/manifest.yaml", options(0)).unwrap();
        zip.finish().unwrap();
        assert!(check(&pack).unwrap_err().to_string().contains(words));
    }
    std::fs::write(&pack, "PK but not really").unwrap();
    assert!(check(&pack).unwrap_err().to_string().contains("damaged"));
}
