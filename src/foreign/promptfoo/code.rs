//! Assertions in JavaScript and Python, as scripts that a check of the kind `command` runs.

use super::assertion::Assertion;
use super::reader::Reader;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

const PYTHON: &str = include_str!("../shims/python.py");
const JAVASCRIPT: &str = include_str!("../shims/javascript.mjs");

impl Reader<'_> {
    /// The check that runs an assertion's code. Its script is kept, to be written beside the suite.
    ///
    /// # Errors
    /// In words, why the code is not carried over.
    pub(super) fn script(&mut self, assertion: &Assertion) -> Result<Map<String, Value>, String> {
        if !self.options.with_commands {
            return Err(
                "it runs code; --with-commands carries it over as a program that only --allow-commands runs".into()
            );
        }
        let code = assertion.value.as_str().ok_or("its value is no code")?;
        if code.contains("{{") {
            return Err("a template stands within its code".into());
        }
        let python = assertion.kind == "python";
        let body = match code.trim().strip_prefix("file://") {
            Some(file) => self.call(assertion, file, python)?,
            None => inline(code, python),
        };
        let threshold = match (assertion.threshold, python) {
            (Some(at), _) => at.to_string(),
            (None, true) => "None".to_string(),
            (None, false) => "null".to_string(),
        };
        let (frame, program, ending) = if python { (PYTHON, "python3", "py") } else { (JAVASCRIPT, "node", "mjs") };
        let text = frame.replace("@THRESHOLD@", &threshold).replace("@BODY@", body.trim_end());
        let path = self.keep(ending, text);
        let Value::Object(check) = json!({"type": "command", "run": [program, path]}) else { return Ok(Map::new()) };
        Ok(check)
    }

    /// The path of a script with this text, from the workspace's root.
    fn keep(&mut self, ending: &str, text: String) -> String {
        let same =
            self.scripts.iter().find(|(path, kept)| *kept == text && path.extension().is_some_and(|e| e == ending));
        if let Some((path, _)) = same {
            return path.to_string_lossy().replace('\\', "/");
        }
        let path = format!("checks/{}/{}.{ending}", self.source.name, self.scripts.len() + 1);
        self.scripts.push((PathBuf::from(&path), text));
        path
    }

    /// A body that calls a function of a file of the workspace.
    fn call(&self, assertion: &Assertion, file: &str, python: bool) -> Result<String, String> {
        let (file, function) = file.rsplit_once(':').map_or((file, None), |(file, name)| (file, Some(name)));
        let path = self.files.find(&assertion.place.file, file)?;
        let real = |path: &std::path::Path| path.canonicalize().ok();
        let below = real(&path)
            .zip(real(self.source.root))
            .and_then(|(path, root)| Some(path.strip_prefix(&root).ok()?.to_path_buf()));
        let below = below.ok_or_else(|| format!("`{file}` lies outside the workspace; copy it into it"))?;
        let below = json!(below.to_string_lossy().replace('\\', "/"));
        let name = json!(function.unwrap_or(if python { "get_assert" } else { "default" }));
        Ok(match python {
            true => format!("    return load({below}, {name})(output, context)"),
            false => format!("  return (await load({below}, {name}))(output, context);"),
        })
    }
}

/// Code as the body of a function: one line is what is returned, several are the body.
fn inline(code: &str, python: bool) -> String {
    let code = code.trim();
    let (indent, end) = if python { ("    ", "") } else { ("  ", ";") };
    if !code.contains('\n') && !code.starts_with("return") {
        return format!("{indent}return ({}){end}", code.trim_end_matches(';'));
    }
    code.lines().map(|line| format!("{indent}{line}\n")).collect()
}
