//! The models that LM Studio has on this computer.

use super::BaseName;
use super::elsewhere::{self, Neighbour, described, entries, read_small};
use engine::error::{Error, Result};
use serde_json::Value;
use std::path::{Component, Path, PathBuf};

/// The folder of models below `home`, the user's: the one that its settings name, else the usual one.
///
/// # Errors
/// LM Studio was never started here.
pub fn lm_studio_models(home: &Path) -> Result<PathBuf> {
    let pointed = read_small(&home.join(".lmstudio-home-pointer")).ok();
    let own = pointed.map(|text| PathBuf::from(text.trim())).filter(|folder| folder.is_dir());
    // Versions before 0.3 kept it in the cache folder.
    let usual = [home.join(".lmstudio"), home.join(".cache/lm-studio")].into_iter().find(|folder| folder.is_dir());
    let Some(folder) = own.or(usual) else {
        return Err(Error::missing(format!(
            "LM Studio was not found: there is no {}",
            home.join(".lmstudio").display()
        ))
        .hint("start LM Studio once, or deploy to a folder: pmtune deploy VERSION --to ./folder"));
    };
    let settings = read_small(&folder.join("settings.json")).unwrap_or_default();
    let settings: Value = serde_json::from_str(&settings).unwrap_or_default();
    let named = settings.get("downloadsFolder").and_then(Value::as_str).filter(|text| !text.is_empty());
    Ok(named.map_or_else(|| folder.join("models"), PathBuf::from))
}

/// Whether a text is `publisher/repository/file.gguf`, which stays in LM Studio's folder.
pub(super) fn is_model(text: &str) -> bool {
    let parts: Vec<Component> = Path::new(text).components().collect();
    let plain = parts.iter().all(|part| matches!(part, Component::Normal(_)));
    parts.len() == 3
        && plain
        && text.ends_with(".gguf")
        && !text.contains(['\\', ':'])
        && !text.contains(char::is_control)
}

/// The file of a model.
///
/// # Errors
/// LM Studio is not here, or has no such file.
pub(super) fn file(model: &str) -> Result<PathBuf> {
    let path = lm_studio_models(&elsewhere::home()?)?.join(model);
    match path.is_file() {
        true => Ok(path),
        false => Err(Error::missing(format!("LM Studio has no {model}: there is no {}", path.display()))
            .hint("get it in LM Studio; `pmtune bases` lists what is there")),
    }
}

/// Every model there, by name.
pub(super) fn all(home: &Path) -> Vec<Neighbour> {
    let Ok(folder) = lm_studio_models(home) else { return Vec::new() };
    let mut found = Vec::new();
    for publisher in entries(&folder) {
        for repository in entries(&publisher) {
            for file in entries(&repository).into_iter().filter(|file| file.is_file()) {
                let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let model = [name(&publisher), name(&repository), name(&file)].join("/");
                // Of a model in several files the first names all of it.
                let first = engine::files::part_names(&name(&file)).is_none_or(|parts| parts[0] == name(&file));
                if first && is_model(&model) {
                    found.extend(described(BaseName::LmStudio(model), &file));
                }
            }
        }
    }
    found
}
