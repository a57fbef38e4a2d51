//! A workspace: a folder with `pmtune.yaml` that owns `suites/`, `training-data/`, `models/` and `reports/`.
//!
//! Every path inside a workspace is made here, and nowhere else. `init` writes a new workspace that runs at once.

mod compare;
mod config;
mod gate;
mod init;
mod review;
#[cfg(test)]
mod train_tests;

pub use compare::CompareSettings;
pub use config::{Config, DataSettings, Severity};
pub use gate::{CriteriaSettings, EXIT_CODE, GateHalf, GateSettings, LatencySettings, NoRegression};
pub use init::init;
pub use review::ReviewSettings;

use engine::error::{Error, Result};
use std::path::{Component, Path, PathBuf};

/// The name of the file that makes a folder a workspace.
pub const FILE: &str = "pmtune.yaml";

#[derive(Debug, Clone)]
pub struct Workspace {
    pub root: PathBuf,
    pub config: Config,
}

impl Workspace {
    /// The workspace of `start` or of the nearest folder above it.
    pub fn find(start: &Path) -> Result<Self> {
        let start = start.canonicalize().map_err(|e| Error::io("open", start, e))?;
        let root = start.ancestors().find(|folder| folder.join(FILE).is_file()).ok_or_else(|| {
            Error::missing(format!("no workspace here: neither {} nor a folder above it holds {FILE}", start.display()))
                .hint("run `pmtune init` to start one here, or point at one with --workspace FOLDER")
        })?;
        Self::open(root)
    }

    /// The workspace whose root is `root`.
    pub fn open(root: &Path) -> Result<Self> {
        let file = root.join(FILE);
        if !file.is_file() {
            return Err(Error::missing(format!("{} is not a workspace: it has no {FILE}", root.display()))
                .hint("run `pmtune init` in that folder first"));
        }
        let config = Config::read(&engine::store::read_text(&file)?, &file)?;
        Ok(Self { root: root.to_path_buf(), config })
    }

    pub fn suites(&self) -> PathBuf {
        self.root.join("suites")
    }

    pub fn training_data(&self) -> PathBuf {
        self.root.join("training-data")
    }

    /// What versions are trained on: the files and folders that `train.data` names, or all of `training-data/`.
    pub fn data(&self) -> Vec<PathBuf> {
        let named = |paths: &Vec<PathBuf>| paths.iter().map(|path| self.root.join(path)).collect();
        self.config.train.data.as_ref().map_or_else(|| vec![self.training_data()], named)
    }

    /// The examples to validate on that `train.held-out` names, if it does.
    pub fn held_out(&self) -> Option<Vec<PathBuf>> {
        let paths = self.config.train.held_out.as_ref()?;
        Some(paths.iter().map(|path| self.root.join(path)).collect())
    }

    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    pub fn reports(&self) -> PathBuf {
        self.root.join("reports")
    }

    /// A file or folder to write, as the user named it from where they stand.
    ///
    /// # Errors
    /// It lies outside the workspace, links followed.
    pub fn inside(&self, path: &Path) -> Result<PathBuf> {
        let fail = |e| Error::io("find", path, e);
        let full = std::path::absolute(path).map_err(fail)?;
        let there = full.ancestors().find(|folder| folder.exists()).unwrap_or(&full);
        let below = full.strip_prefix(there).unwrap_or(Path::new(""));
        let plain = below.components().all(|part| matches!(part, Component::Normal(_)));
        let real = there.canonicalize().map_err(fail)?;
        if plain && real.starts_with(self.root.canonicalize().map_err(fail)?) {
            // Joining nothing would end the path of a file with a slash.
            return Ok(if below.as_os_str().is_empty() { real } else { real.join(below) });
        }
        Err(Error::usage(format!("{} lies outside the workspace {}", path.display(), self.root.display()))
            .hint("name a place inside it; copy the result from there"))
    }

    /// Every suite file, in the order of their names.
    pub fn suite_files(&self) -> Result<Vec<PathBuf>> {
        let folder = self.suites();
        let entries = std::fs::read_dir(&folder).map_err(|e| {
            Error::io("read", &folder, e)
                .hint("suites live in the folder `suites/` of the workspace, one YAML file each")
        })?;
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .filter(|path| matches!(path.extension().and_then(|e| e.to_str()), Some("yaml" | "yml")))
            .collect();
        files.sort();
        if files.is_empty() {
            return Err(Error::missing(format!("no suite in {}", folder.display()))
                .hint("write one, or run `pmtune init` in an empty folder to see an example"));
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_data_is_the_folder_or_what_the_file_names() {
        let root = tempfile::tempdir().unwrap();
        let open = |text: &str| {
            std::fs::write(root.path().join(FILE), text).unwrap();
            Workspace::open(root.path()).unwrap()
        };
        let plain = open("line: x\n");
        assert_eq!((plain.data(), plain.held_out()), (vec![plain.training_data()], None));
        let named = open("line: x\ntrain: {data: [a, b/c.jsonl], held-out: [d]}\n");
        assert_eq!(named.data(), [root.path().join("a"), root.path().join("b/c.jsonl")]);
        assert_eq!(named.held_out(), Some(vec![root.path().join("d")]));
    }

    #[test]
    fn what_is_written_stays_inside() {
        let root = tempfile::tempdir().unwrap();
        init(&root.path().join("w")).unwrap();
        let workspace = Workspace::open(&root.path().join("w")).unwrap();
        let here = workspace.root.canonicalize().unwrap();
        let inside = |path: &str| workspace.inside(&here.join(path));
        assert_eq!(inside("new/folder/x.html").unwrap(), here.join("new/folder/x.html"));
        assert_eq!(inside("pmtune.yaml").unwrap().to_string_lossy(), here.join("pmtune.yaml").to_string_lossy());
        assert_eq!(inside("suites/../x.html").unwrap(), here.join("x.html"));
        for outside in ["..", "../x", "suites/../../x", "no/such/../../../x", "/nowhere/x"] {
            assert!(inside(outside).is_err(), "{outside}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(root.path(), here.join("out")).unwrap();
            assert!(inside("out/x").is_err());
        }
    }
}
