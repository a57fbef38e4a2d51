//! Assertions as promptfoo writes them: in a configuration, or as a text in a column.

use super::names::row;
use crate::foreign::remark::Place;
use crate::yaml::Node;
use serde_json::Value;

/// One assertion.
#[derive(Debug, Clone)]
pub(super) struct Assertion {
    pub place: Place,
    /// Without `not-`.
    pub kind: String,
    pub negated: bool,
    /// Null where it has none.
    pub value: Value,
    pub threshold: Option<f64>,
    pub weight: Option<f64>,
    /// Those of an `assert-set`.
    pub inner: Vec<Node>,
    /// Keys that are there and have no place here.
    pub dropped: Vec<String>,
}

/// Keys without a say in the verdict of an assertion that no model judges.
const NEUTRAL: [&str; 3] = ["provider", "rubricPrompt", "metric"];

impl Assertion {
    /// The name as written.
    pub fn name(&self) -> String {
        format!("{}{}", if self.negated { "not-" } else { "" }, self.kind)
    }

    /// # Errors
    /// In words, why it cannot be read.
    pub fn of(node: &Node, root: &Node) -> Result<Self, String> {
        let node = &resolved(node, root)?;
        let kind = node.get("type").and_then(Node::as_str).ok_or("it has no `type`")?;
        let mut assertion = Self::named(kind, Place::of(node));
        for (key, value) in node.entries() {
            let number = || value.as_str().and_then(|text| text.parse::<f64>().ok());
            match key.text.as_str() {
                "type" => {}
                "value" => assertion.value = value.to_json(),
                "threshold" => assertion.threshold = Some(number().ok_or("its `threshold` is no number")?),
                "weight" => assertion.weight = Some(number().ok_or("its `weight` is no number")?),
                "assert" => assertion.inner = value.items().unwrap_or_default().to_vec(),
                key if NEUTRAL.contains(&key) => assertion.dropped.push(key.to_string()),
                key => return Err(format!("its key `{key}` changes what is judged, and has no counterpart here")),
            }
        }
        Ok(assertion)
    }

    fn named(written: &str, place: Place) -> Self {
        let bare = written.strip_prefix("not-");
        let (kind, negated) = (bare.unwrap_or(written).to_string(), bare.is_some());
        Self {
            place,
            kind,
            negated,
            value: Value::Null,
            threshold: None,
            weight: None,
            inner: Vec::new(),
            dropped: Vec::new(),
        }
    }

    /// An assertion as a column holds it: `contains: x`, `similar(0.8): x`, `not-regex: x`; any other text is what the
    /// answer must equal.
    pub fn of_text(text: &str, place: Place) -> Self {
        let text = text.trim();
        let with = |kind: &str, value: &str| Self { value: value.trim().into(), ..Self::named(kind, place.clone()) };
        for (start, kind) in [("fn:", "javascript"), ("eval:", "javascript"), ("grade:", "llm-rubric")] {
            if let Some(value) = text.strip_prefix(start) {
                return with(kind, value);
            }
        }
        if let Some(program) = text.strip_prefix("file://") {
            let kind = if program.contains(".py") { "python" } else { "javascript" };
            return with(kind, text);
        }
        let (head, value) = text.split_once(':').map_or((text, None), |(head, value)| (head, Some(value)));
        let (name, threshold) = match head.strip_suffix(')').and_then(|head| head.split_once('(')) {
            Some((name, number)) => (name, number.parse::<f64>().ok()),
            None => (head, None),
        };
        // `similar:cosine: x` has its colon in the name.
        let longer = value.and_then(|value| value.split_once(':')).map(|(part, rest)| (format!("{name}:{part}"), rest));
        let known = |name: &str| row(name.strip_prefix("not-").unwrap_or(name)).is_some();
        if let Some((name, rest)) = longer.filter(|(name, _)| known(name)) {
            return Self { threshold, ..with(&name, rest) };
        }
        if !known(name) {
            return with("equals", text);
        }
        let mut assertion = Self { threshold, ..with(name, value.unwrap_or_default()) };
        match (value, assertion.kind.as_str()) {
            (None, _) => assertion.value = Value::Null,
            (Some(list), "contains-all" | "contains-any" | "icontains-all" | "icontains-any") => {
                assertion.value = separated(list).into();
            }
            _ => {}
        }
        // A column that gives no threshold means these.
        if assertion.threshold.is_none()
            && ["similar", "levenshtein", "rouge-n", "latency"].contains(&assertion.kind.as_str())
        {
            assertion.threshold = Some(if assertion.kind == "similar" { 0.8 } else { 0.75 });
        }
        assertion
    }
}

/// Texts between commas; one that holds a comma stands in quotes.
pub(super) fn separated(list: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(list.as_bytes());
    let first = reader.records().next().and_then(Result::ok);
    first.map(|record| record.iter().filter(|text| !text.is_empty()).map(str::to_string).collect()).unwrap_or_default()
}

/// The assertion that a `$ref` names, under it what stands beside the `$ref`.
fn resolved(node: &Node, root: &Node) -> Result<Node, String> {
    let Some(reference) = node.get("$ref").and_then(Node::as_str) else { return Ok(node.clone()) };
    let path = reference.strip_prefix("#/").ok_or_else(|| format!("`{reference}` is not in this file"))?;
    let mut found = root;
    for part in path.split('/') {
        found = found.get(part).ok_or_else(|| format!("there is no `{reference}`"))?;
    }
    Ok(node.with_missing(found, &[]).without("$ref"))
}
