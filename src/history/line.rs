//! Which runs stand on one axis.

/// What is looked back on: the versions of a line beside the base they start from, or one model by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line(pub String);

/// Whether a version's runs belong to the line.
pub fn belongs(line: &Line, version: &str) -> bool {
    version == line.0 || version == "base" || number(line, version).is_some()
}

/// 2 of `PM-General-v2`.
pub(super) fn number(line: &Line, version: &str) -> Option<u64> {
    version.strip_prefix(line.0.as_str())?.strip_prefix("-v")?.parse().ok()
}

/// `v2` for a version of the line, else the whole name.
pub(super) fn label(line: &Line, version: &str) -> String {
    number(line, version).map_or_else(|| version.to_string(), |number| format!("v{number}"))
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
        assert_eq!(label(&line, "PM-General-v12"), "v12");
        assert_eq!(label(&line, "base"), "base");
        assert!(belongs(&Line("openai:http://x#m".into()), "openai:http://x#m"));
    }
}
