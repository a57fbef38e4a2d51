use crate::cli::out;
use crate::words;
use crate::work::{RotateOptions, rotate};
use crate::workspace::Workspace;
use engine::error::Result;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A held-out case wears out: whoever decides by the same cases again and again ends by fitting\n\
                  them. `pmtune improve` counts its decisions in improve/looks.jsonl; after as many as\n\
                  `improve: {looks: 6}` of pmtune.yaml allows, this moves the worn cases to suites/retired/,\n\
                  which nothing reads. Runs and their history stay as they are. Retired cases may become\n\
                  training examples; write fresh held-out ones in their place.\n\n\
                  Examples:\n  pmtune suite rotate --dry-run\n  pmtune suite rotate\n  \
                  pmtune suite rotate format-consistency/story-12"
)]
pub struct RotateArgs {
    /// Held-out cases to retire, as <suite>/<id>, worn or not (default: all worn ones).
    #[arg(value_name = "CASE")]
    cases: Vec<String>,
    /// Say which cases would be retired, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(workspace: &Workspace, args: &RotateArgs) -> Result<()> {
    let options = RotateOptions { cases: args.cases.clone(), dry_run: args.dry_run };
    let rotated = rotate(workspace, &options)?;
    if args.json {
        return out::json(&serde_json::json!({ "format": 1, "dry_run": args.dry_run, "suites": rotated }));
    }
    if rotated.is_empty() {
        out::paragraph("No held-out case is worn: each has decided less often than `improve.looks` allows.");
        return Ok(());
    }
    let mut retired = 0;
    for suite in &rotated {
        retired += suite.retired.len();
        let stay = words::count(suite.held_out, "held-out case");
        let number = suite.retired.len();
        let be = if args.dry_run { "would be" } else { words::either(number, "was", "were") };
        let cases = words::count(number, "case");
        out::paragraph(format!("{}: {cases} {be} retired to {}; {stay} left.", suite.suite, out::path(&suite.kept)));
        suite.retired.iter().for_each(|case| out::item("  - ", case));
    }
    out::paragraph(format!(
        "\nNext: write about {} into the same suites, by somebody who has not seen the answers, and prove them: \
         pmtune suite audit",
        words::count(retired, "fresh held-out case")
    ));
    Ok(())
}
