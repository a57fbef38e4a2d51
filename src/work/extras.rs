//! What a report shows besides the answers: how the versions were trained, and what people say of the runs. Damage to
//! either is no reason to withhold a report: it is warned of, and the report stands without.

use super::event::{Event, Sink};
use super::settings::settings;
use crate::report::{Extras, Report, Training};
use crate::review::{self, Books, PeopleCompared};
use crate::run::{Reports, Run};
use crate::workspace::Workspace;
use engine::error::Result;
use engine::store;
use engine::train::LossLog;
use std::path::{Component, Path};

/// Writes `report.html` and `report.md` into the run's folder, and gives the report.
pub fn write_run_report(workspace: &Workspace, run: &Run, sink: &dyn Sink) -> Result<Report> {
    let trainings = logs(workspace, &[(run.manifest.version.name.as_str(), run)], sink);
    let settings = settings(workspace)?;
    let people = books(workspace, sink).and_then(|books| review::people(run, &books.of(run), &settings));
    let report = Report::of_run(run, settings.confidence, &Extras { trainings, people })?;
    store::replace(&run.folder.join("report.html"), report.html()?.as_bytes())?;
    store::replace(&run.folder.join("report.md"), report.markdown()?.as_bytes())?;
    Ok(report)
}

/// What a comparison's report shows besides the comparison.
pub fn of_pair(
    workspace: &Workspace,
    labels: (&str, &str),
    a: &Run,
    b: &Run,
    sink: &dyn Sink,
) -> Result<Extras<PeopleCompared>> {
    let settings = settings(workspace)?;
    let compared = |books: Books| review::people_compared(a, b, &books.of(a), &books.of(b), &settings);
    Ok(Extras {
        trainings: logs(workspace, &[(labels.0, a), (labels.1, b)], sink),
        people: books(workspace, sink).and_then(compared),
    })
}

fn books(workspace: &Workspace, sink: &dyn Sink) -> Option<Books> {
    let warn = |error| sink.tell(Event::Warning(format!("the report stands without people's scores: {error}")));
    Books::read(&Reports::new(workspace.reports())).map_err(warn).ok()
}

/// What was logged while these runs' versions were trained, each under its label.
fn logs(workspace: &Workspace, runs: &[(&str, &Run)], sink: &dyn Sink) -> Vec<Training> {
    let mut names: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for (label, run) in runs {
        let version = &run.manifest.version;
        // A name is also that of a file or an endpoint; only one without a separator can be a version's folder.
        let plain = matches!(Path::new(&version.name).components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
        if !plain || version.adapter.is_none() || names.contains(&version.name.as_str()) {
            continue;
        }
        names.push(&version.name);
        let path = workspace.models().join(&version.name).join("loss.csv");
        match path.is_file().then(|| LossLog::read(&path)) {
            Some(Ok(entries)) if !entries.is_empty() => found.push(Training { label: label.to_string(), entries }),
            Some(Err(error)) => {
                sink.tell(Event::Warning(format!("{label} is reported without its training: {error}")));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::testing::Heard;
    use engine::train::{Entry, LossKind};

    fn run(name: &str, adapter: Option<&str>) -> Run {
        let version = serde_json::json!({
            "name": name, "base": "b", "adapter": adapter, "system": null, "examples": [],
            "sampling": engine::generate::Sampling::default(), "template": null,
        });
        let manifest = serde_json::json!({
            "format": 1, "id": "r", "version": version, "suites": [], "cases": [],
            "started": "2026-11-21T20:31:00Z", "finished": null, "pmtune": "0.1.0",
        });
        Run { folder: "r".into(), manifest: serde_json::from_value(manifest).unwrap(), records: Vec::new() }
    }

    #[test]
    fn only_the_logs_of_trained_versions_are_read() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("pmtune.yaml"), "line: PM\n").unwrap();
        let workspace = Workspace::open(root.path()).unwrap();
        let entry = Entry { step: 0, epoch: 0, kind: LossKind::Validation, loss: 2.0, tokens: 9, seconds: 1.0 };
        for name in ["models/PM-v1", "models/PM-v2", "models/PM-v3", "PM-v4"] {
            std::fs::create_dir_all(root.path().join(name)).unwrap();
            LossLog::open(&root.path().join(name).join("loss.csv")).unwrap().append(&entry).unwrap();
        }
        std::fs::write(root.path().join("models/PM-v3/loss.csv"), "not a log\n").unwrap();
        let all = [
            ("v1", &run("PM-v1", Some("a"))),
            ("v1 again", &run("PM-v1", Some("a"))),
            ("a prompt", &run("PM-v2", None)),
            ("damaged", &run("PM-v3", Some("a"))),
            ("elsewhere", &run("../PM-v4", Some("a"))),
            ("brought along", &run("PM-v5", Some("a"))),
        ];
        let heard = Heard::default();
        let found = logs(&workspace, &all, &heard);
        assert_eq!(found.iter().map(|t| t.label.as_str()).collect::<Vec<_>>(), ["v1"]);
        assert_eq!(found[0].entries, [entry]);
        assert!(heard.warnings()[0].starts_with("damaged is reported without its training"));
    }
}
