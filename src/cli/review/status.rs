//! `pmtune review status`: who has read how much.

use super::args::StatusArgs;
use crate::cli::console::Console;
use crate::cli::out;
use crate::report;
use crate::review::ReviewerKind;
use crate::work::review::{Reading, Standing};
use crate::workspace::Workspace;
use comfy_table::{ContentArrangement, Table, presets};
use engine::error::Result;
use serde_json::{Value, json};

pub fn run(workspace: &Workspace, args: &StatusArgs) -> Result<()> {
    let StatusArgs { sheet: args, json } = args;
    let mut standings = Reading::open(workspace, &args.options(), &Console::new())?.standings()?;
    standings.retain(|standing| args.reviewer.as_ref().is_none_or(|name| *name == standing.reviewer.name));
    if *json {
        return out::json(&json!({"reviewers": standings.iter().map(told).collect::<Vec<_>>()}));
    }
    if standings.is_empty() {
        out::line("Nobody has rated these answers yet.");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(out::width() as u16).set_header(["reviewer", "done", "of", "last"]);
    for standing in &standings {
        table.add_row(row(standing));
    }
    out::line(table.trim_fmt());
    Ok(())
}

fn told(Standing { reviewer, of, done, last }: &Standing) -> Value {
    json!({"name": reviewer.name, "kind": reviewer.kind, "done": done, "of": of, "last": last})
}

fn row(standing: &Standing) -> [String; 4] {
    let Standing { reviewer, of, done, last } = standing;
    let kind = if reviewer.kind == ReviewerKind::Judge { " (judge model)" } else { "" };
    [
        format!("{}{kind}", report::visible(&reviewer.name)),
        done.to_string(),
        of.to_string(),
        last.map_or_else(|| "–".to_string(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
    ]
}
