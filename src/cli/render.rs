use super::console::Console;
use super::out;
use crate::report;
use crate::words;
use crate::work;
use crate::workspace::Workspace;
use engine::error::Result;

#[derive(Debug, clap::Args)]
pub struct RenderArgs {
    /// The version whose prompt settings and template are used.
    #[arg(long, default_value = "base")]
    pub model: String,
    /// The user's message.
    #[arg(long)]
    pub prompt: String,
}

/// Prints the exact prompt, then its token ids with the text of each.
pub fn run(workspace: &Workspace, args: &RenderArgs) -> Result<()> {
    let rendered = work::render(workspace, &args.model, &args.prompt, &Console::new())?;
    out::line(report::visible(&rendered.text));
    out::line(format!("\n{}:", words::count(rendered.tokens.len(), "token")));
    let shown: Vec<String> = rendered.tokens.iter().map(|(id, text)| format!("{id}:{text:?}")).collect();
    out::line(shown.join(" "));
    Ok(())
}
