//! `pmtune chat`: a conversation in the terminal, streaming.

use super::console::Console;
use super::typed::{temperature, tokens};
use super::{interrupt, out};
use crate::registry;
use crate::report;
use crate::words;
use crate::work::sources::{engine, open};
use crate::workspace::Workspace;
use engine::chat::{Message, Role};
use engine::error::{Error, Result};
use engine::generate::{Finish, Outcome, SamplingOptions};
use std::io::{BufRead, IsTerminal};
use std::ops::ControlFlow;

#[derive(Debug, clap::Args)]
pub struct ChatArgs {
    /// The version to talk to (default: primary).
    #[arg(default_value = "primary")]
    pub model: String,
    /// 0 always takes the likeliest token.
    #[arg(long, value_name = "T", value_parser = temperature)]
    pub temperature: Option<f64>,
    /// The longest answer, in tokens.
    #[arg(long, value_name = "N", value_parser = tokens)]
    pub max_tokens: Option<usize>,
}

pub fn run(workspace: &Workspace, args: &ChatArgs) -> Result<()> {
    let version = registry::resolve(workspace, &args.model)?;
    let (versions, sources) = open(workspace, vec![version.clone()], &Console::new())?;
    let local = engine(&sources[0])?;
    let flags =
        SamplingOptions { temperature: args.temperature, max_tokens: args.max_tokens, ..SamplingOptions::default() };
    let sampling = flags.over(versions[0].sampling.clone());
    let mut conversation = local.converse(0)?;
    interrupt::listen();
    if std::io::stdin().is_terminal() {
        out::note(format!(
            "Talking to {}. An empty line or Ctrl-D ends it; Ctrl-C breaks off an answer.",
            version.name
        ));
    }
    let mut turns = version.messages();
    while let Some(prompt) = ask()? {
        turns.push(Message::new(Role::User, prompt));
        let ids = local.engine().chat().prompt_ids(&turns)?;
        let outcome = conversation.answer(&ids, &sampling, &mut |piece| {
            out::text(report::visible(piece));
            if interrupt::take() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        out::line("");
        let Outcome::Written { text, finish, .. } = outcome else { continue };
        if finish == Finish::Length {
            out::note(format!(
                "(stopped after {}; --max-tokens N allows more)",
                words::count(sampling.max_tokens, "token")
            ));
        }
        turns.push(Message::new(Role::Assistant, text));
    }
    Ok(())
}

/// The next question; `None` at the end of the input or on an empty line.
fn ask() -> Result<Option<String>> {
    if std::io::stdin().is_terminal() {
        out::text("> ");
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|e| Error::input(format!("cannot read what you typed: {e}")))?;
    let line = line.trim();
    Ok((!line.is_empty()).then(|| line.to_string()))
}
