use super::wording::quote;
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Equals {
    /// The whole answer that is wanted.
    value: String,
    /// Take `Yes` and `yes` for the same.
    #[serde(default)]
    ignore_case: bool,
}

impl Judge for Equals {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let (found, wanted) = (subject.text().trim(), self.value.trim());
        let same = if self.ignore_case { found.to_lowercase() == wanted.to_lowercase() } else { found == wanted };
        let reason = if same {
            format!("the answer is {}", quote(wanted))
        } else {
            format!("wanted {}, found {}", quote(wanted), quote(found))
        };
        Verdict::when(same, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::Equals;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn compares_the_whole_answer() {
        sorts(&check::<Equals>("value: Ship it\n"), &["Ship it", "  Ship it\n"], &["ship it", "Ship it now", ""]);
        sorts(&check::<Equals>("value: 'ÉTÉ'\nignore-case: true"), &["été"], &["ete"]);
        assert_eq!(judge(&check::<Equals>("value: 'yes'"), "no").reason(), "wanted “yes”, found “no”");
    }
}
