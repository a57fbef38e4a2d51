//! `models/routes.yaml`.

use super::instructions::Instructions;
use crate::registry::{self, AUTO};
use crate::workspace::Workspace;
use crate::yaml::{self, Key, Node};
use engine::error::{Error, Kind, Result};
use engine::store;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The file, in the folder of the versions.
pub const FILE: &str = "routes.yaml";
/// The newest file that this program understands.
const FORMAT: u32 = 1;
/// Who answers otherwise, where the file does not say.
const OTHERWISE: &str = "primary";

/// Who answers what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    /// SHA-256 of the file.
    pub sha256: String,
    /// In the order of the file.
    pub routes: Vec<Route>,
    /// The version (full name, or `base`) that answers everything else.
    pub otherwise: String,
}

/// One task's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// A folder of the training data (`user-stories`), or a file in one (`short-answers/tables`).
    pub task: String,
    /// Full name, or `base`.
    pub version: String,
}

/// The keys, for their names and types; what they mean is looked up with their places.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read for its faults")]
struct Written {
    #[serde(default)]
    format: u32,
    routes: BTreeMap<String, String>,
    #[serde(default)]
    otherwise: String,
}

impl Routes {
    /// What to say where there are none.
    pub fn missing() -> Error {
        Error::missing(format!("there is no models/{FILE}, by which `{AUTO}` chooses a version"))
            .hint("write into it which version answers which task, such as `routes: {user-stories: v2}`")
    }

    /// Where the routes of a workspace stand.
    pub fn file(workspace: &Workspace) -> PathBuf {
        workspace.models().join(FILE)
    }

    /// Reads the routes and holds them against the versions and tasks that there are.
    ///
    /// # Errors
    /// There are none. Gathers every fault of the file, each with its place: unknown keys, versions and tasks.
    pub fn read(workspace: &Workspace, instructions: &Instructions) -> Result<Self> {
        let file = Self::file(workspace);
        if !file.is_file() {
            return Err(Self::missing());
        }
        let text = store::read_text(&file)?;
        let node = yaml::parse(&text, &file)?;
        yaml::refuse_newer(&node, FORMAT)?;
        let (routes, mut faults) = routes(workspace, &node, instructions);
        let otherwise = otherwise(workspace, &node).map_err(|fault| faults.push(fault)).unwrap_or_default();
        yaml::with_faults(yaml::read::<Written>(&node, &[]), faults)?;
        Ok(Self { sha256: store::hash(text.as_bytes()), routes, otherwise })
    }

    /// The route of a task (`folder/file`): the file's own comes before its folder's. `None` without either.
    pub fn of(&self, task: &str) -> Option<&Route> {
        let folder = task.split_once('/').map_or(task, |(folder, _)| folder);
        let named = |name: &str| self.routes.iter().find(|route| route.task == name);
        named(task).or_else(|| named(folder))
    }

    /// Every version that may be asked, each once; first the one that answers otherwise.
    pub fn versions(&self) -> Vec<&str> {
        let mut names = vec![self.otherwise.as_str()];
        for route in &self.routes {
            if !names.contains(&route.version.as_str()) {
                names.push(&route.version);
            }
        }
        names
    }
}

fn routes(workspace: &Workspace, node: &Node, instructions: &Instructions) -> (Vec<Route>, Vec<Error>) {
    let Some(entry) = node.get("routes") else { return (Vec::new(), Vec::new()) };
    let mut faults = Vec::new();
    if entry.is_map() && entry.entries().is_empty() {
        faults.push(entry.fault("there is no route").hint("give a task its version, such as `user-stories: v2`"));
    }
    let mut routes = Vec::new();
    for (key, node) in entry.entries() {
        faults.extend(unknown_task(key, instructions));
        // What is no text is told with the other faults.
        let Some(text) = node.as_str() else { continue };
        match version(workspace, text) {
            Ok(version) => routes.push(Route { task: key.text.clone(), version }),
            Err(fault) => faults.push(Error { kind: Kind::Input, ..fault.at(node.place()) }),
        }
    }
    (routes, faults)
}

fn otherwise(workspace: &Workspace, node: &Node) -> Result<String> {
    let (place, text) = match node.get("otherwise") {
        Some(own) => (own.place(), own.as_str().unwrap_or(OTHERWISE)),
        None => (node.place(), OTHERWISE),
    };
    version(workspace, text).map_err(|fault| Error { kind: Kind::Input, ..fault.at(place) })
}

/// The full name of a version here.
fn version(workspace: &Workspace, text: &str) -> Result<String> {
    match text {
        "base" => Ok(text.to_string()),
        "primary" => registry::primary(workspace)?.ok_or_else(|| {
            Error::missing("no version is primary, so nobody answers what has no route")
                .hint("name the version with `otherwise:`, or make one primary: pmtune models promote v1")
        }),
        _ => Ok(registry::find(workspace, text)?.name),
    }
}

fn unknown_task(key: &Key, instructions: &Instructions) -> Option<Error> {
    let names = instructions.names();
    if names.contains(&key.text.as_str()) {
        return None;
    }
    let error = Error::input(format!("there is no task `{}` in the training data", key.text)).at(key.place());
    let folders: Vec<&str> = names.iter().copied().filter(|name| !name.contains('/')).collect();
    Some(match yaml::did_you_mean(&key.text, names.iter().copied()) {
        Some(meant) => error.hint(meant),
        None => error.hint(format!(
            "a task is a folder of training-data/ ({}), or a file in one, written folder/file",
            crate::words::list_at_most(&folders, 9)
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::testing::instructions;

    fn read(text: &str) -> Result<Routes> {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("pmtune.yaml", "line: PM\n");
        for number in [1, 2] {
            let manifest = format!("name: PM-v{number}\ncreated: 2026-11-21\nbase: {{name: smollm2-135m-instruct}}\n");
            write(&format!("models/PM-v{number}/manifest.yaml"), &manifest);
        }
        write("models/routes.yaml", text);
        let workspace = Workspace::open(root.path()).unwrap();
        let asked = [("stories/short", "a"), ("stories/long", "b"), ("plans/road", "c")];
        Routes::read(&workspace, &instructions(&asked))
    }

    #[test]
    fn folders_and_files_are_tasks_and_versions_have_their_full_names() {
        let text = "format: 1\nroutes:\n  stories: v2\n  stories/long: base\notherwise: PM-v1\n";
        let routes = read(text).unwrap();
        let of = |task: &str| routes.of(task).map(|route| route.version.as_str());
        assert_eq!((of("stories/short"), of("stories/long"), of("plans/road")), (Some("PM-v2"), Some("base"), None));
        assert_eq!(routes.versions(), ["PM-v1", "PM-v2", "base"]);
        assert_ne!(routes.sha256, read(&format!("# a remark\n{text}")).unwrap().sha256);
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let said = read("route: x\nroutes: {storys: v2, plans: v9, stories: {}, plans/road: auto}\nothrwise: v1\n")
            .unwrap_err()
            .to_string();
        for part in [
            "routes.yaml:1:1: the key `route`",
            "routes.yaml:2:10: there is no task `storys`",
            "did you mean `stories`?",
            "routes.yaml:2:29: there is no version `v9`",
            "this workspace has PM-v1, PM-v2",
            "routes.yaml:2:42",
            "there is no version `auto`",
            "routes.yaml:3:1: the key `othrwise`",
            "did you mean `otherwise`",
            "no version is primary, so nobody answers what has no route",
        ] {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
        let said = |text: &str| read(text).unwrap_err().to_string();
        assert!(said("otherwise: v1\n").contains("`routes` is missing"), "{}", said("otherwise: v1\n"));
        assert!(said("routes: {}\notherwise: v1\n").contains("there is no route"));
        assert!(
            said("routes: {zebra: v1}\notherwise: v1\n").contains("a folder of training-data/ (plans and stories)")
        );
        assert!(said("format: 9\nroutes: {zebra: v1}\n").contains("newer than this pmtune"));
    }
}
