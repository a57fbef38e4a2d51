//! `pmtune models routes`: which version answers what, and how often the right one is found.

use crate::cli::console::Console;
use crate::cli::out;
use crate::registry::AUTO;
use crate::report::visible;
use crate::route::{Accuracy, Found};
use crate::words;
use crate::work::Routing;
use crate::workspace::Workspace;
use comfy_table::{ContentArrangement, Table, presets};
use engine::error::Result;
use serde_json::json;

pub fn run(workspace: &Workspace, as_json: bool) -> Result<()> {
    let routing = Routing::read(workspace, &Console::new())?;
    let accuracy = routing.accuracy(workspace)?;
    if as_json {
        return json(&routing, &accuracy);
    }
    let (routes, instructions) = (&routing.router.routes, &routing.router.instructions);
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(out::width() as u16);
    table.set_header(["task", "version", "examples", "held out, found"]);
    for (route, found) in routes.routes.iter().zip(&accuracy.routes) {
        let examples = instructions.count(&route.task).0.to_string();
        table.add_row([visible(&route.task), route.version.clone(), examples, share(found)]);
    }
    table.add_row(["(all else)".to_string(), routes.otherwise.clone(), String::new(), share(&accuracy.otherwise)]);
    table.add_row(["together".to_string(), String::new(), String::new(), share(&accuracy.all)]);
    out::line(table.trim_fmt());
    out::line("");
    out::paragraph(format!(
        "found: instructions that training holds out, and that `{AUTO}` is not compared with, which go to the version of \
         their task; in brackets what the share may be by this count. {} near to no task.",
        abstained(accuracy.abstained)
    ));
    out::paragraph(format!(
        "Whether routing is worth it, a comparison with the best single version tells: pmtune eval --compare {} {AUTO}",
        words::shell(&routes.otherwise)
    ));
    Ok(())
}

fn abstained(n: usize) -> String {
    format!("{} of them {}", n, words::either(n, "is", "are"))
}

/// `7 of 9 (45 to 94 %)`.
fn share(found: &Found) -> String {
    match found.of {
        0 => "–".to_string(),
        of => {
            format!("{} of {of} ({} %)", found.right, words::percent_range(found.interval.low, found.interval.high))
        }
    }
}

fn json(routing: &Routing, accuracy: &Accuracy) -> Result<()> {
    let (routes, instructions) = (&routing.router.routes, &routing.router.instructions);
    let each = routes.routes.iter().zip(&accuracy.routes).map(|(route, found)| {
        let (examples, held_out) = instructions.count(&route.task);
        json!({
            "task": route.task, "version": route.version, "examples": examples, "held_out": held_out, "found": found,
        })
    });
    out::json(&json!({
        "routes": each.collect::<Vec<_>>(), "otherwise": {"version": routes.otherwise, "found": accuracy.otherwise},
        "all": accuracy.all, "abstained": accuracy.abstained,
    }))
}
