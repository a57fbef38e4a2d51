use super::{Config, Section};
use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use std::path::{Component, Path, PathBuf};

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
        suite_files(&self.root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_stays_inside() {
        let root = tempfile::tempdir().unwrap();
        crate::workspace::init(&root.path().join("w")).unwrap();
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
