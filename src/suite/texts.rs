use crate::words;
use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use engine::jinja::{Data, Fault, Kind, MOST_BYTES, Settings, Template};
use engine::store;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Longest text a template or file may give: far above any context window.
const MAX_TEXT_BYTES: usize = 4 << 20;
/// What a template may do; a loop over a few thousand items stays far below.
const SETTINGS: Settings = Settings { chat: false, steps: 500_000 };

/// Where texts come from that do not stand in the suite themselves: templates and `file://`.
///
/// Templates see the case's variables and nothing else: no includes, no environment, bounded work. A file is a document,
/// taken as it stands, unless it is the prompt itself.
pub(super) struct Texts {
    root: PathBuf,
    files: HashMap<PathBuf, String>,
}

impl Texts {
    /// `root` is the folder that `file://` paths start at and may not leave.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), files: HashMap::new() }
    }

    /// The text as the model gets it: templates filled in, `file://path` replaced by the file. `None` when it stands for
    /// itself.
    pub fn fill(&mut self, node: &Node, text: &str, vars: &Data) -> Result<Option<String>> {
        let rendered = self.render(node, text, vars)?;
        let Some(path) = text.starts_with(FILE).then(|| rendered.as_deref().unwrap_or(text)) else {
            return Ok(rendered);
        };
        self.file(node, path).map(Some)
    }

    /// The same for what the model is asked, which may stand in a file of its own as a template.
    pub fn fill_prompt(&mut self, node: &Node, text: &str, vars: &Data) -> Result<Option<String>> {
        let Some(filled) = self.fill(node, text, vars)? else { return Ok(None) };
        match text.starts_with(FILE) {
            true => Ok(Some(self.render(node, &filled, vars)?.unwrap_or(filled))),
            false => Ok(Some(filled)),
        }
    }

    /// Fills in a template; `None` when the text is none.
    pub fn render(&self, node: &Node, text: &str, vars: &Data) -> Result<Option<String>> {
        if !is_template(text) {
            return Ok(None);
        }
        let rendered = Template::new(text, SETTINGS).and_then(|template| template.render(vars));
        let rendered = rendered.map_err(|fault| explain(node, &fault, vars))?;
        match rendered.len() > MAX_TEXT_BYTES {
            true => Err(node
                .fault(format!("the template grows too large: it gives more than {} MiB", MAX_TEXT_BYTES >> 20))
                .hint("make its loops shorter")),
            false => Ok(Some(rendered)),
        }
    }

    /// Reads `file://path` for a value that is no template (a variable).
    pub fn file(&mut self, node: &Node, url: &str) -> Result<String> {
        let name = url.strip_prefix(FILE).unwrap_or(url).trim();
        let path = self.inside(node, name)?;
        if let Some(text) = self.files.get(&path) {
            return Ok(text.clone());
        }
        let meta = std::fs::metadata(&path).map_err(|e| Error::io("read", &path, e).at(node.place()))?;
        if !meta.is_file() {
            return Err(node.fault(format!("`{name}` is not a file")).hint("name one text file"));
        }
        if meta.len() > MAX_TEXT_BYTES as u64 {
            let mib = MAX_TEXT_BYTES >> 20;
            return Err(node
                .fault(format!("`{name}` is larger than {mib} MiB"))
                .hint("no model reads that much; shorten it"));
        }
        let text = store::read_prose(&path).map_err(|error| error.at(node.place()))?;
        self.files.insert(path, text.clone());
        Ok(text)
    }

    /// The files that were read.
    pub fn into_files(self) -> Vec<PathBuf> {
        self.files.into_keys().collect()
    }

    /// Hash over those of these names that are files of the workspace; `None` where none is. A file that is too large
    /// or cannot be read counts by its name alone.
    pub fn hash_of_files(&self, names: &[String]) -> Option<String> {
        let root = self.root.canonicalize().ok()?;
        let hash = |name: &String| {
            let path = root.join(name).canonicalize().ok().filter(|path| path.starts_with(&root) && path.is_file())?;
            let small = std::fs::metadata(&path).is_ok_and(|meta| meta.len() <= MAX_TEXT_BYTES as u64);
            let content = small.then(|| std::fs::read(&path).ok()).flatten().unwrap_or_default();
            Some((name.clone(), store::hash(&content)))
        };
        let hashes: Vec<(String, String)> = names.iter().filter_map(hash).collect();
        (!hashes.is_empty()).then(|| store::hash_of(&hashes))
    }

    /// The real path of a file of the workspace; symlinks that lead out are refused like `..`.
    fn inside(&self, node: &Node, name: &str) -> Result<PathBuf> {
        let root = self.root.canonicalize().map_err(|e| Error::io("open", &self.root, e).at(node.place()))?;
        let missing = |_| {
            node.fault(format!("there is no file `{name}`"))
                .hint(format!("paths after `file://` start at the workspace, here {}", self.root.display()))
        };
        let path = self.root.join(name).canonicalize().map_err(missing)?;
        match path.starts_with(&root) {
            true => Ok(path),
            false => Err(node
                .fault(format!("`{name}` lies outside the workspace"))
                .hint("copy the file into the workspace and name it from there")),
        }
    }
}

/// What a text starts with that stands in a file of its own.
pub(super) const FILE: &str = "file://";

/// Whether anything is filled in. `{#` is no comment: what is written is what the model reads.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// A template's error in plain words.
fn explain(node: &Node, fault: &Fault, vars: &Data) -> Error {
    let line = if fault.line > 1 { format!(" (line {} of the text)", fault.line) } else { String::new() };
    let what = &fault.message;
    match (&fault.kind, &fault.variable) {
        (Kind::Undefined, Some(name)) => {
            let known: Vec<&str> = vars.names().collect();
            let error = node.fault(format!("the template uses `{name}`, which is not among the variables{line}"));
            let meant = yaml::did_you_mean(name, known.iter().copied());
            error.hint(meant.unwrap_or_else(|| match known.is_empty() {
                true => "define it under `vars:`".to_string(),
                false => format!("define it under `vars:`, where there is {}", words::quoted_list(known)),
            }))
        }
        (Kind::Undefined, None) => node
            .fault(format!("the template asks for something its variables do not hold: {what}{line}"))
            .hint("add it under `vars:`, or say what stands in for it: `{{ name | default('…') }}`"),
        (Kind::Endless, _) => {
            node.fault(format!("the template does not come to an end{line}")).hint("make its loops shorter")
        }
        (Kind::TooLarge, _) => node
            .fault(format!("the template grows too large: {what}{line}"))
            .hint(format!("make its loops and texts shorter; a template may build {} MiB in all", MOST_BYTES >> 20)),
        _ => node
            .fault(format!("the template is wrong: {what}{line}"))
            .hint("to have `{{` or `{%` as they stand, put them between {% raw %} and {% endraw %}"),
    }
}

/// A text with its template filled in from `vars`, by the same rules and bounds as a case's.
pub fn fill_in(text: &str, vars: &serde_json::Value) -> Result<String> {
    let texts = Texts::new(Path::new("."));
    let node = yaml::parse("''", Path::new("template"))?;
    Ok(texts.render(&node, text, &Data::from(vars))?.unwrap_or_else(|| text.to_string()))
}

/// The names that a template uses and does not define; none where it is no template.
pub fn names_in(text: &str) -> Vec<String> {
    let env = minijinja::Environment::new();
    let template = env.template_from_str(text);
    let mut names: Vec<String> =
        template.map(|t| t.undeclared_variables(false).into_iter().collect()).unwrap_or_default();
    names.sort();
    names
}
