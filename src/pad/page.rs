use crate::report::{fill, page_policy};
use engine::error::Result;
use minijinja::Value;
use serde::Serialize;

const PARTS: [(&str, &str); 1] = [("pad.html", include_str!("templates/pad.html"))];
const STYLE: &str = concat!(include_str!("../report/templates/page.css"), include_str!("templates/pad.css"));
const SCRIPT: &str = include_str!("templates/pad.js");

#[derive(Serialize)]
struct View<'a> {
    drafter: Option<&'a str>,
    style: Value,
    script: Value,
    policy: String,
}

/// The page, which holds nothing of the plan: what it shows it asks for. `drafter`: who drafts outputs, if anybody.
///
/// # Errors
/// The template is broken, which is a fault of the program.
pub(super) fn page(drafter: Option<&str>) -> Result<String> {
    let view = View {
        drafter,
        style: Value::from_safe_string(STYLE.to_string()),
        script: Value::from_safe_string(SCRIPT.to_string()),
        policy: policy(),
    };
    fill(&PARTS, "pad.html", &view)
}

/// Its script could not turn text into markup or script if it wanted to.
pub(super) fn policy() -> String {
    page_policy(STYLE, SCRIPT, " connect-src 'self'; trusted-types 'none'; require-trusted-types-for 'script';")
}
