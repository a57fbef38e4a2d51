use super::args::RenderArgs;
use super::out;
use crate::base;
use crate::registry::{self, Origin};
use crate::report;
use crate::workspace::Workspace;
use engine::chat::{Message, Role};
use engine::error::{Error, Result};
use engine::files;

/// Prints the exact prompt, then its token ids with the text of each.
pub fn run(workspace: &Workspace, args: &RenderArgs) -> Result<()> {
    let version = registry::resolve(workspace, &args.model)?;
    let Origin::Local { base, .. } = &version.origin else {
        return Err(Error::usage(format!("{} renders its prompts itself, where pmtune cannot see them", version.name))
            .hint("name a version on this computer"));
    };
    let bar = super::progress::Bytes::new();
    let base = base::ensure(base, &bar)?;
    bar.finish();
    let chat = files::open(&base.path)?.chat;
    let mut messages = version.messages();
    messages.push(Message::new(Role::User, &args.prompt));
    let ids = chat.prompt_ids(&messages)?;
    out::line(report::visible(&chat.render(&messages, true)?));
    out::line(format!("\n{} tokens:", ids.len()));
    let shown: Vec<String> = ids.iter().map(|&id| format!("{id}:{:?}", chat.token_text(id))).collect();
    out::line(shown.join(" "));
    Ok(())
}
