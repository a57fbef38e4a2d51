//! Tests as promptfoo writes them, laid over `defaultTest`.

use super::assertion::Assertion;
use super::reader::Reader;
use super::vars::Vars;
use crate::foreign::draft::Draft;
use crate::foreign::remark::Place;
use crate::yaml::Node;
use serde_json::{Map, Value};

/// One test, before its variables multiply it.
#[derive(Debug, Clone)]
pub(super) struct Test {
    pub place: Place,
    pub description: Option<String>,
    pub vars: Vars,
    pub checks: Vec<Map<String, Value>>,
    /// What is said above its cases.
    pub notes: Vec<String>,
    pub threshold: Option<f64>,
    pub prefix: String,
    pub suffix: String,
    /// Labels of the prompts it is for; all of them where it says nothing.
    pub prompts: Option<Vec<String>>,
}

impl Test {
    pub fn empty(place: Place) -> Self {
        Self {
            place,
            description: None,
            vars: Vec::new(),
            checks: Vec::new(),
            notes: Vec::new(),
            threshold: None,
            prefix: String::new(),
            suffix: String::new(),
            prompts: None,
        }
    }

    /// This test with what another says first: its variables give way, its checks come before.
    pub fn over(mut self, base: &Test) -> Self {
        let own = std::mem::take(&mut self.vars);
        let missing = base.vars.iter().filter(|(name, _)| own.iter().all(|(own, _)| own != name)).cloned();
        self.vars = missing.chain(own.iter().cloned()).collect();
        self.checks = [base.checks.clone(), self.checks].concat();
        self.notes = [base.notes.clone(), self.notes].concat();
        self.threshold = self.threshold.or(base.threshold);
        self.description = match (&base.description, self.description) {
            (Some(base), Some(own)) => Some(format!("{base} {own}")),
            (base, own) => own.or_else(|| base.clone()),
        };
        let or = |own: String, base: &String| if own.is_empty() { base.clone() } else { own };
        self.prefix = or(self.prefix, &base.prefix);
        self.suffix = or(self.suffix, &base.suffix);
        self.prompts = self.prompts.or_else(|| base.prompts.clone());
        self
    }
}

impl Reader<'_> {
    /// # Errors
    /// In words, why the test as a whole cannot be carried over.
    pub(super) fn test(&mut self, node: &Node, draft: &mut Draft) -> Result<Test, String> {
        if !node.is_map() {
            return Err("it is no mapping".into());
        }
        let mut test = Test::empty(Place::of(node));
        let options = node.get("options");
        let single = |of: Option<&Node>| {
            of.and_then(|node| node.get("disableVarExpansion")).and_then(Node::as_str) == Some("true")
        };
        let multiply = !single(options)
            && !single(Some(node))
            && !single(self.root.get("defaultTest").and_then(|d| d.get("options")));
        for (key, value) in node.entries() {
            match key.text.as_str() {
                "description" => test.description = value.as_str().map(str::to_string),
                "vars" => test.vars = self.vars(value, multiply)?,
                "assert" => {
                    for node in value.items().unwrap_or_default() {
                        let read = Assertion::of(node, &self.root);
                        self.assert(read.map_err(|why| (Place::of(node), why)), &mut test, draft);
                    }
                }
                "threshold" => {
                    let number = value.as_str().and_then(|text| text.parse().ok());
                    test.threshold = Some(number.ok_or("its `threshold` is no number")?);
                }
                "options" => options_of(value, &mut test, draft)?,
                "prompts" => {
                    let one = [value.clone()];
                    let labels = value.items().unwrap_or(&one).iter().filter_map(Node::as_str);
                    test.prompts = Some(labels.map(str::to_string).collect());
                }
                "metadata" | "disableVarExpansion" => {}
                "provider" | "providers" => {
                    let why = "a suite is for every version; which one answers is said to `pmtune eval`";
                    draft.remarks.changed(&Place::of(value), key.text.as_str(), why);
                }
                key => return Err(format!("its key `{key}` has no counterpart here")),
            }
        }
        Ok(test)
    }

    /// Adds what an assertion becomes, or says why it becomes nothing.
    pub(super) fn assert(&mut self, read: Result<Assertion, (Place, String)>, test: &mut Test, draft: &mut Draft) {
        let assertion = match read {
            Ok(assertion) => assertion,
            Err((place, why)) => {
                test.notes.push(format!("left out: assertion: {why}"));
                return draft.remarks.left_out(&place, "assertion", why);
            }
        };
        let name = assertion.name();
        for key in &assertion.dropped {
            let why =
                if key == "metric" { "figures here are by check and criterion" } else { "no model judges it here" };
            draft.remarks.changed(&assertion.place, format!("`{key}` of {name}"), why);
        }
        match self.translate(&assertion, draft) {
            Ok(checks) => test.checks.extend(checks),
            Err(why) => {
                let value = assertion.value.as_str().map(|text| format!(" ({text})")).unwrap_or_default();
                test.notes.push(format!("left out: {name}{value}: {why}"));
                draft.remarks.left_out(&assertion.place, name, why);
            }
        }
    }
}

/// `options` of a test. What changes the answer before it is judged cannot be carried over.
fn options_of(options: &Node, test: &mut Test, draft: &mut Draft) -> Result<(), String> {
    for (key, value) in options.entries() {
        match key.text.as_str() {
            "prefix" => test.prefix = value.as_str().unwrap_or_default().to_string(),
            "suffix" => test.suffix = value.as_str().unwrap_or_default().to_string(),
            "disableVarExpansion" | "provider" | "rubricPrompt" | "runSerially" | "repeat" => {
                let why = "it says how promptfoo runs or grades";
                draft.remarks.changed(&Place::of(value), format!("`options.{}`", key.text), why);
            }
            key @ ("transform" | "postprocess" | "transformVars") => {
                return Err(format!("`options.{key}` changes it by a program; checks here read the answer as it is"));
            }
            key => return Err(format!("`options.{key}` has no counterpart here")),
        }
    }
    Ok(())
}
