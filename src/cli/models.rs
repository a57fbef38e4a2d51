use super::args::{ModelsArgs, ModelsCommand};
use super::out;
use crate::error::{Error, Result};
use crate::registry::{self, Manifest};
use crate::workspace::Workspace;
use comfy_table::{ContentArrangement, Table, presets};

pub fn run(workspace: &Workspace, args: &ModelsArgs) -> Result<()> {
    match &args.command {
        ModelsCommand::List => list(workspace),
        ModelsCommand::Show { model } => show(workspace, model),
    }
}

fn list(workspace: &Workspace) -> Result<()> {
    let manifests = registry::list(workspace)?;
    let primary = registry::primary(workspace)?;
    if manifests.is_empty() {
        out::line("No versions yet; `base` is the untrained base.");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(out::width() as u16).set_header(["version", "created", "parent", "base", "adapter", "notes"]);
    for manifest in &manifests {
        let star = if primary.as_deref() == Some(manifest.name.as_str()) { " (primary)" } else { "" };
        table.add_row([
            format!("{}{star}", manifest.name),
            manifest.created.to_string(),
            manifest.parent.clone().unwrap_or_else(|| "–".into()),
            manifest.base.name.clone(),
            if manifest.adapter.is_some() { "LoRA" } else { "–" }.into(),
            summary(&manifest.notes).into(),
        ]);
    }
    out::line(table.trim_fmt());
    Ok(())
}

/// The first sentence of the notes; a training writes a whole paragraph there.
fn summary(notes: &str) -> &str {
    let line = notes.lines().next().unwrap_or_default();
    line.find(". ").map_or(line, |end| &line[..=end])
}

fn show(workspace: &Workspace, model: &str) -> Result<()> {
    let version = registry::resolve(workspace, model)?;
    let manifests = registry::list(workspace)?;
    let manifest = manifests.iter().find(|m| m.name == version.name).ok_or_else(|| {
        Error::missing(format!("`{model}` is no registered version, so there is nothing to show"))
            .hint("`pmtune models list` shows the registered ones")
    })?;
    let text = serde_yaml::to_string(manifest).map_err(|e| Error::input(format!("cannot print {model}: {e}")))?;
    out::line(format!("# {}\n{}", lineage(&manifests, manifest).join(" → "), text.trim_end()));
    Ok(())
}

/// From the first ancestor to the version itself; a loop in the manifests ends the walk.
fn lineage(manifests: &[Manifest], manifest: &Manifest) -> Vec<String> {
    let mut names = vec![manifest.name.clone()];
    let mut parent = manifest.parent.clone();
    while let Some(name) = parent.filter(|name| !names.contains(name)) {
        parent = manifests.iter().find(|m| m.name == name).and_then(|m| m.parent.clone());
        names.push(name);
    }
    names.push(manifest.base.name.clone());
    names.reverse();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_shows_the_first_sentence_of_the_notes() {
        assert_eq!(
            summary("v1.2 was trained on 9 examples (2 s). The loss fell."),
            "v1.2 was trained on 9 examples (2 s)."
        );
        assert_eq!(summary("Shorter prompts\nand more"), "Shorter prompts");
        assert_eq!(summary(""), "");
    }
}
