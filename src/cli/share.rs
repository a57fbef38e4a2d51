//! `pmtune share` and `pmtune receive`: a version from one person to another.

use super::console::Console;
use super::out;
use crate::registry::full_name;
use crate::report::visible;
use crate::share::{Kind, ReceiveOptions, Scores, Selection, Suites};
use crate::words;
use crate::work::share::{receive as taken, share as shared};
use crate::workspace::Workspace;
use engine::error::Result;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "What is packed: the version with its adapter, and the training data it was made\n\
                        of as far as it is unchanged. Suites and runs go along where you say so. Names of\n\
                        reviewers, what they wrote and the version's change log stay here unless\n\
                        --with-names is given.\n\
                        \n\
                        Everything is looked through for keys, passwords, e-mail addresses and phone\n\
                        numbers before the file is written. Names of people in your texts are not found\n\
                        that way: read what you share.\n\
                        \n\
                        Examples:\n  pmtune share v3 -o v3.zip\n  \
                        pmtune share v3 -o v3.zip --suites --run RUN\n  \
                        pmtune share v3 -o v3.zip --without-data")]
pub struct ShareArgs {
    /// The version: v3, or a full name.
    #[arg(value_name = "VERSION")]
    version: String,
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Without the training data.
    #[arg(long)]
    without_data: bool,
    /// With this suite (may be repeated).
    #[arg(long, value_name = "NAME", conflicts_with = "suites")]
    suite: Vec<String>,
    /// With every suite.
    #[arg(long)]
    suites: bool,
    /// With this run (may be repeated).
    #[arg(long, value_name = "RUN")]
    run: Vec<String>,
    /// With people's points for these runs, under other names and without what they wrote.
    #[arg(long, requires = "run")]
    with_scores: bool,
    /// With the names of those who scored, what they wrote, and the version's change log.
    #[arg(long)]
    with_names: bool,
    /// Also where a line looks like a key, a password, an address or a phone number.
    #[arg(long)]
    knowingly: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Nothing here is overwritten. Where something has the same name and is not the\n\
                        same, nothing is received and everything that collides is named. An archive made\n\
                        by `pmtune models archive` can be received too.\n\
                        \n\
                        Examples:\n  pmtune receive v3.zip\n  pmtune receive v3.zip --as v7\n  \
                        pmtune receive v3.zip --without-data --without-suites")]
pub struct ReceiveArgs {
    /// The file that was shared.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the version is called here: v7, or a full name.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// Leave the training data out.
    #[arg(long)]
    without_data: bool,
    /// Leave the suites out.
    #[arg(long)]
    without_suites: bool,
    /// Leave the runs out.
    #[arg(long)]
    without_runs: bool,
}

pub fn share(workspace: &Workspace, args: &ShareArgs) -> Result<()> {
    let selection = Selection {
        data: !args.without_data,
        suites: match (args.suites, args.suite.is_empty()) {
            (true, _) => Suites::All,
            (_, true) => Suites::None,
            _ => Suites::Named(args.suite.clone()),
        },
        runs: args.run.clone(),
        scores: match (args.with_names, args.with_scores) {
            (true, _) => Scores::Named,
            (_, true) => Scores::Unnamed,
            _ => Scores::None,
        },
    };
    let sent = shared(workspace, &args.version, &selection, &args.output, args.knowingly, &Console::new())?;
    out::line(format!("Wrote {} ({}):", out::path(&sent.file), words::bytes(sent.bytes)));
    for (kind, count) in &sent.files {
        let what = match kind {
            Kind::Version => "of the version",
            Kind::Data => "of training data",
            Kind::Suite => "of suites",
            Kind::Run => "of runs",
        };
        out::item("  · ", format!("{} {what}", words::count(*count, "file")));
    }
    out::line(format!("SHA-256 {}", sent.sha256));
    out::line("The other person runs: pmtune receive FILE");
    Ok(())
}

pub fn receive(workspace: &Workspace, args: &ReceiveArgs) -> Result<()> {
    let without = [(args.without_data, Kind::Data), (args.without_suites, Kind::Suite), (args.without_runs, Kind::Run)];
    let options = ReceiveOptions {
        name: args.name.as_ref().map(|name| full_name(workspace, name)),
        without: without.into_iter().filter(|(without, _)| *without).map(|(_, kind)| kind).collect(),
    };
    let received = taken(workspace, &args.file, &options, &Console::new())?;
    let version = visible(&received.version);
    if received.written.is_empty() {
        out::paragraph(format!("{version} and all that came with it is here already; nothing was changed."));
        return Ok(());
    }
    out::line(format!("Received {version}:"));
    for path in &received.written {
        out::item("  · ", out::path(path));
    }
    if !received.same.is_empty() {
        out::paragraph(format!("{} here already, the very same.", words::count(received.same.len(), "file")));
    }
    out::line(format!("Next: pmtune models show {}", words::shell(&version)));
    Ok(())
}
