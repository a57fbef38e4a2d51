use crate::run::VersionRef;
use engine::chat::Chat;
use engine::error::Result;
use serde::{Deserialize, Serialize};

/// How a version's system prompt and worked examples travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opening {
    /// It has none.
    None,
    /// In the file's chat template: every program that uses the template puts them before a conversation.
    Template,
    /// Not in the file: whoever uses it must set them.
    Instructions,
}

impl Opening {
    /// Chooses, with the template that the file is to carry. The template takes them in where it then gives every one of
    /// `prompts` (messages as the version reads them, and as a program would send them) the very same tokens.
    ///
    /// # Errors
    /// The base's own template fails on a prompt.
    pub fn choose(
        chat: &Chat,
        version: &VersionRef,
        prompts: &[(Vec<engine::chat::Message>, Vec<engine::chat::Message>)],
    ) -> Result<(Self, Option<String>)> {
        let plain = chat.template().map(str::to_string);
        let system = version.system.as_deref().filter(|text| !text.is_empty());
        if system.is_none() && version.examples.is_empty() {
            return Ok((Self::None, plain));
        }
        let opened = chat.opening_with(system, &version.examples);
        let Some(with) = opened.and_then(|text| chat.with_template(&text).ok()) else {
            return Ok((Self::Instructions, plain));
        };
        for (whole, sent) in prompts {
            let wanted = chat.prompt_ids(whole)?;
            if with.prompt_ids(sent).ok().as_ref() != Some(&wanted) {
                return Ok((Self::Instructions, plain));
            }
        }
        Ok((Self::Template, with.template().map(str::to_string)))
    }
}
