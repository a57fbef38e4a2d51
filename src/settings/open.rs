use super::table::SECTIONS;
use crate::workspace::{self, Config, Workspace};
use crate::yaml::{self, Node};
use engine::error::Result;
use std::path::Path;

/// The workspace whose root is `root`.
///
/// # Errors
/// Gathers every fault of its `pmtune.yaml`, each with its place: after this no section of it is faulty.
pub fn open(root: &Path) -> Result<Workspace> {
    let file = workspace::parse(root)?;
    check(&file)?;
    Workspace::of(root, file)
}

/// Gathers every fault of a `pmtune.yaml`.
pub fn check(file: &Node) -> Result<()> {
    let config = Config::read(file, &SECTIONS.map(|section| section.key));
    let sections = SECTIONS.iter().filter_map(|section| {
        let node = file.get(section.key).filter(|node| !node.is_null())?;
        (section.check)(node).err()
    });
    yaml::with_faults(config.map(drop), sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        yaml::parse(text, Path::new("pmtune.yaml")).and_then(|file| check(&file)).unwrap_err().to_string()
    }

    #[test]
    fn the_faults_of_all_sections_are_told_at_once_in_the_order_of_the_file() {
        let said = told(
            "gate: {pass-rate: 70}\nline: a/b\nreview: {overlap: 30}\ntrain: {epoch: 3, rank: 0, system: [x]}\n\
             compare: {resamples: 500}\ndata: {severity: {crfl: off}}\ngaet: {}\nsampling: {top-p: 2}\n",
        );
        let parts = [
            "pmtune.yaml:1:19: `gate.pass-rate` is `70`",
            "pmtune.yaml:2:7: `line` is `a/b`",
            "pmtune.yaml:3:19: `review.overlap` is `30`",
            "pmtune.yaml:4:9: the key `epoch` is not known here",
            "pmtune.yaml:4:25: `train.rank` is `0`",
            "pmtune.yaml:4:36: expected a text",
            "pmtune.yaml:5:22: `compare.resamples` is `500`",
            "pmtune.yaml:6:19: `crfl` is no code",
            "pmtune.yaml:7:1: the key `gaet` is not known here",
            "pmtune.yaml:8:19: `sampling.top-p` is `2`",
        ];
        let mut from = 0;
        for part in parts {
            let at = said[from..].find(part).unwrap_or_else(|| panic!("{part} is missing after {from} in\n{said}"));
            from += at;
        }
        assert_eq!(said.matches("  help: ").count(), parts.len(), "{said}");
    }

    #[test]
    fn a_workspace_opens_only_when_all_of_its_file_is_right() {
        let root = tempfile::tempdir().unwrap();
        let open = |text: &str| {
            std::fs::write(root.path().join(workspace::FILE), text).unwrap();
            open(root.path())
        };
        assert!(open("line: x\ncompare: {confidence: 0.2}\n").is_err());
        let workspace = open("line: x\ncompare: {confidence: 0.9}\nreview:\n").unwrap();
        let compare: crate::compare::Settings = workspace.section().unwrap().unwrap();
        assert_eq!((compare.confidence, compare.resamples), (0.9, 10_000));
        assert_eq!(workspace.section::<crate::review::ReviewSettings>().unwrap(), None);
    }
}
