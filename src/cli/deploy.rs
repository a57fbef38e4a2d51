//! `pmtune deploy`: a proven file into LM Studio, Ollama, or a folder.

use super::console::Console;
use super::{interrupt, out};
use crate::deploy::Target;
use crate::report::visible;
use crate::words;
use crate::work::{self, DeployOptions, Deployment, Probe};
use crate::workspace::Workspace;
use engine::chat::Role;
use engine::error::{Error, Kind, Result};
use engine::generate::Json;

/// The exit code where the program answers otherwise than the file.
const UNLIKE: u8 = 100;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "What is deployed is the newest GGUF file of the version that `pmtune export` wrote and proved. Files\n\
                        are linked or copied, never moved, and nothing of yours is overwritten.\n\n\
                        Examples:\n  pmtune export v3 && pmtune deploy v3 --to lm-studio\n  \
                        pmtune deploy v3 --to ollama\n  pmtune deploy v3 --to ./shared --type Q4_K_M\n  \
                        pmtune deploy v3 --to lm-studio --undo"
)]
pub struct DeployArgs {
    /// The version: v2, a full name, primary.
    #[arg(value_name = "MODEL")]
    model: String,
    /// lm-studio, ollama, or a folder.
    #[arg(long, value_name = "WHERE")]
    to: String,
    /// Which exported file, by its type (default: the newest that is proven).
    #[arg(long = "type", value_name = "TYPE")]
    file_type: Option<String>,
    /// Where the program's server is (default: http://127.0.0.1:1234 for LM Studio, :11434 for Ollama).
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Take it back from there.
    #[arg(long, conflicts_with_all = ["file_type", "server"])]
    undo: bool,
}

pub fn run(workspace: &Workspace, args: &DeployArgs) -> Result<()> {
    interrupt::listen();
    let to = Target::parse(&args.to)?;
    if args.undo {
        for entry in work::undo_deploy(workspace, &args.model, &to)? {
            out::paragraph(format!("Taken back from {}: {}", entry.to, visible(&entry.place.display().to_string())));
        }
        return Ok(());
    }
    let options =
        DeployOptions { model: args.model.clone(), to, file_type: args.file_type.clone(), server: args.server.clone() };
    let deployment = work::deploy(workspace, &options, &Console::new())?;
    show(&options, &deployment);
    match &deployment.probe {
        Some(probe) if !probe.is_alike() => Err(Error::new(
            Kind::Refused(UNLIKE),
            format!("{} answers otherwise than the file does here", options.to),
        )
        .hint(
            "compare the template and the sampling it uses; on your cases: pmtune export … --through openai:URL#model",
        )),
        _ => Ok(()),
    }
}

fn show(options: &DeployOptions, deployment: &Deployment) {
    let Deployment { version, parity, place, already, modelfile, to_set, probe } = deployment;
    let name = place.display().to_string();
    match (&options.to, modelfile) {
        (Target::Ollama, Some((file, true))) => {
            out::paragraph(format!("Ollama has it as {name}, from {}.", out::path(file)));
            out::line(format!("Talk to it: ollama run {}", words::shell(&name)));
        }
        (Target::Ollama, Some((file, false))) => {
            out::paragraph(format!(
                "The program `ollama` is not here, so nothing was created. Written: {}. Where Ollama is, in that folder: \
                 ollama create {} -f Modelfile",
                out::path(file),
                words::shell(&name)
            ));
        }
        (to, _) => {
            let was = if *already { " has it already" } else { " has it now" };
            out::paragraph(format!("{to}{was}: {} ({})", out::path(place), words::bytes(parity.bytes)));
        }
    }
    if options.to == Target::LmStudio {
        out::line("");
        out::paragraph(format!(
            "In LM Studio it is under My Models as pmtune/{}. Set these in its preset, since LM Studio does not read them \
             from the file:",
            place.file_stem().unwrap_or_default().to_string_lossy()
        ));
        let sampling = &version.sampling;
        out::item("  ", format!("temperature {}", sampling.temperature));
        out::item("  ", format!("repeat penalty {}", sampling.repetition_penalty));
        out::item("  ", format!("limit response length {}", sampling.max_tokens));
        let shape = match &sampling.json {
            Json::Off => None,
            Json::Object => Some(r#"{"type": "object"}"#.to_string()),
            Json::Schema(schema) => Some(schema.to_string()),
        };
        for (name, value) in [
            ("structured output", shape),
            ("top K", sampling.top_k.map(|k| k.to_string())),
            ("top P", sampling.top_p.map(|p| p.to_string())),
            ("min P", sampling.min_p.map(|p| p.to_string())),
        ] {
            value.iter().for_each(|value| out::item("  ", format!("{name} {value}")));
        }
    }
    for message in to_set {
        let role = match message.role {
            Role::System => "system prompt",
            Role::User => "example question",
            Role::Assistant => "example answer",
        };
        out::item(&format!("  {role}: "), visible(&message.content));
    }
    out::line("");
    match probe {
        Some(probe) => tell(probe),
        None if matches!(options.to, Target::Folder(_)) => {}
        None => out::paragraph(format!(
            "No server of {} that has the file was found, so its answers were not compared. Start it and run the same \
             command again.",
            options.to
        )),
    }
}

fn tell(probe: &Probe) {
    let of = probe.answers.len();
    out::paragraph(format!(
        "{} was asked {}: {} of {of} are as many tokens there as here, {} of {of} have the very same answer.",
        probe.server,
        words::count(of, "question"),
        probe.tokens_alike(),
        probe.answers_alike()
    ));
    for [ours, theirs] in probe.answers.iter().filter(|[a, b]| a.text.trim() != b.text.trim()) {
        let (ours, theirs) = words::clip_apart(ours.text.trim(), theirs.text.trim(), 70);
        out::item("  here:  ", visible(&ours));
        out::item("  there: ", visible(&theirs));
    }
}
