use super::{Config, Section};
use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The name of the file that makes a folder a workspace.
pub const FILE: &str = "pmtune.yaml";

/// The keys of [`Config`].
const OWN: [&str; 4] = ["format", "line", "base", "sampling"];

#[derive(Debug, Clone)]
pub struct Workspace {
    pub root: PathBuf,
    pub config: Config,
    /// `pmtune.yaml`.
    file: Node,
}

/// The folder of the workspace that `start` lies in: the nearest one upward with a `pmtune.yaml`.
pub fn root(start: &Path) -> Result<PathBuf> {
    let start = start.canonicalize().map_err(|e| Error::io("open", start, e))?;
    let root = start.ancestors().find(|folder| folder.join(FILE).is_file()).ok_or_else(|| {
        Error::missing(format!("no workspace here: neither {} nor a folder above it holds {FILE}", start.display()))
            .hint("run `pmtune init` to start one here, or point at one with --workspace FOLDER")
    })?;
    Ok(root.to_path_buf())
}

/// The tree of the `pmtune.yaml` of the workspace whose root is `root`.
pub fn parse(root: &Path) -> Result<Node> {
    let file = root.join(FILE);
    if !file.is_file() {
        return Err(Error::missing(format!("{} is not a workspace: it has no {FILE}", root.display()))
            .hint("run `pmtune init` in that folder first"));
    }
    yaml::parse(&engine::store::read_text(&file)?, &file)
}

/// Where the versions of the workspace whose root is `root` lie.
pub fn models(root: &Path) -> PathBuf {
    root.join("models")
}

/// Every suite file of the workspace whose root is `root`, in the order of their names.
pub fn suite_files(root: &Path) -> Result<Vec<PathBuf>> {
    let folder = root.join("suites");
    let entries = std::fs::read_dir(&folder).map_err(|e| {
        Error::io("read", &folder, e).hint("suites live in the folder `suites/` of the workspace, one YAML file each")
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

impl Workspace {
    /// The workspace whose root is `root`. Its sections are not looked at; `settings::open` does that.
    pub fn open(root: &Path) -> Result<Self> {
        Self::of(root, parse(root)?)
    }

    /// The same with the tree of its `pmtune.yaml`.
    pub fn of(root: &Path, file: Node) -> Result<Self> {
        let keys = file.entries().iter().map(|(key, _)| key.text.as_str());
        let config = Config::read(&file, &keys.filter(|key| !OWN.contains(key)).collect::<Vec<_>>())?;
        Ok(Self { root: root.to_path_buf(), config, file })
    }

    /// A section of `pmtune.yaml`, where it is there.
    pub fn section<S: Section>(&self) -> Result<Option<S>> {
        self.file.get(S::KEY).filter(|node| !node.is_null()).map(S::read).transpose()
    }

    pub fn training_data(&self) -> PathBuf {
        self.root.join("training-data")
    }

    pub fn models(&self) -> PathBuf {
        models(&self.root)
    }

    pub fn reports(&self) -> PathBuf {
        self.root.join("reports")
    }

    /// Every suite file, in the order of their names.
    pub fn suite_files(&self) -> Result<Vec<PathBuf>> {
        suite_files(&self.root)
    }
}
