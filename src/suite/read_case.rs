use super::document::{CASE_KEYS, PROMPT_KEYS, TEXT_KEYS, Written, named_by};
use super::texts::{FILE, Texts, is_template};
use super::{Case, Distractor, PREFERS, Split};
use crate::check::{self, Check, Lexicon};
use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use engine::jinja::Data;
use engine::store;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// Turns the cases of one suite as written into cases as run.
pub(super) struct CaseReader<'a> {
    pub kinds: &'a [&'static check::Kind],
    pub lexicon: &'a Arc<Lexicon>,
    pub texts: &'a mut Texts,
    pub suite: &'a str,
    pub category: &'a str,
    pub defaults: Option<&'a Node>,
    /// What is allowed but probably not meant, in sentences.
    pub remarks: Vec<String>,
}

impl CaseReader<'_> {
    /// Reads one case, gathering its faults.
    pub fn read(&mut self, node: &Node) -> Result<Case> {
        if !node.is_map() {
            return Err(node.fault("a case is a mapping").hint("write `- id: …` and under it `prompt: …`"));
        }
        let mut faults = Faults(Vec::new());
        let laid = self.defaults.map_or_else(|| node.clone(), |defaults| lay_over(node, defaults));
        let vars = self.vars(&laid, &mut faults);
        let filled = self.fill(&laid, &vars, &mut faults);
        let written = faults.take(yaml::read_bounded::<Written>(&filled, "", &CASE_KEYS)).unwrap_or_default();
        check_id(node, &mut faults);
        check_prompt(&filled, &mut faults);
        check_choices(&filled, &mut faults);
        check_distractors(&filled, &mut faults);
        let reference = text(written.reference);
        let choices = written.choices.unwrap_or_default();
        let choices: Vec<String> = choices.iter().map(|choice| choice.trim().to_string()).collect();
        let distractors = written.distractors.unwrap_or_default();
        let distractors: Vec<Distractor> =
            distractors.into_iter().map(|d| Distractor { text: d.text.trim().to_string(), ..d }).collect();
        let mut checks = self.checks(node, &vars, &mut faults);
        // Beside checks of what is written, which answer is likelier is evidence of its own and never part of the score.
        if !distractors.is_empty() && !checks.iter().any(|(check, _)| check.name == PREFERS) {
            let alone = !checks.iter().any(|(check, _)| check.weight > 0.0 && !check.guard);
            if alone {
                // Nothing is written that a guard could look at.
                checks.retain(|(check, _)| !check.guard);
            }
            checks.extend(faults.take(self.shipped(&format!("{{type: {PREFERS}, weight: {}}}", u8::from(alone)))));
        }
        if !choices.is_empty() && !checks.iter().any(|(check, _)| check.name.trim_start_matches("not-") == "choice") {
            checks.extend(faults.take(self.shipped("type: choice")));
        }
        if let Some(error) = Error::gather(faults.0) {
            return Err(error);
        }
        let weight = written.weight.unwrap_or(1.0);
        Ok(Case {
            id: format!("{}/{}", self.suite, written.id.unwrap_or_default()),
            category: self.category.to_string(),
            split: written.split.unwrap_or(Split::Dev),
            system: text(written.system),
            vars: vars.to_json(),
            prompt: [text(written.prompt), text(written.input)].into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
            judge_hash: judge_hash(
                &checks,
                written.threshold,
                written.require,
                reference.as_deref(),
                &choices,
                &distractors,
                weight,
            ),
            reference,
            distractors,
            choices,
            checks: checks.into_iter().map(|(check, _)| check).collect(),
            threshold: written.threshold,
            weight,
            tags: written.tags.unwrap_or_default(),
            repeat: written.repeat.unwrap_or(1),
            require: written.require,
            cluster: written.cluster,
            sampling: written.sampling.unwrap_or_default(),
        })
    }

    /// The variables of a case, `file://` read. They are no templates themselves, so texts from outside can be put in
    /// safely.
    fn vars(&mut self, node: &Node, faults: &mut Faults) -> Data {
        let Some(vars) = node.get("vars").filter(|vars| !vars.is_null()) else {
            return Data::Dict(Vec::new());
        };
        if !vars.is_map() {
            faults.0.push(vars.fault("`vars` is not a mapping").hint("write `name: value` under it"));
        }
        for (key, _) in vars.entries() {
            if !is_name(&key.text) {
                let fault = Error::input(format!("`{}` cannot name a variable", key.text)).at(key.place());
                faults.0.push(fault.hint("use letters, digits and `_`; templates read `-` as minus"));
            }
        }
        let texts = &mut *self.texts;
        let filled = vars.fill(&mut |node, text| match text.starts_with(FILE) {
            true => texts.file(node, text).map(|text| Some(text.trim().to_string())),
            false => Ok(None),
        });
        faults.take(filled).unwrap_or_else(|| vars.clone()).to_data()
    }

    /// The case with templates filled in and files read.
    fn fill(&mut self, node: &Node, vars: &Data, faults: &mut Faults) -> Node {
        let texts = &mut *self.texts;
        let mut documents = Vec::new();
        let filled = node.map_entries(|key, value| {
            let filled = match key {
                _ if PROMPT_KEYS.contains(&key) => value.fill(&mut |node, text| texts.fill_prompt(node, text, vars)),
                _ if TEXT_KEYS.contains(&key) => value.fill(&mut |node, text| texts.fill(node, text, vars)),
                "choices" => value.fill(&mut |node, text| texts.render(node, text, vars)),
                "distractors" => value.fill(&mut |node, text| texts.fill(node, text, vars)),
                _ => return value.clone(),
            };
            let filled = faults.take(filled).unwrap_or_else(|| value.clone());
            documents.push((key.to_string(), value.clone(), filled.clone()));
            filled
        });
        for (key, written, filled) in documents {
            self.remarks.extend(unfilled(node, &key, &written, &filled, vars));
        }
        filled
    }

    /// The checks of the defaults, then the case's own, each with its parameters as JSON.
    fn checks(&mut self, node: &Node, vars: &Data, faults: &mut Faults) -> Vec<(Check, serde_json::Value)> {
        let mut read = Vec::new();
        for from in self.defaults.into_iter().chain([node]) {
            let list = match (from.entry("checks"), from.entry("assert")) {
                (Some(_), Some((key, _))) => {
                    let fault = Error::input("both `checks` and `assert` are here").at(key.place());
                    faults.0.push(fault.hint("they mean the same; put all under `checks`"));
                    continue;
                }
                (Some((_, list)), None) | (None, Some((_, list))) => list,
                (None, None) => continue,
            };
            let Some(items) = list.items() else {
                if !list.is_null() {
                    faults.0.push(list.fault("`checks` is not a list").hint("write each check as `- type: …`"));
                }
                continue;
            };
            for item in items {
                let filled = item.fill(&mut |node, text| self.texts.render(node, text, vars));
                let check = filled.and_then(|item| self.check(&item));
                read.extend(faults.take(check));
            }
        }
        read
    }

    /// What a case of choices or with distractors is judged by unless it says so itself.
    fn shipped(&self, check: &str) -> Result<(Check, serde_json::Value)> {
        self.check(&yaml::parse(check, Path::new("shipped"))?)
    }

    /// A check with what it goes by: its parameters and, where the workspace has changed them, its word lists.
    fn check(&self, node: &Node) -> Result<(Check, serde_json::Value)> {
        let check = check::parse_among(self.kinds, self.lexicon, node)?;
        // However a key is spelt, it is the same check.
        let mut parameters = node.in_kebab_case().to_json_as_written();
        let lists = check::named(self.kinds.iter().copied(), &check.name).map_or(&[][..], |(kind, _)| (kind.lists)());
        if let Some(words) = self.lexicon.fingerprint(lists) {
            parameters["words"] = json!(words);
        }
        // A program is what it says: another script by the same name is another check.
        if let Some(files) = check.judge.program().and_then(|program| self.texts.hash_of_files(program)) {
            parameters["files"] = json!(files);
        }
        Ok((check, parameters))
    }
}

/// Faults of one case so far.
struct Faults(Vec<Error>);

impl Faults {
    fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }
}

/// The case with what the defaults add: keys it lacks, and entries of `vars`, `sampling` and `tags`. Checks are added
/// where they are read.
fn lay_over(case: &Node, defaults: &Node) -> Node {
    let merged = case.map_entries(|key, own| match (key, defaults.get(key)) {
        ("vars" | "sampling", Some(base)) if own.is_map() && base.is_map() => own.with_missing(base, &[]),
        ("tags", Some(base)) => base.joined(own).unwrap_or_else(|| own.clone()),
        _ => own.clone(),
    });
    merged.with_missing(defaults, &["id", "checks", "assert"])
}

/// A document that seems to wait for variables: it is taken as it stands.
fn unfilled(case: &Node, key: &str, written: &Node, filled: &Node, vars: &Data) -> Option<String> {
    let from_file = written.as_str().is_some_and(|text| text.starts_with(FILE));
    let text = filled.as_str().filter(|text| from_file && !PROMPT_KEYS.contains(&key) && is_template(text))?;
    let waits =
        |name: &&str| text.split("{{").skip(1).any(|rest| rest.trim_start_matches(['-', ' ']).starts_with(name));
    let name = vars.names().find(waits)?;
    let id = case.get("id").and_then(Node::as_str).unwrap_or_default();
    Some(format!(
        "case `{id}`: the file of `{key}` holds `{{{{ {name}`, which the model reads as it stands; a file is filled in under \
         `prompt` and `system` alone"
    ))
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_alphabetic() || c == '_') && letters.all(|c| c.is_alphanumeric() || c == '_')
}

/// The id is looked for in the case alone: `defaults` cannot have one.
fn check_id(node: &Node, faults: &mut Faults) {
    let Some(at) = node.get("id").filter(|id| !id.is_null()) else {
        let prompt = node.get("prompt").and_then(Node::as_str).unwrap_or_default();
        return faults.0.push(node.fault("this case has no `id`").hint(format!("add `id: {}`", slug(prompt))));
    };
    // An id that is no text has its fault already.
    if let Some(id) = at.as_str().filter(|id| id.is_empty() || !id.chars().all(named_by)) {
        let hint = format!("use lower-case letters, digits, `-`, `_` and `.`, such as `{}`", slug(id));
        faults.0.push(at.fault(format!("`{id}` cannot be an id")).hint(hint));
    }
}

/// A name made of a text's first words.
fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug: Vec<String> = words.take(5).map(str::to_ascii_lowercase).collect();
    if slug.is_empty() { "first-case".to_string() } else { slug.join("-") }
}

/// A text without the blank lines that YAML blocks and files end with; nothing when nothing is left.
fn text(written: Option<String>) -> Option<String> {
    written.map(|text| text.trim().to_string()).filter(|text| !text.is_empty())
}

/// What must hold of the prompt. This and [`check_choices`] look at the tree, not at what was read from it: that is not
/// there when any key of the case is wrong.
fn check_prompt(node: &Node, faults: &mut Faults) {
    match node.get("prompt") {
        None => faults.0.push(node.fault("this case has no `prompt`").hint("add `prompt:`, what the model is asked")),
        // A prompt that is no text has its fault already.
        Some(at) if at.is_null() || at.as_str().is_some_and(|text| text.trim().is_empty()) => {
            faults.0.push(at.fault("the prompt is empty").hint("write what the model is asked"));
        }
        Some(_) => {}
    }
}

/// What must hold of the choices of a multiple-choice case.
fn check_choices(node: &Node, faults: &mut Faults) {
    let Some((at, items)) = node.get("choices").and_then(|at| Some((at, at.items()?))) else { return };
    if items.len() < 2 {
        faults.0.push(at.fault("a choice needs at least two `choices`").hint("add the wrong answers too"));
    }
    let mut choices: Vec<&str> = Vec::new();
    for item in items {
        let Some(choice) = item.as_str().map(str::trim) else { continue };
        if choice.is_empty() {
            faults.0.push(item.fault("this choice is empty").hint("write it out, or remove it"));
        } else if choices.contains(&choice) {
            faults.0.push(item.fault(format!("the choice `{choice}` stands here twice")).hint("change or remove one"));
        }
        choices.push(choice);
    }
    let Some(reference) = node.get("reference").filter(|reference| !reference.is_null()) else {
        let fault = at.fault("it is not said which choice is right");
        return faults.0.push(fault.hint("add `reference:` with the right choice, word for word"));
    };
    if reference.as_str().is_some_and(|text| !choices.contains(&text.trim())) {
        let fault = reference.fault("the `reference` is none of the choices");
        faults.0.push(fault.hint("copy the right choice word for word"));
    }
}

/// What must hold of the distractors.
fn check_distractors(node: &Node, faults: &mut Faults) {
    let Some((at, items)) = node.get("distractors").and_then(|at| Some((at, at.items()?))) else { return };
    if items.is_empty() {
        return;
    }
    if node.get("choices").is_some_and(|choices| !choices.is_null()) {
        faults.0.push(
            at.fault("a case has `choices` or `distractors`, not both").hint("the wrong choices are distractors"),
        );
    }
    let reference = node.get("reference").and_then(Node::as_str).map(str::trim).unwrap_or_default();
    if reference.is_empty() {
        let fault = at.fault("there is no `reference` to set against the distractors");
        faults.0.push(fault.hint("add `reference:`, the answer a person would give"));
    }
    let mut seen: Vec<&str> = Vec::new();
    for item in items {
        let text = item.get("text").and_then(Node::as_str).map(str::trim);
        let Some(text) = text else { continue };
        if text.is_empty() {
            faults.0.push(item.fault("this distractor is empty").hint("write it out, or remove it"));
        } else if text == reference || seen.contains(&text) {
            faults.0.push(item.fault("this answer stands here twice").hint("change or remove one"));
        }
        seen.push(text);
    }
}

/// Hash of everything that decides the verdict on an answer. The order of keys does not matter, the order of checks does.
fn judge_hash(
    checks: &[(Check, serde_json::Value)],
    threshold: Option<f64>,
    require: Option<f64>,
    reference: Option<&str>,
    choices: &[String],
    distractors: &[Distractor],
    weight: f64,
) -> String {
    let checks: Vec<_> = checks
        .iter()
        .map(|(check, parameters)| {
            json!({
                "name": check.name, "version": check.version, "threshold": check.threshold, "weight": check.weight,
                "guard": check.guard, "criterion": check.criterion, "parameters": parameters,
            })
        })
        .collect();
    let mut all =
        json!({"checks": checks, "threshold": threshold, "reference": reference, "choices": choices, "weight": weight});
    // Absent where it is not given: cases that say nothing keep the hash they had before there was this key.
    if let Some(require) = require {
        all["require"] = json!(require);
    }
    if !distractors.is_empty() {
        // Why a distractor is bad decides nothing.
        all["distractors"] = distractors.iter().map(|distractor| json!(distractor.text)).collect();
    }
    all.sort_all_objects();
    store::hash_of(&all)
}
