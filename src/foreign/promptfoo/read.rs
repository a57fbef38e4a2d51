use super::prompts::Prompt;
use super::reader::Reader;
use super::test::Test;
use super::vars::combinations;
use crate::foreign::case::Case;
use crate::foreign::draft::Draft;
use crate::foreign::files::text;
use crate::foreign::remark::Place;
use crate::suite::names_in;
use crate::words;
use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use serde_json::{Map, Value};
use std::path::Path;

/// The most cases that the lists of one test make.
const MOST_OF_ONE: usize = 5_000;

/// Keys that say how promptfoo runs, not what is asked or judged.
const NEUTRAL: [&str; 7] =
    ["description", "outputPath", "sharing", "tags", "metadata", "writeLatestResults", "assertionTemplates"];

impl Reader<'_> {
    /// Drafts every case, and gives the configuration's description.
    pub fn read(&mut self, draft: &mut Draft) -> Result<String> {
        self.other_keys(draft);
        let prompts = self.prompts(draft);
        let root = self.root.clone();
        let default = match root.get("defaultTest").filter(|node| !node.is_null()) {
            None => Test::empty(Place::of(&root)),
            Some(node) => {
                let node = self.in_file(node)?;
                // Its tests would be judged by something else without it.
                self.test(&node, draft)
                    .map_err(|why| node.fault(format!("`defaultTest` cannot be carried over: {why}")))?
            }
        };
        let mut tests = Vec::new();
        if let Some(node) = root.get("tests").filter(|node| !node.is_null()) {
            self.tests(node, draft, &mut tests);
        }
        if let Some(node) = root.get("scenarios").filter(|node| !node.is_null()) {
            self.scenarios(node, draft, &mut tests);
        }
        if root.get("tests").is_none() && root.get("scenarios").is_none() {
            tests.push(Test::empty(Place::of(&root)));
        }
        for test in tests {
            self.cases(test.over(&default), &prompts, draft)?;
        }
        Ok(root.get("description").and_then(Node::as_str).unwrap_or_default().to_string())
    }

    fn other_keys(&self, draft: &mut Draft) {
        for (key, node) in self.root.entries() {
            let place = Place::of(node);
            match key.text.as_str() {
                "prompts" | "tests" | "scenarios" | "defaultTest" | "$schema" => {}
                "providers" | "targets" => {
                    let why = "a suite is for every version; which one answers, and how, is said to `pmtune eval`";
                    draft.remarks.changed(&place, key.text.as_str(), why);
                }
                "evaluateOptions" | "commandLineOptions" | "env" => {
                    draft.remarks.changed(
                        &place,
                        key.text.as_str(),
                        "it says how promptfoo runs; see `pmtune eval --help`",
                    );
                }
                name if NEUTRAL.contains(&name) => {}
                name => draft.remarks.left_out(&place, format!("`{name}`"), "it has no counterpart here"),
            }
        }
    }

    /// A value, or what the file holds that it names.
    fn in_file(&self, node: &Node) -> Result<Node> {
        let Some(name) = node.as_str().map(|text| text.strip_prefix("file://").unwrap_or(text)) else {
            return Ok(node.clone());
        };
        let (path, text) = self.files.read(&node.place().file, name).map_err(|why| node.fault(why))?;
        yaml::parse(&text, &path)
    }

    /// Tests written out, or in files.
    fn tests(&mut self, node: &Node, draft: &mut Draft, tests: &mut Vec<Test>) {
        let one = [node.clone()];
        for node in node.items().unwrap_or(&one) {
            let found = match node.as_str() {
                Some(name) => self.tests_of_files(node, name.strip_prefix("file://").unwrap_or(name), draft),
                None => self.test(node, draft).map(|test| vec![test]),
            };
            match found {
                Ok(found) => tests.extend(found),
                Err(why) => draft.remarks.left_out(&Place::of(node), "test", why),
            }
        }
    }

    fn tests_of_files(&mut self, node: &Node, name: &str, draft: &mut Draft) -> Result<Vec<Test>, String> {
        if super::vars::is_program(name) || name.contains("://") {
            return Err("tests are made by a program or lie on a server; write them to a file".into());
        }
        let mut tests = Vec::new();
        for path in self.files.matching(&node.place().file, name)? {
            let text = text(&path).map_err(|error| error.message)?;
            let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
            match ending.as_str() {
                "csv" => tests.extend(self.sheet(&path, &text, draft)?),
                "jsonl" => self.lines(&path, &text, draft, &mut tests)?,
                "yaml" | "yml" | "json" => {
                    let node = yaml::parse(&text, &path).map_err(|error| error.message)?;
                    self.tests(&node, draft, &mut tests);
                }
                _ => return Err(format!("`{name}` is no CSV, YAML or JSON")),
            }
        }
        Ok(tests)
    }

    fn lines(&mut self, path: &Path, text: &str, draft: &mut Draft, tests: &mut Vec<Test>) -> Result<(), String> {
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let place = Place::at(path, at + 1);
            let node = yaml::parse(line, path).map_err(|error| format!("line {}: {}", at + 1, error.message))?;
            match self.test(&node, draft) {
                Ok(test) => tests.push(Test { place, ..test }),
                Err(why) => draft.remarks.left_out(&place, "test", why),
            }
        }
        Ok(())
    }

    /// Scenarios: every test with every set of variables.
    fn scenarios(&mut self, node: &Node, draft: &mut Draft, tests: &mut Vec<Test>) {
        let place = Place::of(node);
        for scenario in node.items().unwrap_or_default() {
            let (Some(config), Some(written)) = (scenario.get("config").and_then(Node::items), scenario.get("tests"))
            else {
                draft.remarks.left_out(
                    &Place::of(scenario),
                    "scenario",
                    "its `config` or `tests` are not written out here",
                );
                continue;
            };
            let mut inner = Vec::new();
            self.tests(written, draft, &mut inner);
            for set in config {
                match self.test(set, draft) {
                    Ok(base) => tests.extend(inner.iter().map(|test| test.clone().over(&base))),
                    Err(why) => draft.remarks.left_out(&Place::of(set), "scenario", why),
                }
            }
        }
        if node.items().is_none() {
            draft.remarks.left_out(&place, "scenarios", "they are not written out here");
        }
    }

    /// The cases of a test: one for each prompt and combination of its variables.
    fn cases(&self, test: Test, prompts: &[Prompt], draft: &mut Draft) -> Result<()> {
        let wanted = |prompt: &&Prompt| {
            test.prompts.as_ref().is_none_or(|labels| labels.iter().any(|label| chosen(label, &prompt.label)))
        };
        let prompts: Vec<&Prompt> = prompts.iter().filter(wanted).collect();
        if prompts.is_empty() {
            draft.remarks.left_out(&test.place, "test", "none of its prompts was carried over");
            return Ok(());
        }
        let sets = match combinations(&test.vars, MOST_OF_ONE) {
            Ok(sets) => sets,
            Err(why) => {
                return Err(Error::input(format!("{}:{}: {why}", test.place.file.display(), test.place.line))
                    .hint("take fewer values"));
            }
        };
        for prompt in &prompts {
            for vars in &sets {
                let (words, case) = self.case(&test, prompt, vars.clone(), prompts.len() > 1, sets.len() > 1, draft);
                draft.take(&words, case)?;
            }
        }
        Ok(())
    }

    /// A case and the words it is named by.
    fn case(
        &self,
        test: &Test,
        prompt: &Prompt,
        vars: Map<String, Value>,
        several: bool,
        multiplied: bool,
        draft: &mut Draft,
    ) -> (String, Case) {
        let mut case = Case::new(test.place.clone());
        case.notes.clone_from(&test.notes);
        if let Some(system) = &prompt.asked.system {
            case.set("system", system.as_str());
        }
        let asked = format!("{}{}{}", test.prefix, prompt.asked.prompt, test.suffix);
        let told: Vec<String> = vars.values().filter_map(|value| value.as_str().map(str::to_string)).collect();
        let own = if told.is_empty() { words::clip(&asked, 60) } else { told.join(" ") };
        let words = match &test.description {
            Some(text) if multiplied => format!("{text} {own}"),
            Some(text) => text.clone(),
            None => own,
        };
        let words = if several { format!("{} {words}", words::clip(&prompt.label, 20)) } else { words };
        let checks: Vec<Value> = test.checks.iter().cloned().map(Value::Object).collect();
        let vars = usable(
            vars,
            &[asked.as_str(), prompt.asked.system.as_deref().unwrap_or_default()],
            &checks,
            &test.place,
            draft,
        );
        case.set("prompt", asked);
        if !vars.is_empty() {
            case.set("vars", Value::Object(vars));
        }
        if let Some(threshold) = test.threshold {
            case.set("threshold", threshold);
        }
        case.set("checks", checks);
        (words, case)
    }
}

/// Whether a test that names `label` means the prompt: its label, or a group's.
fn chosen(label: &str, of: &str) -> bool {
    match label.strip_suffix('*') {
        Some(start) => of.starts_with(start),
        None => of == label || of.strip_prefix(label).is_some_and(|rest| rest.starts_with(':')),
    }
}

/// The variables a case can have: no templates could use other names; and those that a template asks for and nobody gives,
/// which promptfoo takes for nothing.
fn usable(
    mut vars: Map<String, Value>,
    texts: &[&str],
    checks: &[Value],
    place: &Place,
    draft: &mut Draft,
) -> Map<String, Value> {
    vars.retain(|name, _| {
        let mut letters = name.chars();
        let fits = letters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && letters.all(|c| c.is_alphanumeric() || c == '_');
        if !fits {
            draft.remarks.changed(
                place,
                format!("variable `{name}`"),
                "no template can use this name, so it is not carried over",
            );
        }
        fits
    });
    let mut within = Vec::new();
    checks.iter().for_each(|check| texts_of(check, &mut within));
    for name in texts.iter().copied().chain(within.iter().map(String::as_str)).flat_map(names_in) {
        // The environment, the conversation so far and functions of templates are nobody's variables.
        let other = ["env", "_conversation", "range", "dict", "namespace", "debug"];
        if !vars.contains_key(&name) && !other.contains(&name.as_str()) {
            draft.remarks.changed(
                place,
                format!("variable `{name}`"),
                "a template uses it and nobody gives it: an empty text, as in promptfoo",
            );
            vars.insert(name, "".into());
        }
    }
    vars
}

fn texts_of(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, texts)),
        Value::Object(entries) => entries.values().for_each(|value| texts_of(value, texts)),
        _ => {}
    }
}
