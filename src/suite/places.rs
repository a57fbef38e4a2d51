use crate::yaml::{self, Node};
use engine::store;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where a case is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePlace {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
}

/// Where the cases of these suites stand, by their full ids. For pointing at them only, so what cannot be read is passed
/// over.
pub fn places(files: &[PathBuf]) -> BTreeMap<String, CasePlace> {
    files.iter().flat_map(|file| of_file(file).unwrap_or_default()).collect()
}

fn of_file(file: &Path) -> Option<Vec<(String, CasePlace)>> {
    let suite = file.file_stem()?.to_str()?;
    let node = yaml::parse(&store::read_text(file).ok()?, file).ok()?;
    let cases = node.get("cases").or_else(|| node.get("tests")).and_then(Node::items)?;
    let place = |case: &Node| {
        let id = case.get("id")?;
        let place = CasePlace { file: file.to_path_buf(), line: id.place().line };
        Some((format!("{suite}/{}", id.as_str()?), place))
    };
    Some(cases.iter().filter_map(place).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_found_and_broken_suites_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let good = write("a.yaml", "category: c\ntests:\n  - prompt: p\n    id: one\n  - {id: two, prompt: q}\n");
        let broken = write("b.yaml", "cases: [");
        let found = places(&[broken, good.clone(), folder.path().join("gone.yaml")]);
        assert_eq!(found.len(), 2);
        assert_eq!(found["a/one"], CasePlace { file: good, line: 4 });
        assert_eq!(found["a/two"].line, 5);
    }
}
