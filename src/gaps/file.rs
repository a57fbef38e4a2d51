//! A plan as a file, which is read again when its examples are written.

use super::plan::Plan;
use engine::error::{Error, Result};
use engine::store;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What it is called in the folder of a month.
pub const PLAN_FILE: &str = "plan.json";
/// The file format this program writes.
const FORMAT: u32 = 1;
/// Of one plan, and of one of its items.
const MOST_ITEMS: usize = 200;
const MOST_EXAMPLES: usize = 1000;

/// `pmtune gaps --json` has the counts beside the plan; they are not needed here.
#[derive(Serialize, Deserialize)]
struct Written<P> {
    format: u32,
    plan: P,
}

/// # Errors
/// None in practice: a plan is plain data.
pub fn plan_json(plan: &Plan) -> Result<String> {
    let text = serde_json::to_string_pretty(&Written { format: FORMAT, plan });
    text.map(|text| text + "\n").map_err(|e| Error::input(format!("the plan cannot be written: {e}")))
}

/// # Errors
/// There is no such file; it is no plan, or one that was edited into something that cannot be followed.
pub fn read_plan(path: &Path) -> Result<Plan> {
    let remedy = "make it anew: pmtune gaps --json > plan.json";
    let bad = |what: String| Error::input(format!("{} is no plan of examples: {what}", path.display())).hint(remedy);
    let Written { format, plan }: Written<Plan> =
        serde_json::from_str(&store::read_text(path)?).map_err(|e| bad(e.to_string()))?;
    if format > FORMAT {
        return Err(Error::input(format!("{} was written by a newer pmtune", path.display()))
            .hint("use that pmtune to write its examples"));
    }
    if plan.items.len() > MOST_ITEMS {
        return Err(bad(format!("it has {} items; at most {MOST_ITEMS} are read", plan.items.len())));
    }
    for (at, item) in plan.items.iter().enumerate() {
        if item.task.trim().is_empty() || item.task.chars().any(char::is_control) {
            return Err(bad(format!("item {} names no task", at + 1)));
        }
        if item.count == 0 || item.count > MOST_EXAMPLES {
            return Err(bad(format!("item {} asks for {} examples; 1 to {MOST_EXAMPLES} can be", at + 1, item.count)));
        }
        if plan.items[..at].iter().any(|other| other.task == item.task) {
            return Err(bad(format!("the task `{}` stands twice", item.task)));
        }
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaps::{Item, Remedy};

    #[test]
    fn a_plan_is_read_back_and_nonsense_is_refused_by_its_file() {
        let item = |task: &str| Item {
            task: task.into(),
            count: 3,
            include: vec!["what matters".into()],
            checks: vec!["mentions".into()],
            remedy: Remedy::MoreExamples,
            because: "few teach it".into(),
            taught: None,
            contradicting: Vec::new(),
            situations: vec!["a swimming school".into()],
        };
        let plan = Plan { items: vec![item("prd"), item("okr")], beyond: Vec::new(), prompt: None };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        let text = plan_json(&plan).unwrap();
        std::fs::write(&path, &text).unwrap();
        assert_eq!(read_plan(&path).unwrap(), plan);
        for (from, to, words) in [
            ("\"format\": 1", "\"format\": 2", "newer"),
            ("\"count\": 3", "\"count\": 0", "asks for 0"),
            ("\"count\": 3", "\"count\": -3", "invalid value"),
            ("\"count\"", "\"counts\"", "counts"),
            ("\"okr\"", "\"prd\"", "stands twice"),
            ("\"okr\"", "\" \"", "names no task"),
            ("more-examples", "hope", "hope"),
            ("{", "", "plan.json"),
        ] {
            let edited = text.replacen(from, to, 1);
            assert_ne!(edited, text, "{from}");
            std::fs::write(&path, edited).unwrap();
            let said = read_plan(&path).unwrap_err().to_string();
            assert!(said.contains(words) && said.contains("plan.json"), "{to}: {said}");
        }
    }
}
