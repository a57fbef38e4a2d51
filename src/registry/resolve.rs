use super::{AUTO, Manifest, Name, base_name, labelled};
use crate::base::BaseName;
use crate::words;
use crate::workspace::Workspace;
use engine::chat::{LentTemplate, Message, Role};
use engine::error::{Error, Result};
use engine::generate::SamplingOptions;
use std::path::{Path, PathBuf};

/// A model with its prompt settings: what is evaluated, compared and talked to.
#[derive(Debug, Clone)]
pub struct Version {
    /// `PM-General-v2`, `base`, a file's stem, or `openai:URL#model`, with its `label=` where it has one.
    pub name: String,
    pub origin: Origin,
    pub system: Option<String>,
    pub examples: Vec<Message>,
    pub sampling: SamplingOptions,
}

/// Where a version's answers come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// Weights on this computer (pulled when missing), perhaps with an adapter folder, a template, and thoughts before
    /// its answers.
    Local {
        base: BaseName,
        expected: Option<String>,
        adapter: Option<PathBuf>,
        template: Option<LentTemplate>,
        thinks: bool,
    },
    /// `openai:URL#model`.
    Endpoint(String),
}

impl Version {
    /// What stands before a conversation: the system prompt and the worked examples.
    pub fn messages(&self) -> Vec<Message> {
        let system = self.system.iter().map(|text| Message::new(Role::System, text));
        system.chain(self.examples.iter().cloned()).collect()
    }
}

/// What `text` means in this workspace: `v2`, `PM-General-v2`, `primary`, `base`, a base's name, `hub:org/repo[:file]`,
/// a path to a `.gguf` or a folder of safetensors, or `openai:URL#model`, which `label=` before it gives a name.
pub fn resolve(workspace: &Workspace, text: &str) -> Result<Version> {
    if let Some((label, address)) = labelled(text) {
        free(workspace, label)?;
        return Ok(bare(text, Origin::Endpoint(address.to_string())));
    }
    if text.starts_with("openai:") {
        return Ok(bare(text, Origin::Endpoint(text.to_string())));
    }
    match text {
        "base" => return from_base(workspace, text, &workspace.config.base),
        AUTO => {
            return Err(Error::usage(
                "`auto` is no single version: for each question it chooses one by models/routes.yaml",
            )
            .hint("it works in pmtune chat, eval and serve; name a version here"));
        }
        "primary" => {
            let name = super::primary(workspace)?.ok_or_else(|| {
                Error::missing("no version is primary yet").hint("name a version, such as `v1`, or `base`")
            })?;
            return registered(workspace, &name);
        }
        _ => {}
    }
    let full = super::full_name(workspace, text);
    if full != text {
        return registered(workspace, &full);
    }
    let plain = !text.contains(['/', '\\', ':']);
    if plain && super::manifest_file(&workspace.models().join(text)).is_file() {
        return registered(workspace, text);
    }
    from_base(workspace, text, text).map_err(|error| match error.kind {
        engine::error::Kind::Missing => unknown(workspace, text),
        _ => error,
    })
}

/// Whether a label means nothing else here.
fn free(workspace: &Workspace, label: &str) -> Result<()> {
    let plain = |c: char| c.is_alphanumeric() || "._-".contains(c);
    if label.is_empty() || label.chars().count() > 40 || !label.chars().all(plain) {
        return Err(Error::usage(format!("`{label}` is no label for an endpoint"))
            .hint("up to 40 letters, digits, dots, dashes and underscores, as in big=openai:URL#model"));
    }
    let version = Name::typed(label, &workspace.config.line).is_some();
    let folder = super::manifest_file(&workspace.models().join(label)).is_file();
    if version || folder || [AUTO, "base", "primary"].contains(&label) {
        return Err(Error::usage(format!("`{label}` already names a version")).hint("give the endpoint another label"));
    }
    Ok(())
}

fn bare(name: &str, origin: Origin) -> Version {
    Version { name: name.to_string(), origin, system: None, examples: Vec::new(), sampling: SamplingOptions::default() }
}

fn from_base(workspace: &Workspace, label: &str, base: &str) -> Result<Version> {
    let base = base_name(workspace, base, label != "base")?;
    if let BaseName::Path(path) = &base
        && !path.exists()
    {
        return Err(Error::missing(format!("there is no {}", path.display())).hint("check the path"));
    }
    let name = match &base {
        BaseName::Path(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        _ => label.to_string(),
    };
    Ok(bare(&name, Origin::Local { base, expected: None, adapter: None, template: None, thinks: false }))
}

fn registered(workspace: &Workspace, name: &str) -> Result<Version> {
    let folder = workspace.models().join(name);
    let file = super::manifest_file(&folder);
    if !file.is_file() {
        return Err(unknown(workspace, name));
    }
    let manifest = Manifest::read(&file)?;
    let adapter = manifest.adapter.as_deref().map(|a| folder.join(a));
    if let Some(adapter) = adapter.as_deref().filter(|a: &&Path| !a.exists()) {
        return Err(Error::missing(format!("{name} has lost its adapter: there is no {}", adapter.display()))
            .hint("restore the folder, or remove `adapter:` from its manifest"));
    }
    Ok(Version {
        name: manifest.name.clone(),
        origin: Origin::Local {
            base: base_name(workspace, &manifest.base.name, false)?,
            expected: manifest.base.sha256.clone(),
            adapter,
            template: manifest.template,
            thinks: manifest.thinking,
        },
        system: manifest.system.clone(),
        examples: manifest.messages(),
        sampling: manifest.sampling,
    })
}

fn unknown(workspace: &Workspace, text: &str) -> Error {
    let name = super::full_name(workspace, text);
    if super::archived(workspace).is_ok_and(|names| names.contains(&name)) {
        return Error::missing(format!("{name} is archived"))
            .hint(format!("bring it back first: pmtune models restore {}", words::shell(&name)));
    }
    let names: Vec<String> = super::list(workspace).unwrap_or_default().into_iter().map(|m| m.name).collect();
    let similarity = |known: &String| strsim::jaro_winkler(known, text);
    let nearest = names.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    // A number that does not exist is no misspelling.
    let line = |name: &str| Name::parse(name).map(|name| name.line);
    let misspelt = nearest.filter(|known| similarity(known) > 0.9 && line(known) != line(text));
    let error = Error::missing(format!("there is no model `{text}`"));
    let known = match (misspelt, names.is_empty()) {
        (Some(name), _) => return error.hint(format!("did you mean `{name}`?")),
        (None, true) => "this workspace has no versions yet; `base` is the untrained base".into(),
        (None, false) => format!("this workspace has {}, and `base`", names.join(", ")),
    };
    error.hint(format!("{known}; a path to a .gguf, hub:org/repo[:file] and openai:URL#model work too"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> (tempfile::TempDir, Workspace) {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("pmtune.yaml", "line: PM-General\n");
        let manifest = "name: PM-General-v1\ncreated: 2026-11-21\nbase: {name: smollm2-135m-instruct}\nsystem: Be brief.\n\
                        examples: [{user: a, assistant: b}]\n";
        write("models/PM-General-v1/manifest.yaml", manifest);
        let workspace = Workspace::open(root.path()).unwrap();
        (root, workspace)
    }

    #[test]
    fn finds_a_version_by_short_and_full_name_and_as_primary() {
        let (root, workspace) = workspace();
        std::fs::write(root.path().join("models/primary"), "PM-General-v1\n").unwrap();
        for text in ["v1", "PM-General-v1", "primary"] {
            let version = resolve(&workspace, text).unwrap();
            assert_eq!(version.name, "PM-General-v1");
            assert_eq!(version.system.as_deref(), Some("Be brief."));
            assert_eq!(version.examples.len(), 2);
        }
    }

    #[test]
    fn knows_base_and_endpoints() {
        let (_root, workspace) = workspace();
        assert!(matches!(resolve(&workspace, "base").unwrap().origin, Origin::Local { adapter: None, .. }));
        let endpoint = resolve(&workspace, "openai:http://127.0.0.1:1234#qwen").unwrap();
        assert_eq!(endpoint.origin, Origin::Endpoint("openai:http://127.0.0.1:1234#qwen".into()));
        let labelled = resolve(&workspace, "big=openai:http://127.0.0.1:1234#qwen").unwrap();
        assert_eq!(
            (labelled.origin, labelled.name.as_str()),
            (endpoint.origin, "big=openai:http://127.0.0.1:1234#qwen")
        );
        for taken in ["v1", "v7", "auto", "base", "primary", "PM-General-v1", "", "a b", "../x"] {
            let error = resolve(&workspace, &format!("{taken}=openai:http://127.0.0.1:1234#qwen")).unwrap_err();
            assert!(error.to_string().contains("label"), "{error}");
        }
    }

    #[test]
    fn an_unknown_name_lists_what_there_is() {
        let (root, workspace) = workspace();
        for text in ["v7", "PM-Genral-v1", "nonsense", "gone.gguf"] {
            let error = resolve(&workspace, text).unwrap_err();
            assert!(error.hint.is_some(), "{error}");
        }
        let second = "name: PM-General-v2\ncreated: 2026-11-21\nbase: {name: smollm2-135m-instruct}\n";
        std::fs::create_dir_all(root.path().join("models/PM-General-v2")).unwrap();
        std::fs::write(root.path().join("models/PM-General-v2/manifest.yaml"), second).unwrap();
        assert!(resolve(&workspace, "PM-Genral-v2").unwrap_err().to_string().contains("did you mean `PM-General-v2`"));
        assert!(resolve(&workspace, "v9").unwrap_err().to_string().contains("PM-General-v1, PM-General-v2"));
        assert!(resolve(&workspace, "PM-Genral-v1").unwrap_err().to_string().contains("did you mean `PM-General-v1`"));
    }
}
