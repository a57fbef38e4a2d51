//! Which runs stand on one axis.

use crate::registry::Name;

/// What is looked back on: the versions of a line beside the base they start from, or one model by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line(pub String);

/// Whether a version's runs belong to the line.
pub fn belongs(line: &Line, version: &str) -> bool {
    version == line.0 || version == "base" || number(line, version).is_some()
}

/// 2 of `PM-General-v2`.
pub(super) fn number(line: &Line, version: &str) -> Option<u64> {
    Name::parse(version).filter(|name| name.line == line.0).map(|name| name.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_versions_and_the_base() {
        let line = Line("PM-General".into());
        for version in ["PM-General-v1", "PM-General-v12", "base", "PM-General"] {
            assert!(belongs(&line, version), "{version}");
        }
        for version in ["PM-General-vx", "PM-Special-v1", "PM-General-extra-v1", "openai:http://x#PM-General"] {
            assert!(!belongs(&line, version), "{version}");
        }
        assert!(belongs(&Line("openai:http://x#m".into()), "openai:http://x#m"));
    }
}
