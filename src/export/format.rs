use engine::error::{Error, Result};
use engine::files::export::FileType;
use serde::{Deserialize, Serialize};

/// What a version becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One file with the adapter merged in: LM Studio, Ollama, llama.cpp.
    Gguf,
    /// A Hugging Face folder with the adapter merged in: transformers, vLLM, MLX.
    Hf,
    /// The adapter alone, for `llama-server --lora` on the same base.
    LoraGguf,
}

impl Format {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gguf => "gguf",
            Self::Hf => "hf",
            Self::LoraGguf => "lora-gguf",
        }
    }

    /// The type asked for, else the usual one.
    ///
    /// # Errors
    /// A type that the format cannot hold.
    pub fn file_type(self, asked: Option<&str>) -> Result<FileType> {
        let asked = asked.map(FileType::parse).transpose()?;
        match self {
            Self::Gguf => Ok(asked.unwrap_or(FileType::Q8_0)),
            Self::Hf => match asked.unwrap_or(FileType::BF16) {
                dense @ (FileType::F32 | FileType::F16 | FileType::BF16) => Ok(dense),
                other => Err(Error::usage(format!("a Hugging Face folder cannot hold {}", other.name()))
                    .hint("choose F32, F16 or BF16, or export a GGUF file")),
            },
            Self::LoraGguf => match asked {
                None | Some(FileType::F32) => Ok(FileType::F32),
                Some(other) => Err(Error::usage(format!("an adapter alone is not written as {}", other.name()))
                    .hint("leave --type away: its numbers keep their 32 bits")),
            },
        }
    }
}
