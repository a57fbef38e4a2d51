use crate::pack::{Sums, is_plain};

/// What a packed file is of, by its path: the same as in a workspace, but that the version's folder stands at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Version,
    Data,
    Suite,
    Run,
}

/// What a version may not be called.
const TAKEN: [&str; 7] = ["training-data", "suites", "reports", "archive", "primary", "base", "auto"];

impl Kind {
    pub const ALL: [Self; 4] = [Self::Version, Self::Data, Self::Suite, Self::Run];

    /// `None` for what nobody shares. A pack from elsewhere must not be able to put a file anywhere else: no
    /// configuration, no workflow, nothing hidden.
    pub fn of(path: &str, version: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        if !is_plain(path) || parts.iter().any(|part| part.starts_with('.')) {
            return None;
        }
        match parts.as_slice() {
            [top, _, ..] if *top == version => Some(Self::Version),
            ["training-data", .., file] if file.ends_with(".jsonl") => Some(Self::Data),
            ["suites", _, ..] => Some(Self::Suite),
            ["reports", _, "run.json" | "results.jsonl"] => Some(Self::Run),
            ["reports", _, "reviews", file] if file.ends_with(".jsonl") => Some(Self::Run),
            _ => None,
        }
    }
}

/// Whether a version from elsewhere can be called that.
pub fn is_name(name: &str) -> bool {
    is_plain(name) && !name.contains('/') && !name.starts_with('.') && !TAKEN.contains(&name.to_lowercase().as_str())
}

/// The version's name: that of the folder at the top that holds a manifest.
pub(super) fn version(sums: &Sums) -> Result<String, String> {
    let top = |path: &String| path.strip_suffix("/manifest.yaml").filter(|top| !top.contains('/')).map(str::to_string);
    let found: Vec<String> = sums.keys().filter_map(top).collect();
    match found.as_slice() {
        [one] if is_name(one) => Ok(one.clone()),
        [one] => Err(format!("no version can be called {one}")),
        [] => Err("it holds no version's manifest".to_string()),
        _ => Err(format!("it holds the manifests of {}", found.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_shared_has_a_kind() {
        let of = |path: &str| Kind::of(path, "x-v1");
        assert_eq!(of("x-v1/adapter/adapter_model.safetensors"), Some(Kind::Version));
        assert_eq!(of("training-data/stories/a.jsonl"), Some(Kind::Data));
        assert_eq!(of("suites/texts/prd.md"), Some(Kind::Suite));
        assert_eq!(of("reports/2026/run.json"), Some(Kind::Run));
        assert_eq!(of("reports/2026/reviews/by-ann.jsonl"), Some(Kind::Run));
        for nothing in [
            "pmtune.yaml",
            "x-v1",
            "x-v2/manifest.yaml",
            "models/x-v2/manifest.yaml",
            ".git/hooks/post-checkout",
            ".github/workflows/a.yml",
            "suites/.hidden",
            "x-v1/.lock",
            "training-data/run.sh",
            "reports/2026/report.html",
            "reports/2026/reviews/sheets/a.json",
            "../suites/a.yaml",
        ] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
    }
}
