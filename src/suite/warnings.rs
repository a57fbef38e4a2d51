use super::{Case, Split, Suite};
use crate::words;
use std::collections::HashMap;

/// What is allowed but probably not meant: a half that is missing, prompts that leak from one half into the other,
/// cases and checks that cannot fail. One sentence each, in the order of the suites.
pub fn warnings(suites: &[Suite]) -> Vec<String> {
    let mut warnings = Vec::new();
    for suite in suites {
        warnings.extend(missing_half(suite));
        warnings.extend(suite.remarks.iter().map(|remark| format!("suite `{}`, {remark}", suite.name)));
        warnings.extend(suite.cases.iter().filter_map(cannot_fail));
    }
    warnings.extend(leaks(suites));
    warnings
}

fn missing_half(suite: &Suite) -> Option<String> {
    let has = |split| suite.cases.iter().any(|case| case.split == split);
    let name = &suite.name;
    match (has(Split::Dev), has(Split::HeldOut)) {
        (true, false) => Some(format!(
            "suite `{name}` has no held-out cases, so nothing it finds can count as improvement; give half of its cases \
             `split: held-out`"
        )),
        (false, true) => Some(format!(
            "suite `{name}` has no dev cases, so there is nothing to look for gaps on; give half of its cases `split: dev`"
        )),
        _ => None,
    }
}

fn cannot_fail(case: &Case) -> Option<String> {
    let counted = || case.checks.iter().filter(|check| check.weight > 0.0);
    if counted().next().is_none() {
        return Some(match case.checks.is_empty() {
            true => format!("case `{}` has no checks, so nothing is scored", case.id),
            false => format!("no check of case `{}` has a weight above 0, so nothing is scored", case.id),
        });
    }
    if counted().all(|check| check.guard) {
        let names = words::quoted_list(counted().map(|check| check.name.as_str()));
        return Some(format!(
            "case `{}` has guards alone ({names}), which can only fail an answer; add a check of what it should say, or \
             write `guard: false` where one of them is what the case is about",
            case.id
        ));
    }
    if case.threshold == Some(0.0) {
        return Some(format!("case `{}` has threshold 0, so every answer passes", case.id));
    }
    let idle: Vec<&str> = counted().filter(|c| c.threshold == Some(0.0)).map(|c| c.name.as_str()).collect();
    (!idle.is_empty() && case.threshold.is_none())
        .then(|| format!("in case `{}`, {} has threshold 0 and cannot fail", case.id, words::quoted_list(idle)))
}

/// Prompts that stand in both halves: what was learnt on the one shows on the other.
fn leaks(suites: &[Suite]) -> Vec<String> {
    let cases = || suites.iter().flat_map(|suite| &suite.cases);
    let key = |case: &Case| {
        let text = [case.prompt.as_str(), &case.choices.join(" ")].join(" ");
        text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut dev: HashMap<String, &str> = HashMap::new();
    for case in cases().filter(|case| case.split == Split::Dev) {
        dev.entry(key(case)).or_insert(&case.id);
    }
    cases()
        .filter(|case| case.split == Split::HeldOut)
        .filter_map(|case| {
            let twin = dev.get(&key(case))?;
            Some(format!(
                "held-out case `{}` asks the same as dev case `{twin}`, so it no longer tests what is new; change one",
                case.id
            ))
        })
        .collect()
}
