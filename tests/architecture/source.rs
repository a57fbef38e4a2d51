//! Reads which file uses which, from the paths after `crate::` and `super::`; no compiler is asked.

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A module's path below the crate's root: `["report", "view", "run"]`.
type Module = Vec<String>;
pub type Uses = BTreeMap<Module, BTreeSet<Module>>;

pub struct Crate {
    pub folder: PathBuf,
    /// In the order of `lib.rs`.
    pub rooms: Vec<String>,
    /// The text of each module, without comments and unit tests.
    modules: BTreeMap<Module, String>,
    /// What a module hands on under its own name: `(module, name)` to the module it comes from.
    handed_on: BTreeMap<(Module, String), Module>,
}

static PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b((?:crate|super)(?:::\w+)*)(?:::\{([^}]*)\})?").unwrap());
static HANDED_ON: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"pub(?:\([a-z]+\))? use ([a-z_:]+)::(\{[^}]*\}|\w+);").unwrap());
static TEST_MODULE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"#\[cfg\(test\)\]\s+(?:pub(?:\([a-z]+\))? )?mod (\w+);").unwrap());
static FOR_TESTS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"#\[cfg\(test\)\]\s+[^;{]*(?:\{[^}]*\})?[^;{]*;").unwrap());
static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[\w:]+").unwrap());

impl Crate {
    pub fn open(folder: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let lib = std::fs::read_to_string(folder.join("lib.rs")).unwrap();
        let rooms = lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).map(str::to_string);
        let rooms = rooms.collect();
        let texts: BTreeMap<Module, String> = rust_files(&folder)
            .iter()
            .map(|file| (module(&folder, file), std::fs::read_to_string(file).unwrap()))
            .collect();
        let only_for_tests: Vec<Module> = texts.iter().flat_map(|(module, text)| test_modules(module, text)).collect();
        let modules: BTreeMap<Module, String> = texts
            .into_iter()
            .filter(|(module, _)| !module.is_empty() && !only_for_tests.iter().any(|test| module.starts_with(test)))
            .map(|(module, text)| (module, code(&text)))
            .collect();
        let mut handed_on = BTreeMap::new();
        for (module, text) in &modules {
            for found in HANDED_ON.captures_iter(text) {
                let from: Module = module.iter().cloned().chain(steps(&found[1])).collect();
                if modules.contains_key(&from) {
                    for name in WORD.find_iter(&found[2]) {
                        handed_on.insert((module.clone(), name.as_str().to_string()), from.clone());
                    }
                }
            }
        }
        Self { folder, rooms, modules, handed_on }
    }

    /// Which files use which; what a `mod.rs` hands on counts as its file's.
    pub fn uses(&self) -> Uses {
        let folders: BTreeSet<&[String]> = self.modules.keys().filter_map(|m| m.split_last()).map(|(_, f)| f).collect();
        let mut uses = Uses::new();
        for (module, text) in &self.modules {
            let found = paths(text).into_iter().map(|path| self.target(module, &path));
            let files = found.filter(|to| to != module && self.modules.contains_key(to));
            uses.insert(module.clone(), files.filter(|to| !folders.contains(to.as_slice())).collect());
        }
        uses
    }

    /// `report: uses crate::cli, which stands below it`, for every such use.
    pub fn upward_uses(&self) -> Vec<String> {
        let place = |name: &str| self.rooms.iter().position(|r| r == name);
        let mut faults = Vec::new();
        for (module, text) in &self.modules {
            let Some(here) = place(&module[0]) else { continue };
            for path in paths(text) {
                let to = self.target(module, &path);
                if to.first().and_then(|room| place(room)).is_some_and(|there| there > here) {
                    faults.push(format!("{} uses {}, which stands below it", module.join("::"), to.join("::")));
                }
            }
        }
        faults
    }

    /// The module that a path leads to from `module`.
    fn target(&self, module: &[String], path: &[String]) -> Module {
        let mut at: Module = module.to_vec();
        let mut rest = path;
        while let [first, more @ ..] = rest {
            match first.as_str() {
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                _ => break,
            }
            rest = more;
        }
        for step in rest {
            let next: Module = at.iter().chain([step]).cloned().collect();
            if self.modules.contains_key(&next) {
                at = next;
            } else {
                return self.handed_on.get(&(at.clone(), step.clone())).cloned().unwrap_or(at);
            }
        }
        at
    }
}

pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The module of a file; empty for the crate's root.
fn module(folder: &Path, file: &Path) -> Module {
    let below = file.strip_prefix(folder).unwrap().with_extension("");
    let mut steps: Module = below.iter().map(|step| step.to_string_lossy().into_owned()).collect();
    if matches!(steps.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        steps.pop();
    }
    steps
}

/// The modules that `text` declares for tests alone.
fn test_modules(module: &[String], text: &str) -> Vec<Module> {
    let names = TEST_MODULE.captures_iter(text).map(|found| found[1].to_string());
    names.map(|name| module.iter().cloned().chain([name]).collect()).collect()
}

/// What is compiled into the program: no comments, no unit tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    FOR_TESTS.replace_all(&lines.collect::<Vec<_>>().join("\n"), "").into_owned()
}

/// Every path that starts at `crate` or `super`, lists taken apart.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for found in PATH.captures_iter(text) {
        let start = steps(&found[1]);
        match found.get(2) {
            None => all.push(start),
            Some(list) => {
                let items = WORD.find_iter(list.as_str()).map(|item| steps(item.as_str()));
                all.extend(items.map(|item| start.iter().cloned().chain(item).collect()));
            }
        }
    }
    all
}

fn steps(path: &str) -> Vec<String> {
    path.split("::").filter(|step| !step.is_empty() && *step != "self").map(str::to_string).collect()
}

/// The circles of a graph: its strongly connected parts of more than one module, each in order of name.
pub fn circles(uses: &Uses) -> Vec<Vec<String>> {
    // Small graphs: two modules are in one circle when each reaches the other.
    let reaches: BTreeMap<&Module, BTreeSet<&Module>> = uses.keys().map(|from| (from, reached(uses, from))).collect();
    let mut done: BTreeSet<&Module> = BTreeSet::new();
    let mut circles = Vec::new();
    for (from, there) in &reaches {
        let circle: Vec<&Module> = there.iter().copied().filter(|to| reaches[*to].contains(from)).collect();
        if circle.len() > 1 && !done.contains(from) {
            done.extend(&circle);
            circles.push(circle.iter().map(|module| module.join("/")).collect());
        }
    }
    circles
}

/// All that `from` uses, directly or through others.
fn reached<'a>(uses: &'a Uses, from: &Module) -> BTreeSet<&'a Module> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&Module> = uses.get(from).into_iter().flatten().collect();
    while let Some(module) = next.pop() {
        if found.insert(module) {
            next.extend(uses.get(module).into_iter().flatten());
        }
    }
    found
}

#[test]
fn paths_and_circles_are_read() {
    let read = |text: &str| -> Vec<String> { paths(&code(text)).iter().map(|path| path.join("::")).collect() };
    assert_eq!(
        read("use crate::{run, suite::load};\nlet x = super::y::z();"),
        ["crate::run", "crate::suite::load", "super::y::z"]
    );
    assert!(
        read("// use crate::cli;\n#[cfg(test)]\nuse super::testing;\n#[cfg(test)]\nmod tests {\nuse super::*;")
            .is_empty()
    );
    let one = |name: &str| vec![name.to_string()];
    let graph = |pairs: &[(&str, &str)]| -> Uses {
        let mut uses: Uses =
            pairs.iter().flat_map(|(a, b)| [(one(a), BTreeSet::new()), (one(b), BTreeSet::new())]).collect();
        for (from, to) in pairs {
            uses.get_mut(&one(from)).unwrap().insert(one(to));
        }
        uses
    };
    assert!(circles(&graph(&[("a", "b"), ("b", "c"), ("a", "c")])).is_empty());
    assert_eq!(circles(&graph(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])), [["a", "b", "c"]]);
}
