//! `pmtune export`: a version as a file for other programs, proven.

use super::console::Console;
use super::programs::ProgramsArgs;
use super::{interrupt, out};
use crate::export::{Format, Outcome};
use crate::report::{parity_steps as steps, visible};
use crate::words;
use crate::work::{self, ExportOptions, Exported};
use crate::workspace::Workspace;
use engine::chat::Role;
use engine::error::{Error, Kind, Result};
use std::path::PathBuf;

/// The exit code of a file that is not the model any more, or of which that is not shown.
const UNPROVEN: u8 = 100;

#[derive(Debug, clap::Args)]
#[command(after_help = "What is written:\n  gguf       one file, adapter merged in: LM Studio, Ollama, llama.cpp\n  \
                        hf         a Hugging Face folder, adapter merged in: transformers, vLLM, MLX\n  \
                        lora-gguf  the adapter alone: llama-server --lora, on the same base\n\n\
                        Types of a gguf file: F32, F16, BF16, Q8_0, Q6_K, Q5_1, Q5_K_M, Q5_0, Q4_1, Q4_K_M, Q4_0.\n\n\
                        The file is then held against the version: every weight, the tokens of a thousand texts, the\n\
                        next-token odds over the references, and the held-out cases. A file that is there already is\n\
                        only proven. Exit code 100 where it is not proven.\n\n\
                        Examples:\n  pmtune export v3\n  pmtune export v3 --type Q4_K_M\n  \
                        pmtune export v3 --suite user-stories          prove it on one suite\n  \
                        pmtune export v3 --through openai:http://127.0.0.1:1234/v1#PM-General-v3-Q8_0\n  \
                        pmtune export v3 --format hf --output shared/v3")]
pub struct ExportArgs {
    /// The version: v2, a full name, primary, base, or a model file.
    #[arg(value_name = "MODEL")]
    model: String,
    /// What it becomes.
    #[arg(long, value_name = "FORMAT", default_value = "gguf")]
    format: FormatArg,
    /// How its numbers are stored (default: Q8_0; BF16 for hf).
    #[arg(long = "type", value_name = "TYPE")]
    file_type: Option<String>,
    /// The folder of the file and its proof (default: one in exports/).
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Prove it on this suite's held-out cases alone (may be repeated).
    #[arg(long, value_name = "NAME")]
    suite: Vec<String>,
    /// Ask the cases of this program, which has the file loaded: LM Studio, Ollama, a llama.cpp server.
    #[arg(long, value_name = "openai:URL#MODEL")]
    through: Option<String>,
    #[command(flatten)]
    programs: ProgramsArgs,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FormatArg {
    Gguf,
    Hf,
    LoraGguf,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Gguf => Self::Gguf,
            FormatArg::Hf => Self::Hf,
            FormatArg::LoraGguf => Self::LoraGguf,
        }
    }
}

pub fn run(workspace: &Workspace, args: &ExportArgs) -> Result<()> {
    interrupt::listen();
    let format = Format::from(args.format);
    if args.through.as_deref().is_some_and(|address| !address.contains("openai:")) {
        return Err(Error::usage("`--through` names no endpoint").hint("write it as openai:URL#model"));
    }
    let options = ExportOptions {
        model: args.model.clone(),
        format,
        file_type: format.file_type(args.file_type.as_deref())?,
        output: args.output.clone(),
        suites: args.suite.clone(),
        through: args.through.clone(),
        allow_commands: args.programs.allow_commands,
    };
    let exported = work::export(workspace, &options, &Console::new())?;
    show(&exported);
    match exported.parity.outcome() {
        Outcome::Passed => Ok(()),
        _ => {
            Err(Error::new(Kind::Refused(UNPROVEN), exported.parity.verdict()).hint(match exported.parity.outcome() {
                Outcome::Failed => "do not use it; try a more exact --type, such as Q8_0 or F16",
                _ => "prove it on more cases: write more held-out ones, or leave --suite away",
            }))
        }
    }
}

fn show(exported: &Exported) {
    let parity = &exported.parity;
    let file = exported.folder.join(&parity.file);
    let was = if exported.kept { ", which was there already" } else { "" };
    out::paragraph(format!("{}, {}{was}", out::path(&file), words::bytes(parity.bytes)));
    out::line("");
    for (symbol, name, words) in steps(parity) {
        out::item(&format!("{symbol} "), format!("{}: {}", visible(&name), visible(&words)));
    }
    out::line("");
    if !exported.instructions.is_empty() {
        out::paragraph("The file does not hold the version's system prompt and examples. Set them where it is used:");
        for message in &exported.instructions {
            let role = match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            };
            out::item(&format!("  {role}: "), visible(&message.content));
        }
        out::line("");
    }
    if parity.outcome() == Outcome::Passed {
        out::paragraph(parity.verdict());
    }
    out::line(format!("Proof: {}", out::path(&exported.folder.join("parity.html"))));
    if let Some(compared) = &exported.compared {
        out::line(format!("Cases: {}", out::path(&compared.folder.join("report.html"))));
    }
}
