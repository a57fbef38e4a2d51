//! The templates, and the one place where values are written into them.

use super::clean;
use crate::words;
use engine::error::{Error, Result};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

const PARTS: &[(&str, &str)] = &[
    ("page.html", include_str!("templates/page.html")),
    ("case.html", include_str!("templates/case.html")),
    ("measured.html", include_str!("templates/measured.html")),
    ("macros.html", include_str!("templates/macros.html")),
    ("report.html", include_str!("templates/report.html")),
    ("table.md", include_str!("templates/table.md")),
    ("audit.html", include_str!("templates/audit.html")),
    ("audit.md", include_str!("templates/audit.md")),
    ("parity.html", include_str!("templates/parity.html")),
    ("parity.md", include_str!("templates/parity.md")),
    ("dataset.html", include_str!("templates/dataset.html")),
    ("people.html", include_str!("templates/people.html")),
    ("people.md", include_str!("templates/people.md")),
    ("measured.md", include_str!("templates/measured.md")),
    ("report.md", include_str!("templates/report.md")),
    ("history.html", include_str!("templates/history.html")),
    ("history.md", include_str!("templates/history.md")),
    ("several.html", include_str!("templates/several.html")),
    ("several.md", include_str!("templates/several.md")),
    ("gaps.html", include_str!("templates/gaps.html")),
    ("gaps.md", include_str!("templates/gaps.md")),
    ("months.html", include_str!("templates/months.html")),
    ("months.md", include_str!("templates/months.md")),
    ("gate.md", include_str!("templates/gate.md")),
    ("junit.xml", include_str!("templates/junit.xml")),
    ("badge.svg", include_str!("templates/badge.svg")),
];

/// Fills the template `name`. Every value is cleaned and escaped for the kind of file (by the name's ending), unless it
/// was made as a safe string, which only `answer`, `diff`, `plot`, `packed` and `clean::fenced` do.
pub fn render<T: Serialize>(name: &str, view: &T) -> Result<String> {
    fill(PARTS, name, view)
}

/// The same for each of many values.
pub fn render_each<T: Serialize>(name: &str, views: &[T]) -> Result<Vec<String>> {
    let environment = environment(PARTS).map_err(|e| broken(name, e))?;
    let template = environment.get_template(name).map_err(|e| broken(name, e))?;
    views.iter().map(|view| template.render(Serde(view)).map_err(|e| broken(name, e))).collect()
}

/// JSON that cannot end the element it stands in.
pub(crate) fn json(value: &serde_json::Value) -> String {
    let mut safe = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => safe.push(c),
        }
    }
    safe
}

/// The same with the templates of another page.
pub(crate) fn fill<T: Serialize>(parts: &[(&'static str, &'static str)], name: &str, view: &T) -> Result<String> {
    let environment = environment(parts).map_err(|e| broken(name, e))?;
    let text = environment.get_template(name).and_then(|t| t.render(Serde(view))).map_err(|e| broken(name, e))?;
    Ok(text)
}

fn environment(parts: &[(&'static str, &'static str)]) -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|name| match name.ends_with(".md") {
        true => AutoEscape::Custom("markdown".into()),
        false => AutoEscape::Html,
    });
    environment.set_formatter(|out, state, value| {
        if value.is_none() {
            return Ok(());
        }
        let text = match value.as_str() {
            Some(text) => text.to_string(),
            None => value.to_string(),
        };
        let escaped = match state.auto_escape() {
            _ if value.is_safe() => text,
            AutoEscape::Custom(_) => clean::markdown(&text),
            _ => clean::html(&text),
        };
        out.write_str(&escaped).map_err(minijinja::Error::from)
    });
    environment.add_filter("fenced", |text: String| Value::from_safe_string(clean::fenced(&text)));
    environment.add_filter("clip", |text: String, most: usize| words::clip(&text, most));
    for (name, source) in parts.iter().copied() {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

fn broken(name: &str, error: minijinja::Error) -> Error {
    Error::input(format!("the template {name} could not be filled in"))
        .caused_by(error)
        .hint("this is a fault in pmtune itself; please report it")
}
