//! Variables: values as templates see them, and lists that multiply cases.

use super::reader::Reader;
use crate::yaml::Node;
use serde_json::{Map, Value};

/// Each variable with the values it takes, one case for each.
pub(super) type Vars = Vec<(String, Vec<Value>)>;

impl Reader<'_> {
    /// # Errors
    /// In words, why a variable cannot be had.
    pub(super) fn vars(&self, node: &Node, multiply: bool) -> Result<Vars, String> {
        if node.is_null() {
            return Ok(Vec::new());
        }
        if !node.is_map() {
            return Err("its variables are not written out here".into());
        }
        let mut vars = Vars::new();
        for (key, value) in node.entries() {
            let values = match value.items().filter(|_| multiply) {
                Some(items) => items.iter().map(|item| self.var(item)).collect::<Result<Vec<_>, _>>()?,
                None => vec![self.var(value)?],
            };
            vars.push((key.text.clone(), values));
        }
        Ok(vars)
    }

    /// A value as a template sees it. A number whose spelling says more than its value stays as it is spelt.
    fn var(&self, node: &Node) -> Result<Value, String> {
        if node.is_null() {
            return Ok("".into());
        }
        if let Some(items) = node.items() {
            return items.iter().map(|item| self.var(item)).collect();
        }
        if node.is_map() {
            let entry = |(key, value): &(crate::yaml::Key, Node)| Ok((key.text.clone(), self.var(value)?));
            return node.entries().iter().map(entry).collect::<Result<Map<_, _>, String>>().map(Value::Object);
        }
        let text = node.as_str().unwrap_or_default();
        if let Some(name) = text.strip_prefix("file://") {
            return self.var_of_file(node, name);
        }
        if ["{{", "{%"].iter().any(|mark| text.contains(mark)) {
            return Err("a variable is itself a template; write its value out".into());
        }
        let value = node.to_json();
        Ok(if value.is_string() || value.to_string().as_str() == text { value } else { text.into() })
    }

    fn var_of_file(&self, node: &Node, name: &str) -> Result<Value, String> {
        if is_program(name) {
            return Err(format!("the variable `{name}` is computed by a program"));
        }
        let (_, text) = self.files.read(&node.place().file, name)?;
        Ok(text.trim().into())
    }
}

/// Every combination of the values, the last variable running fastest.
///
/// # Errors
/// In words: there are too many.
pub(super) fn combinations(vars: &Vars, most: usize) -> Result<Vec<Map<String, Value>>, String> {
    let count = vars.iter().try_fold(1usize, |count, (_, values)| count.checked_mul(values.len()));
    if count.is_none_or(|count| count > most) {
        return Err(format!("its lists of variables make more than {most} cases"));
    }
    let mut all = vec![Map::new()];
    for (name, values) in vars {
        let with = |map: &Map<String, Value>, value: &Value| {
            let mut map = map.clone();
            map.insert(name.clone(), value.clone());
            map
        };
        all = all.iter().flat_map(|map| values.iter().map(move |value| with(map, value))).collect();
    }
    Ok(all)
}

pub(super) fn is_program(name: &str) -> bool {
    [".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".py", ".rb", ".sh", ".go"]
        .iter()
        .any(|end| name.ends_with(end) || name.contains(&format!("{end}:")))
}
