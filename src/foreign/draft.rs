use super::case::Case;
use super::ids::Ids;
use super::remark::Remarks;
use super::write::as_yaml;
use crate::check::is_symptom;
use crate::suite;
use engine::error::{Error, Result};
use serde_json::{Map, Value};

/// The most cases of one suite.
const MOST_CASES: usize = 20_000;

/// The longest suite, in bytes.
const MOST_BYTES: usize = 64 << 20;

/// A suite in the making.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub cases: Vec<Case>,
    pub remarks: Remarks,
    ids: Ids,
    bytes: usize,
}

impl Draft {
    /// Takes a case, without those of its checks that cannot be read; what is left out is remarked. `words` describe it.
    ///
    /// # Errors
    /// The suite would grow past what anybody could run.
    pub fn take(&mut self, words: &str, mut case: Case) -> Result<()> {
        if let Some(why) = self.mend(&mut case) {
            self.remarks.left_out(&case.place, format!("case `{}`", crate::words::clip(words, 40)), why);
            return Ok(());
        }
        let id = self.ids.give(words, &Value::Object(case.keys.clone()));
        let rest = std::mem::take(&mut case.keys);
        case.keys = std::iter::once(("id".to_string(), Value::from(id))).chain(rest).collect();
        self.bytes += as_yaml(&case.keys).len();
        self.cases.push(case);
        if self.cases.len() > MOST_CASES || self.bytes > MOST_BYTES {
            let message = format!("this makes more than {MOST_CASES} cases or {} MiB", MOST_BYTES >> 20);
            return Err(Error::input(message).hint("take fewer prompts, tests or values of variables"));
        }
        Ok(())
    }

    /// Leaves out checks that cannot be read; why the case cannot be taken at all.
    fn mend(&mut self, case: &mut Case) -> Option<String> {
        if case.keys.iter().any(|(key, value)| key != "checks" && begins_with_file(value)) {
            return Some("a text of it begins with `file://`".into());
        }
        let Err(first) = read(&case.keys) else { return None };
        let checks = case.checks().to_vec();
        let mut readable = Vec::new();
        for check in checks {
            let mut alone = case.keys.clone();
            alone.insert("checks".into(), Value::Array(vec![check.clone()]));
            match read(&alone) {
                Ok(()) => readable.push(check),
                Err(why) => {
                    let what = check["type"].as_str().unwrap_or("check").to_string();
                    case.notes.push(format!("left out: {what}: {why}"));
                    self.remarks.left_out(&case.place, what, why);
                }
            }
        }
        let mended = readable.len() < case.checks().len();
        case.set("checks", readable);
        if mended && read(&case.keys).is_ok() {
            return None;
        }
        Some(first)
    }
}

/// Whether the loader takes a case; else the first fault in words.
fn read(keys: &Map<String, Value>) -> Result<(), String> {
    let mut keys = keys.clone();
    keys.insert("id".into(), "case".into());
    let text = format!("cases:\n{}", as_yaml(&keys));
    suite::load_str("import", &text).map(drop).map_err(|error| error.message)
}

/// The loader reads such texts from files; here they would be a stranger's choice of file.
fn begins_with_file(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with("file://"),
        Value::Array(items) => items.iter().any(begins_with_file),
        Value::Object(entries) => entries.values().any(begins_with_file),
        _ => false,
    }
}

/// A check as a suite has it. Where others count, a check of how an answer looks counts as well: here it would only be
/// a guard.
pub(super) fn check(kind: &str) -> Map<String, Value> {
    let mut check = Map::new();
    check.insert("type".into(), kind.into());
    if is_symptom(kind) {
        check.insert("guard".into(), false.into());
    }
    check
}

/// A text that stands for itself wherever the loader expects a template.
pub(super) fn literal(text: &str) -> String {
    if ["{{", "{%", "{#"].iter().all(|mark| !text.contains(mark)) {
        return text.to_string();
    }
    // What would end the raw part early is cut in two.
    let parts: Vec<String> = text.split("{%").map(|part| format!("{{% raw %}}{part}{{% endraw %}}")).collect();
    parts.join("{{ '{%' }}")
}
