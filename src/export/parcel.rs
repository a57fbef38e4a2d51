use super::format::Format;
use super::keys;
use crate::run::VersionRef;
use engine::error::{Error, Result};
use engine::files::export::{
    Checked, Export, FileType, Progress, Value, Written, verify_folder, write_folder, write_lora,
};
use engine::store;
use std::path::{Path, PathBuf};

/// A version on its way to a file.
#[derive(Debug, Clone)]
pub struct Parcel<'a> {
    pub version: &'a VersionRef,
    /// The base's file or folder, and what people call it.
    pub base: &'a Path,
    pub base_name: &'a str,
    pub adapter: Option<&'a Path>,
    pub format: Format,
    pub file_type: FileType,
    /// The chat template that it carries.
    pub template: Option<&'a str>,
    /// The token that ends a turn, where the template is lent: the base's files may not name it.
    pub end: Option<u32>,
    /// The folder in which the file and its proof lie.
    pub folder: &'a Path,
}

impl Parcel<'_> {
    /// The file, or for a Hugging Face folder that folder.
    pub fn path(&self) -> PathBuf {
        let stem = stem(&self.version.name, self.format, self.file_type);
        self.folder.join(match self.format {
            Format::Gguf | Format::LoraGguf => format!("{stem}.gguf"),
            Format::Hf => stem,
        })
    }

    /// Writes it. Nothing is left behind where that fails.
    ///
    /// # Errors
    /// What is there already; a base or an adapter that cannot be read or do not belong together; a full disk; what
    /// `listen` says.
    pub fn write(&self, listen: &mut dyn FnMut(Progress<'_>) -> Result<()>) -> Result<Written> {
        let path = self.path();
        match self.format {
            Format::Gguf => Export::new(self.base, self.adapter, self.file_type)?.write(&path, &self.keys(), listen),
            Format::Hf => write_folder(self.base, self.adapter, &path, self.file_type, self.template, listen),
            Format::LoraGguf => self.write_adapter(&path),
        }
    }

    fn keys(&self) -> Vec<(String, Option<Value>)> {
        keys::of_model(self.version, self.base_name, self.template, self.end)
    }

    fn write_adapter(&self, path: &Path) -> Result<Written> {
        write_lora(self.base, self.adapter()?, path, &keys::of_adapter(self.version, self.base_name))
    }

    /// Reads back what was written and holds every key and weight to what it should be, a weight within what its type
    /// allows. An adapter's numbers are not rounded, so its file is held against one that is written anew.
    ///
    /// # Errors
    /// It is not what would be written now.
    pub fn verify(&self) -> Result<Vec<Checked>> {
        match self.format {
            Format::Gguf => Export::new(self.base, self.adapter, self.file_type)?.verify(&self.path(), &self.keys()),
            Format::Hf => verify_folder(self.base, self.adapter, &self.path(), self.file_type),
            Format::LoraGguf => {
                let scratch = tempfile::tempdir().map_err(|e| Error::io("create", &std::env::temp_dir(), e))?;
                let anew = self.write_adapter(&scratch.path().join("adapter.gguf"))?;
                match store::hash_file(&self.path(), |_| ())? == anew.sha256 {
                    true => Ok(Vec::new()),
                    false => Err(Error::model(format!("{} is another adapter's", self.path().display()))),
                }
            }
        }
    }

    fn adapter(&self) -> Result<&Path> {
        self.adapter.ok_or_else(|| {
            Error::usage(format!("{} has no adapter", self.version.name))
                .hint("export a whole model: leave `--format lora-gguf` away")
        })
    }
}

/// `PM-General-v3-Q8_0`: hubs and LM Studio read the type off the name's end.
pub fn stem(version: &str, format: Format, file_type: FileType) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let version: String = version.chars().map(plain).collect();
    match format {
        Format::Gguf | Format::Hf => format!("{version}-{}", file_type.name()),
        Format::LoraGguf => format!("{version}-lora"),
    }
}
