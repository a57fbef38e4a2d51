//! `pmtune guide`: the guides, which are part of the program, so that they are at hand wherever it is.

use super::out;
use crate::words;
use engine::error::{Error, Result};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pmtune guide\n  pmtune guide training-models\n  pmtune guide statistics | less")]
pub struct GuideArgs {
    /// The guide to print (default: their list).
    #[arg(value_name = "GUIDE")]
    pub name: Option<String>,
}

/// A page of `docs/`.
struct Guide {
    name: &'static str,
    about: &'static str,
    text: &'static str,
}

macro_rules! guide {
    ($name:literal, $about:literal) => {
        Guide { name: $name, about: $about, text: include_str!(concat!("../../docs/", $name, ".md")) }
    };
}

/// In the order in which they are needed.
const GUIDES: &[Guide] = &[
    guide!("creating-training-data", "write examples, check them, keep them good"),
    guide!("choosing-a-base", "which base suits your computer, and how to get it"),
    guide!("training-models", "train a version and see whether it is better"),
    guide!("file-formats", "every file and key: pmtune.yaml, suites, examples"),
    guide!("checks", "every automatic check and its parameters"),
    guide!("auditing-suites", "whether the tests tell good answers from bad"),
    guide!("statistics", "how versions are compared, in plain words"),
    guide!("reviewing", "people score answers, and what their scores say"),
    guide!("quality-gates", "rules that a version must keep, in CI too"),
    guide!("improving", "once a month: from what fails to a better version in use"),
    guide!("history", "whether the line is getting better over time"),
    guide!("managing-versions", "notes, the primary version, archives, damage"),
    guide!("routing", "several versions, each for what it does best"),
    guide!("using-your-model", "a version in editors, chat windows and scripts"),
    guide!("sharing", "versions, suites and examples among several people"),
    guide!("past-one-machine", "training and evaluating on other machines"),
    guide!("endpoints", "models behind an address"),
    guide!("coming-from-promptfoo", "suites of other tools made into ours"),
];

pub fn run(args: &GuideArgs) -> Result<()> {
    let Some(name) = &args.name else {
        let width = GUIDES.iter().map(|guide| guide.name.len()).max().unwrap_or_default();
        for guide in GUIDES {
            out::line(format!("{:width$}  {}", guide.name, guide.about));
        }
        out::line("\nRead one with: pmtune guide NAME");
        return Ok(());
    };
    match GUIDES.iter().find(|guide| guide.name == name.trim_end_matches(".md")) {
        Some(guide) => {
            out::text(guide.text);
            Ok(())
        }
        None => {
            let names: Vec<&str> = GUIDES.iter().map(|guide| guide.name).collect();
            Err(Error::usage(format!("there is no guide `{name}`")).hint(format!("there are {}", words::list(&names))))
        }
    }
}
