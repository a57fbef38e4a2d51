use super::files::{MANIFEST, RESULTS, read_manifest, write_manifest};
use super::open::differs;
use super::{Manifest, OpenRun, Plan, Run, RunFolder, plan};
use engine::error::{Error, Kind, Result};
use engine::store;
use jiff::Zoned;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The folder that holds every run.
#[derive(Debug, Clone)]
pub struct Reports {
    folder: PathBuf,
}

/// What [`Reports::list`] found.
#[derive(Debug, Default)]
pub struct Listing {
    /// Oldest first.
    pub runs: Vec<Manifest>,
    /// One error per run that could not be read; the others are none the worse.
    pub unreadable: Vec<Error>,
}

impl Reports {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// One run per plan: the unfinished run that the plan would continue, else a new one.
    pub fn open(&self, plans: Vec<Plan>) -> Result<Vec<OpenRun>> {
        let mut open: Vec<OpenRun> = Vec::with_capacity(plans.len());
        for plan in plans {
            let taken: Vec<&str> = open.iter().map(|run| run.manifest.id.as_str()).collect();
            open.push(match self.unfinished(&plan, &taken)? {
                Some(id) => self.resume(&id, plan)?,
                None => self.create(plan)?,
            });
        }
        Ok(open)
    }

    /// Starts a new run.
    pub fn create(&self, plan: Plan) -> Result<OpenRun> {
        self.create_from(plan, None)
    }

    pub(super) fn create_from(&self, plan: Plan, rescored_from: Option<String>) -> Result<OpenRun> {
        let (folder, id) = self.new_folder(&stem(&plan.version.name))?;
        OpenRun::create(folder, id, plan, rescored_from)
    }

    /// Makes a folder nobody else has: creating a folder either succeeds for one process or fails.
    fn new_folder(&self, stem: &str) -> Result<(PathBuf, String)> {
        std::fs::create_dir_all(&self.folder).map_err(|e| Error::io("create", &self.folder, e))?;
        let mut id = stem.to_string();
        for number in 2u64.. {
            let folder = self.folder.join(&id);
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok((folder, id)),
                Err(e) if e.kind() == ErrorKind::AlreadyExists => id = format!("{stem}-{number}"),
                Err(e) => return Err(Error::io("create", &folder, e)),
            }
        }
        Err(Error::new(Kind::Io, format!("cannot find a free name for {stem} in {}", self.folder.display())))
    }

    /// Takes in a run that is whole already, under a name of its own; it is there in one step.
    pub(super) fn take_in(&self, mut manifest: Manifest, results: &[u8]) -> Result<(PathBuf, Manifest)> {
        std::fs::create_dir_all(&self.folder).map_err(|e| Error::io("create", &self.folder, e))?;
        let scratch = tempfile::Builder::new().prefix(".merging-").tempdir_in(&self.folder);
        let scratch = scratch.map_err(|e| Error::io("write to", &self.folder, e))?;
        // The temporary folder itself is private; what is kept gets the permissions of any new folder.
        let made = scratch.path().join("run");
        store::replace(&made.join(RESULTS), results)?;
        let stem = stem(&manifest.version.name);
        for number in 1u64.. {
            manifest.id = if number == 1 { stem.clone() } else { format!("{stem}-{number}") };
            let target = self.folder.join(&manifest.id);
            if target.exists() {
                continue;
            }
            write_manifest(&made, &manifest)?;
            match std::fs::rename(&made, &target) {
                Ok(()) => {
                    store::sync_folder(&self.folder);
                    return Ok((target, manifest));
                }
                // Somebody was quicker.
                Err(_) if target.exists() => {}
                Err(e) => return Err(Error::io("create", &target, e)),
            }
        }
        Err(Error::new(Kind::Io, format!("cannot find a free name for {stem} in {}", self.folder.display())))
    }

    /// Goes on with a stored run, finished or not; what failed with an error is tried again.
    ///
    /// # Errors
    /// No such run; another process writes it; or `plan` (see [`Plan::again`]) is not what it began with.
    pub fn resume(&self, name: &str, plan: Plan) -> Result<OpenRun> {
        OpenRun::resume(self.find(name)?, plan)
    }

    /// The newest unfinished run that `plan` would continue, apart from those in `taken`.
    pub fn unfinished(&self, plan: &Plan, taken: &[&str]) -> Result<Option<String>> {
        for manifest in self.list()?.runs.into_iter().rev() {
            let rescored = manifest.rescored_from.is_some();
            if manifest.finished.is_some() || rescored || taken.contains(&manifest.id.as_str()) {
                continue;
            }
            // The cheap comparison first: most runs differ without a look at their records.
            if differs(&manifest, &[], plan).is_some() {
                continue;
            }
            let Ok(run) = self.load(&manifest.id) else { continue };
            if differs(&manifest, &run.records, plan).is_none() {
                return Ok(Some(manifest.id));
            }
        }
        Ok(None)
    }

    /// Every run of the folder. Folders without a manifest are none of ours.
    pub fn list(&self) -> Result<Listing> {
        let mut listing = Listing::default();
        for folder in self.run_folders()? {
            match read_manifest(&folder) {
                Ok(manifest) => listing.runs.push(manifest),
                Err(error) => listing.unreadable.push(error),
            }
        }
        listing.runs.sort_by(|a, b| a.started.cmp(&b.started).then_with(|| a.id.cmp(&b.id)));
        Ok(listing)
    }

    pub(super) fn run_folders(&self) -> Result<Vec<PathBuf>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(Error::io("read", &self.folder, e)),
        };
        let folders = entries.filter_map(|entry| entry.ok()).map(|entry| entry.path());
        // What a killed merge left half written begins with a dot.
        let named = |folder: &PathBuf| folder.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.'));
        let mut folders: Vec<PathBuf> = folders.filter(|f| named(f) && f.join(MANIFEST).is_file()).collect();
        folders.sort();
        Ok(folders)
    }

    /// Reads a run by its id, or by the path of its folder. A torn last line is left out.
    pub fn load(&self, name: &str) -> Result<Run> {
        read(self.find(name)?)
    }

    /// Every run of the folder, whatever its own folder is called: runs that several machines made may have one id.
    ///
    /// # Errors
    /// All runs that cannot be read.
    pub fn load_all(&self) -> Result<Vec<Run>> {
        let (good, bad): (Vec<_>, Vec<_>) = self.run_folders()?.into_iter().map(read).partition(Result::is_ok);
        match Error::gather(bad.into_iter().filter_map(Result::err)) {
            Some(error) => Err(error),
            None => Ok(good.into_iter().filter_map(Result::ok).collect()),
        }
    }

    /// The folder of the run with this id, which lies here.
    pub fn folder_of(&self, id: &str) -> Result<RunFolder> {
        let path = self.find(id)?;
        let own = path.parent().is_some_and(|parent| parent == self.folder) && path.file_name().is_some();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !own || name != id {
            return Err(Error::usage(format!("{id} is no run's id")).hint("`pmtune runs list` shows the ids"));
        }
        Ok(RunFolder { id: name, path })
    }

    fn find(&self, name: &str) -> Result<PathBuf> {
        let places = [self.folder.join(name), PathBuf::from(name)];
        if let Some(folder) = places.into_iter().find(|folder| folder.join(MANIFEST).is_file()) {
            return Ok(folder);
        }
        let error = Error::missing(format!("there is no run {name} in {}", self.folder.display()));
        let runs = self.list()?.runs;
        let nearest = runs.iter().map(|run| (strsim::jaro_winkler(&run.id, name), &run.id));
        let nearest = nearest.max_by(|a, b| a.0.total_cmp(&b.0));
        Err(match nearest {
            Some((similarity, id)) if similarity > 0.8 => error.hint(format!("did you mean {id}?")),
            _ => error.hint("name a folder of the reports folder, or the path of a run's folder"),
        })
    }
}

fn read(folder: PathBuf) -> Result<Run> {
    let manifest = read_manifest(&folder)?;
    let results = folder.join(RESULTS);
    let records = if results.exists() { store::read_lines(&results)? } else { Vec::new() };
    let records = plan::settle(&manifest.cases, records);
    Ok(Run { folder, manifest, records })
}

/// A new run's name, as long as nobody else has it.
fn stem(version: &str) -> String {
    format!("{}-{}", Zoned::now().strftime("%Y-%m-%d-%H%M"), slug(version))
}

/// A version's name as part of a folder's name: letters, digits, `.`, `_` and `-`, at most 60 characters.
fn slug(name: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let slug: String = name.chars().map(keep).collect();
    let words: Vec<&str> = slug.split('-').filter(|word| !word.is_empty()).collect();
    let slug: String = words.join("-").chars().take(60).collect();
    let slug = slug.trim_matches(|c| c == '.' || c == '-');
    if slug.is_empty() { "run".to_string() } else { slug.to_string() }
}
