//! What a version is called: in full, for short, and in the head of a table.

use engine::error::{Error, Result};
use std::fmt;

/// The name of a numbered version: number 2 of the line `PM-General` is `PM-General-v2` in full and `v2` for short.
/// Other models have names too (`base`, a file's, an endpoint's), which are no names of this kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    pub line: String,
    pub number: u64,
}

impl Name {
    /// Reads a full name.
    pub fn parse(full: &str) -> Option<Self> {
        let (line, digits) = full.rsplit_once("-v")?;
        let name = Self { line: line.to_string(), number: digits.parse().ok()? };
        (!line.is_empty() && name.to_string() == full).then_some(name)
    }

    /// Reads what a person wrote among the versions of `line`: `v2`, or a full name of any line.
    pub fn typed(text: &str, line: &str) -> Option<Self> {
        Self::parse(text).or_else(|| Self::parse(&format!("{line}-{text}")).filter(|_| text.starts_with('v')))
    }

    /// `v2`.
    pub fn short(&self) -> String {
        format!("v{}", self.number)
    }
}

/// The full name.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-v{}", self.line, self.number)
    }
}

/// The name under which routes between versions are asked, as if they were a version.
pub const AUTO: &str = "auto";

/// What a model is called in sentences and tables of a workspace whose versions are of `line`: `v2` for one of them, else
/// as [`called`].
pub fn label(line: &str, name: &str) -> String {
    match Name::parse(name) {
        Some(version) if version.line == line => version.short(),
        _ => called(name),
    }
}

/// The same of two models that stand side by side: where the short forms do not tell them apart, the names as they are.
pub fn labels(line: &str, a: &str, b: &str) -> (String, String) {
    let (short_a, short_b) = (label(line, a), label(line, b));
    if short_a == short_b && a != b { (a.to_string(), b.to_string()) } else { (short_a, short_b) }
}

/// The label and the address of `label=openai:URL#model`: what a person calls a model behind an address.
pub fn labelled(name: &str) -> Option<(&str, &str)> {
    let (label, address) = name.split_once('=')?;
    (address.starts_with("openai:") && !label.contains("openai:")).then_some((label, address))
}

/// Whether two labels of one command are told apart.
///
/// # Errors
/// The same label stands for two of these models.
pub fn distinct(names: &[String]) -> Result<()> {
    let labels: Vec<&str> = names.iter().filter_map(|name| labelled(name)).map(|(label, _)| label).collect();
    let twice = labels.iter().enumerate().find(|(at, label)| labels[..*at].contains(label));
    match twice {
        Some((_, label)) => {
            Err(Error::usage(format!("two models are called `{label}`")).hint("give each its own label"))
        }
        None => Ok(()),
    }
}

/// The label that was given, else `qwen2.5@localhost:1234` for a model behind an address, so that two behind one address are told apart by what comes
/// first; any other name as it is.
pub fn called(name: &str) -> String {
    if let Some((label, _)) = labelled(name) {
        return label.to_string();
    }
    served(name).map_or_else(|| name.to_string(), |(model, host)| format!("{model}@{host}"))
}

/// Model and host of `openai:URL#model`, labelled or not.
pub fn served(name: &str) -> Option<(&str, &str)> {
    let address = labelled(name).map_or(name, |(_, address)| address);
    let (url, model) = address.strip_prefix("openai:")?.split_once('#')?;
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next()?;
    Some((model.trim(), host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_version_has_one_full_and_one_short_name() {
        let name = Name::parse("PM-General-v2").unwrap();
        assert_eq!((name.line.as_str(), name.number), ("PM-General", 2));
        assert_eq!((name.to_string().as_str(), name.short().as_str()), ("PM-General-v2", "v2"));
        assert_eq!(Name::parse("my-vault-v12").map(|n| n.line), Some("my-vault".to_string()));
        for other in ["base", "PM-General", "PM-General-vx", "PM-General-v", "-v2", "v2", "PM-v02", "PM-v+2", ""] {
            assert_eq!(Name::parse(other), None, "{other}");
        }
    }

    #[test]
    fn typed_names_may_be_short() {
        let full = |text| Name::typed(text, "PM-General").map(|name| name.to_string());
        assert_eq!(full("v2").as_deref(), Some("PM-General-v2"));
        assert_eq!(full("PM-General-v2").as_deref(), Some("PM-General-v2"));
        assert_eq!(full("Other-v3").as_deref(), Some("Other-v3"));
        for other in ["base", "2", "v", "v02", "velvet", "x.gguf"] {
            assert_eq!(full(other), None, "{other}");
        }
    }

    #[test]
    fn labels_tell_models_apart() {
        let label = |name| label("PM", name);
        assert_eq!(
            (label("PM-v2").as_str(), label("Other-v2").as_str(), label("base").as_str()),
            ("v2", "Other-v2", "base")
        );
        assert_eq!(label("openai:http://127.0.0.1:1234/v1#org/qwen:8b"), "org/qwen:8b@127.0.0.1:1234");
        assert_eq!(label("big=openai:http://h/v1#m"), "big");
        assert_eq!(served("big=openai:http://h/v1#m"), Some(("m", "h")));
        assert_eq!(labelled("openai:http://h/v1#a=openai:b"), None);
        assert!(distinct(&["a=openai:http://h#m".into(), "b=openai:http://h#m".into()]).is_ok());
        assert!(distinct(&["a=openai:http://h#m".into(), "a=openai:http://h#n".into()]).is_err());
        let (a, b) = ("openai:http://h/a/v1#m", "openai:http://h/b/v1#m");
        assert_eq!(labels("PM", a, b), (a.to_string(), b.to_string()));
        assert_eq!(labels("PM", "PM-v1", "PM-v1"), ("v1".to_string(), "v1".to_string()));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_alike(text in "[a-v-]{0,6}(-v)?[0-9]{0,4}", line in "[A-Za-z-]{1,6}", number: u64) {
            if let Some(name) = Name::parse(&text) {
                prop_assert_eq!(name.to_string(), text);
            }
            let name = Name { line: line.clone(), number };
            prop_assert_eq!(Name::typed(&name.short(), &line), Some(name.clone()));
            prop_assert_eq!(Name::parse(&name.to_string()), Some(name));
        }
    }
}
