use super::payload::payload;
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::Value;

/// Passes for one YAML document that is a mapping or a list; any sentence is a YAML scalar, so scalars do not count.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IsYaml {}

impl Judge for IsYaml {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        match serde_yaml::from_str::<Value>(&payload(subject.text())) {
            Ok(Value::Mapping(_)) => Verdict::pass("the answer is a YAML mapping"),
            Ok(Value::Sequence(_)) => Verdict::pass("the answer is a YAML list"),
            Ok(_) => Verdict::fail("the answer is neither a YAML mapping nor a list"),
            Err(error) => Verdict::fail(format!("not YAML: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, sorts};

    #[test]
    fn mappings_and_lists_only() {
        sorts(
            &check::<IsYaml>("{}"),
            &["a: 1\nb:\n  - c", "- a\n- b", "---\na: 1\n", "Sure:\n\n```yaml\na: 1\n```\n", "{\"a\": 1}"],
            &["Just a sentence.", "a: b: c", "", "```yaml\na: [1\n```", "a: 1\n---\nb: 2"],
        );
    }
}
