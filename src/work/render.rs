//! The exact prompt that a version reads.

use super::event::{Sink, ensure_base};
use crate::base::Base;
use crate::registry::{self, Origin};
use crate::workspace::Workspace;
use engine::chat::{Message, Role};
use engine::error::{Error, Result};

/// A prompt as text and as tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub text: String,
    /// Each token's id with its text.
    pub tokens: Vec<(u32, String)>,
}

/// What the version reads when it is asked `prompt`.
///
/// # Errors
/// No such version, or one that is not on this computer; its base has no usable template.
pub fn render(workspace: &Workspace, version: &str, prompt: &str, sink: &dyn Sink) -> Result<Rendered> {
    let version = registry::resolve(workspace, version)?;
    let Origin::Local { base, template, thinks, .. } = &version.origin else {
        return Err(Error::usage(format!("{} renders its prompts itself, where pmtune cannot see them", version.name))
            .hint("name a version on this computer"));
    };
    let chat = Base { template: *template, thinks: *thinks, ..ensure_base(base, sink)? }.open()?.chat;
    let mut messages = version.messages();
    messages.push(Message::new(Role::User, prompt));
    let ids = chat.prompt_ids(&messages)?;
    let tokens = ids.iter().map(|&id| (id, chat.token_text(id))).collect();
    Ok(Rendered { text: chat.render(&messages, true)?, tokens })
}
