//! Findings of the linter as text, JSON, SARIF and annotations of GitHub Actions.

use crate::report::gate::annotation;
use crate::training_data::Severity;
use crate::training_data::lint::{Finding, Linted, codes};
use crate::words;
use clap::builder::styling::AnsiColor;
use engine::error::{Error, Result};
use serde_json::{Value, json};
use std::path::Path;

/// For people: grouped by file, with a summary as the last line.
pub fn text(linted: &Linted, colour: bool) -> String {
    let mut text = String::new();
    let width = linted.findings.iter().map(|f| f.code.len()).max().unwrap_or_default();
    for of_file in linted.findings.chunk_by(|a, b| a.file == b.file) {
        if let Some(first) = of_file.first() {
            text.push_str(&format!("{}\n", first.file.display()));
        }
        for finding in of_file {
            let severity = painted(finding.severity, colour);
            let Finding { line, code, message, remedy, .. } = finding;
            text.push_str(&format!("  {line:>5}  {severity}  {code:width$}  {message}\n"));
            let mended = if finding.fixable { " (--fix does it)" } else { "" };
            text.push_str(&format!("{:>width$}help: {remedy}{mended}\n", "", width = 18 + width));
        }
        text.push('\n');
    }
    text + &summary(linted) + "\n"
}

fn painted(severity: Severity, colour: bool) -> String {
    let name = format!("{:7}", severity.name());
    let shade = match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note | Severity::Off => AnsiColor::Cyan,
    };
    let style = shade.on_default();
    if colour { format!("{style}{name}{style:#}") } else { name }
}

fn summary(linted: &Linted) -> String {
    let of = |severity| linted.findings.iter().filter(|f| f.severity == severity).count();
    let place = format!("{} in {}", words::count(linted.examples, "example"), words::count(linted.files, "file"));
    if linted.findings.is_empty() {
        return format!("{place}: no findings");
    }
    let fixable = linted.findings.iter().filter(|f| f.fixable).count();
    let mend = if fixable > 0 { format!("; `--fix` mends {fixable}") } else { String::new() };
    format!(
        "{place}: {}, {}, {}{mend}",
        words::count(of(Severity::Error), "error"),
        words::count(of(Severity::Warning), "warning"),
        words::count(of(Severity::Note), "note")
    )
}

/// For programs: every field of every finding.
pub fn json(linted: &Linted) -> Value {
    json!({"files": linted.files, "examples": linted.examples, "findings": linted.findings})
}

/// SARIF 2.1.0 (OASIS), which code scanning services read.
pub fn sarif(linted: &Linted) -> Result<String> {
    let rules: Vec<Value> = codes()
        .into_iter()
        .map(|code| {
            json!({
                "id": code.name,
                "shortDescription": {"text": code.about},
                "defaultConfiguration": {"level": level(code.severity)},
            })
        })
        .collect();
    let results: Vec<Value> = linted
        .findings
        .iter()
        .map(|f| {
            json!({
                "ruleId": f.code,
                "level": level(f.severity),
                "message": {"text": format!("{}. {}", f.message, f.remedy)},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": uri(&f.file)},
                    "region": {"startLine": f.line},
                }}],
            })
        })
        .collect();
    let driver = json!({"name": "pmtune", "version": env!("CARGO_PKG_VERSION"), "rules": rules});
    written(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }))
}

/// A line for each finding that GitHub Actions shows beside the changed file.
pub fn github(linted: &Linted) -> String {
    let mut text = String::new();
    for finding in &linted.findings {
        let command = if finding.severity == Severity::Note { "notice" } else { finding.severity.name() };
        let message = format!("{}. {}", finding.message, finding.remedy);
        text += &annotation(command, Some((&finding.file, finding.line)), finding.code, &message);
    }
    text
}

fn level(severity: Severity) -> &'static str {
    if severity == Severity::Off { "none" } else { severity.name() }
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// A path as a relative or absolute URI; what is not plain is percent-encoded (RFC 3986).
fn uri(path: &Path) -> String {
    let mut uri = String::new();
    for byte in slashed(path).bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    if uri.starts_with('/') { format!("file://{uri}") } else { uri }
}

fn written(value: &Value) -> Result<String> {
    serde_json::to_string_pretty(value).map_err(|e| Error::input(format!("cannot write the findings: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn linted() -> Linted {
        let finding = |line, severity, fixable| Finding {
            file: PathBuf::from("data/a b.jsonl"),
            line,
            code: "crlf",
            severity,
            message: "100% wrong\nhere".into(),
            remedy: "mend it".into(),
            fixable,
        };
        let findings = vec![finding(3, Severity::Error, true), finding(12, Severity::Note, false)];
        Linted { files: 1, examples: 20, findings }
    }

    #[test]
    fn text_is_grouped_and_summed_up() {
        let shown = text(&linted(), false);
        assert!(shown.starts_with("data/a b.jsonl\n      3  error    crlf  100% wrong"), "{shown}");
        assert!(shown.contains("help: mend it (--fix does it)\n"), "{shown}");
        assert!(shown.ends_with("20 examples in 1 file: 1 error, 0 warnings, 1 note; `--fix` mends 1\n"), "{shown}");
        let none = Linted { files: 2, examples: 1, findings: vec![] };
        assert_eq!(text(&none, false), "1 example in 2 files: no findings\n");
    }

    #[test]
    fn annotations_are_escaped() {
        let shown = github(&linted());
        let first = "::error file=data/a b.jsonl,line=3,title=crlf::100%25 wrong%0Ahere. mend it\n";
        assert!(shown.starts_with(first), "{shown}");
        assert!(shown.contains("::notice file="), "{shown}");
    }

    #[test]
    fn sarif_and_json_hold_every_finding() {
        let log: Value = serde_json::from_str(&sarif(&linted()).unwrap()).unwrap();
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "crlf");
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
            (&json!("data/a%20b.jsonl"), &json!(3))
        );
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert!(rules.iter().any(|rule| rule["id"] == "crlf") && rules.len() == codes().len());
        let all = json(&linted());
        assert_eq!(all["findings"][1]["severity"], "note");
        assert_eq!(all["findings"][0]["fixable"], true);
    }
}
