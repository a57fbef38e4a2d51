//! A run of several versions, one for each case.

use super::{Outcome, Plan, Reports, Reuse, Routed, VersionRef, execute, stale};
use crate::provider::Scripted;
use crate::suite::{Suite, load_str};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

fn suites() -> [Suite; 1] {
    [load_str(
        "s",
        "category: c\ncases: [{id: a, prompt: one}, {id: b, prompt: two, repeat: 2}, {id: c, prompt: three}]\n",
    )
    .unwrap()]
}

fn version(name: &str) -> VersionRef {
    VersionRef {
        name: name.into(),
        base: "0".into(),
        adapter: Some(name.into()),
        system: Some(format!("You are {name}.")),
        examples: Vec::new(),
        sampling: Default::default(),
        template: Some("t".into()),
        thinks: false,
        weights: None,
        routed: None,
    }
}

fn auto() -> VersionRef {
    let cases = [("s/a", "v1"), ("s/b", "v2")].map(|(case, name)| (case.to_string(), name.to_string()));
    VersionRef {
        name: "auto".into(),
        adapter: None,
        system: None,
        routed: Some(Routed {
            routes: "r".into(),
            instructions: "i".into(),
            versions: vec![version("v0"), version("v1"), version("v2")],
            cases: BTreeMap::from(cases),
        }),
        ..version("auto")
    }
}

/// Each answer says which of the provider's versions was asked, and who it was told it is.
fn scripted() -> Scripted {
    Scripted::new(|request| Ok(format!("{} {}", request.version, request.messages[0].content)))
}

#[test]
fn each_case_is_asked_of_its_version_with_that_versions_settings() {
    let root = tempfile::tempdir().unwrap();
    let reports = Reports::new(root.path());
    let plans = [version("x"), auto(), version("y")].map(|version| Plan::new(version, &suites()));
    let mut runs = reports.open(plans.into()).unwrap();
    execute(&mut runs, &scripted(), None, &mut |_| ControlFlow::Continue(())).unwrap();
    let runs: Vec<_> = runs.into_iter().map(super::OpenRun::close).collect();
    let told = |run: &super::Run| -> Vec<String> {
        let text = |outcome: &Outcome| outcome.answer().unwrap().text.clone();
        let of = |record: &super::Record| format!("{:?} {}", record.version, text(&record.outcome));
        run.records.iter().map(of).collect()
    };
    assert_eq!(
        told(&runs[1]),
        [
            "Some(\"v1\") 2 You are v1.",
            "Some(\"v2\") 3 You are v2.",
            "Some(\"v2\") 3 You are v2.",
            "Some(\"v0\") 1 You are v0."
        ]
    );
    assert!(told(&runs[0])[0].ends_with("None 0 You are x.") && told(&runs[2])[0].ends_with("None 4 You are y."));
    // It reads back as it was, and still speaks of the same suites.
    let back = reports.load(&runs[1].manifest.id).unwrap();
    assert_eq!((&back.manifest, &back.records), (&runs[1].manifest, &runs[1].records));
    assert!(stale(&back, &suites()).words.is_empty());
    assert_eq!(Plan::again(&back.manifest, &suites()).unwrap().items, Plan::new(auto(), &suites()).items);
    assert_eq!(auto().routed.unwrap().shares(), "v1 for 1 case, v2 for 1 case and v0 for 0 cases");
}

#[test]
fn answers_of_the_version_itself_are_taken_over() {
    let root = tempfile::tempdir().unwrap();
    let reports = Reports::new(root.path());
    let run = |version: VersionRef| {
        let mut runs = reports.open(vec![Plan::new(version, &suites())]).unwrap();
        let reuse = Some(Reuse { reports: &reports, endpoints: false });
        execute(&mut runs, &scripted(), reuse, &mut |_| ControlFlow::Continue(())).unwrap();
        runs.pop().unwrap().close()
    };
    let own = run(version("v2"));
    let routed = run(auto());
    let reused = |outcome: &Outcome| {
        matches!(outcome, Outcome::Judged { reused: true, .. } | Outcome::Unscored { reused: true, .. })
    };
    assert_eq!(
        routed.records.iter().map(|record| reused(&record.outcome)).collect::<Vec<_>>(),
        [false, true, true, false]
    );
    assert_eq!(routed.records[1].outcome.answer(), own.records[1].outcome.answer());
}
