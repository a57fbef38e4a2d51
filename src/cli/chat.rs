//! `pmtune chat`: a conversation in the terminal, streaming.

use super::console::Console;
use super::typed::{temperature, tokens};
use super::{interrupt, out};
use crate::registry::{self, AUTO};
use crate::report;
use crate::route::Router;
use crate::run::VersionRef;
use crate::training_data::Unkept;
use crate::words;
use crate::work::sources::{Source, engine, open};
use crate::work::{Members, Routing};
use crate::workspace::Workspace;
use engine::chat::{Message, Role};
use engine::error::{Error, Result};
use engine::generate::{Finish, Outcome, SamplingOptions};
use std::io::{BufRead, IsTerminal};
use std::ops::ControlFlow;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pmtune chat\n  pmtune chat v2 --temperature 0.7\n  \
                        pmtune chat auto      each question goes to the version that\n                        \
                        models/routes.yaml has for its kind of task")]
pub struct ChatArgs {
    /// The version to talk to (default: primary); `auto` chooses one for each question.
    #[arg(default_value = "primary")]
    pub model: String,
    /// 0 always takes the likeliest token.
    #[arg(long, value_name = "T", value_parser = temperature)]
    pub temperature: Option<f64>,
    /// The longest answer, in tokens.
    #[arg(long, value_name = "N", value_parser = tokens)]
    pub max_tokens: Option<usize>,
}

/// Who takes part.
struct Party {
    versions: Vec<VersionRef>,
    source: Source,
    /// Of `auto`, who chooses.
    routing: Option<(Router, Unkept)>,
}

impl Party {
    fn gather(workspace: &Workspace, model: &str, flags: &SamplingOptions) -> Result<Self> {
        let console = Console::new();
        if model == AUTO {
            let routing = Routing::read(workspace, &console)?;
            let Members { versions, source } = routing.members(workspace, flags, &console)?;
            // What is asked here is written nowhere.
            let meanings = routing.vectors.unkept()?;
            return Ok(Self { versions, source, routing: Some((routing.router, meanings)) });
        }
        let mut version = registry::resolve(workspace, model)?;
        version.sampling = flags.clone().layered(&version.sampling);
        let (versions, mut sources) = open(workspace, vec![version], &console)?;
        Ok(Self { versions, source: sources.remove(0), routing: None })
    }

    /// Which of the versions answers the last of these messages. Of `auto` it is said, with the reason.
    fn chosen(&self, said: &[Message]) -> Result<usize> {
        let Some((router, meanings)) = &self.routing else { return Ok(0) };
        let of_user = said.iter().filter(|message| message.role == Role::User);
        let questions: Vec<&str> = of_user.map(|message| message.content.as_str()).collect();
        let decision = router.decide_conversation(&questions, meanings)?;
        out::note(format!("{} answers: {}", decision.version, report::visible(&decision.words())));
        Ok(self.versions.iter().position(|version| version.name == decision.version).unwrap_or(0))
    }
}

pub fn run(workspace: &Workspace, args: &ChatArgs) -> Result<()> {
    let flags =
        SamplingOptions { temperature: args.temperature, max_tokens: args.max_tokens, ..SamplingOptions::default() };
    let party = Party::gather(workspace, &args.model, &flags)?;
    let local = engine(&party.source)?;
    let mut conversations = (0..party.versions.len()).map(|at| local.converse(at)).collect::<Result<Vec<_>>>()?;
    interrupt::listen();
    if std::io::stdin().is_terminal() {
        let name = if party.routing.is_some() { AUTO } else { party.versions[0].name.as_str() };
        out::note(format!("Talking to {name}. An empty line or Ctrl-D ends it; Ctrl-C breaks off an answer."));
    }
    let mut said: Vec<Message> = Vec::new();
    while let Some(prompt) = ask()? {
        said.push(Message::new(Role::User, prompt));
        let chosen = party.chosen(&said)?;
        let version = &party.versions[chosen];
        let turns = [version.opening(), said.clone()].concat();
        let ids = local.engine().chat().prompt_ids(&turns)?;
        let outcome = conversations[chosen].answer(&ids, &version.sampling, &mut |piece| {
            out::text(report::visible(piece));
            if interrupt::take() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        out::line("");
        let Outcome::Written { text, finish, .. } = outcome else { continue };
        if finish == Finish::Length {
            out::note(format!(
                "(stopped after {}; --max-tokens N allows more)",
                words::count(version.sampling.max_tokens, "token")
            ));
        }
        said.push(Message::new(Role::Assistant, text));
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
