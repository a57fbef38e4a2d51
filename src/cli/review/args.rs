//! The flags of `pmtune review`.

use crate::cli::typed::Half;
use crate::work::review::ReadingOptions;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "A RUN is a folder of reports/, or a version such as v2, meaning its newest whole run. With two runs \
                  you see both answers side by side, in random position, and never learn which version wrote which.\n\n\
                  Examples:\n  pmtune review v2\n  pmtune review v1 v2 --reviewer ann\n  \
                  pmtune review v1 v2 --reviewers ann,ben,cem --overlap 30% --reviewer ben\n  \
                  pmtune review v2 --judge openai:http://127.0.0.1:1234/v1#qwen2.5\n  \
                  pmtune review export v1 v2 --reviewer ann\n  pmtune review import review-ann.csv\n  \
                  pmtune review status v1 v2"
)]
pub struct ReviewArgs {
    #[command(subcommand)]
    pub command: Option<ReviewCommand>,
    #[command(flatten)]
    pub sheet: SheetArgs,
    /// Ask in the terminal, line by line, rather than on a page in the browser.
    #[arg(long)]
    pub tui: bool,
    /// The page's port on this computer (default: a free one).
    #[arg(long, value_name = "N", conflicts_with = "tui")]
    pub port: Option<u16>,
    /// Let this model judge by the same rubric; it is shown beside people and never counted as one.
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["tui", "port", "reviewer", "reviewers", "overlap"])]
    pub judge: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
pub enum ReviewCommand {
    /// Write sheets to fill elsewhere: a table for a spreadsheet, and a page that opens without pmtune.
    Export(ExportArgs),
    /// Take in filled sheets: all that a file says, or nothing.
    Import(ImportArgs),
    /// Who has read how much.
    Status(StatusArgs),
}

/// Which answers, and who reads them.
#[derive(Debug, clap::Args)]
pub struct SheetArgs {
    /// One run, or two to see their answers side by side.
    #[arg(value_name = "RUN", required = true, num_args = 1..=2)]
    pub runs: Vec<String>,
    /// Who you are (default: your name on this computer).
    #[arg(long, value_name = "NAME")]
    pub reviewer: Option<String>,
    /// Everybody who reviews; the cases are dealt among them (default: `review.reviewers` in pmtune.yaml).
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub reviewers: Vec<String>,
    /// The share of the cases that all reviewers read (default: `review.overlap` in pmtune.yaml, else 30%).
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub overlap: Option<f64>,
    /// Only one half of the cases.
    #[arg(long)]
    pub split: Option<Half>,
    /// Only N of the cases, spread over the categories.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub limit: Option<usize>,
}

#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub sheet: SheetArgs,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Without --reviewer every reviewer gets a sheet. What is written says nothing about versions; \
                        which answer is whose stays in the workspace.")]
pub struct ExportArgs {
    #[command(flatten)]
    pub sheet: SheetArgs,
    /// The folder to write into.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub to: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// Filled tables (.csv), or the scores that the page saved (.json).
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

impl SheetArgs {
    pub fn options(&self) -> ReadingOptions {
        ReadingOptions {
            runs: self.runs.clone(),
            reviewers: self.reviewers.clone(),
            overlap: self.overlap,
            split: self.split.map(Into::into),
            limit: self.limit,
        }
    }
}

/// `30%` or `0.3`.
fn share(text: &str) -> Result<f64, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let value = match text.trim().strip_suffix('%') {
        Some(percent) => number(percent).map(|percent| percent / 100.0),
        None => number(text),
    };
    value.filter(|value| (0.0..=1.0).contains(value)).ok_or_else(|| "write it as 30% or 0.3".to_string())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "give a whole number from 1 on".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percentages_or_fractions() {
        assert_eq!(share("30%"), Ok(0.3));
        assert_eq!(share(" 100 % "), Ok(1.0));
        assert_eq!(share("0.25"), Ok(0.25));
        for wrong in ["30", "-1%", "101%", "NaN", "", "%", "a third"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
