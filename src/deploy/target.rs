use engine::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// A program that is to have the file, or a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    LmStudio,
    Ollama,
    Folder(PathBuf),
}

impl Target {
    /// `lm-studio`, `ollama`, or a path.
    ///
    /// # Errors
    /// A single word that is neither: a program that is not known, more likely than a folder.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "lm-studio" | "lmstudio" => Ok(Self::LmStudio),
            "ollama" => Ok(Self::Ollama),
            path if path.contains(['/', '\\']) || path.starts_with('.') || std::path::Path::new(path).is_dir() => {
                Ok(Self::Folder(PathBuf::from(path)))
            }
            other => Err(Error::usage(format!("`{other}` is no place to deploy to"))
                .hint("say lm-studio, ollama, or a folder with a slash in it, such as ./shared")),
        }
    }

    /// As it is typed.
    pub fn typed(&self) -> String {
        match self {
            Self::LmStudio => "lm-studio".to_string(),
            Self::Ollama => "ollama".to_string(),
            Self::Folder(folder) => folder.display().to_string(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LmStudio => write!(f, "LM Studio"),
            Self::Ollama => write!(f, "Ollama"),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
        }
    }
}
