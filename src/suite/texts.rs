use crate::words;
use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use engine::store;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Longest text a template or file may give: far above any context window.
const MAX_TEXT_BYTES: usize = 4 << 20;
/// Most template instructions per text; a loop over a few thousand items stays far below.
const FUEL: u64 = 500_000;

/// Where texts come from that do not stand in the suite themselves: templates and `file://`.
///
/// Templates see the case's variables and nothing else: no includes, no environment, bounded work.
pub(super) struct Texts {
    env: Environment<'static>,
    root: PathBuf,
    files: HashMap<PathBuf, String>,
}

impl Texts {
    /// `root` is the folder that `file://` paths start at and may not leave.
    pub fn new(root: &Path) -> Self {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_fuel(Some(FUEL));
        if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
            env.set_syntax(syntax);
        }
        Self { env, root: root.to_path_buf(), files: HashMap::new() }
    }

    /// The text as the model gets it: templates filled in, `file://path` replaced by the file (itself a template).
    /// `None` when it stands for itself.
    pub fn fill(&mut self, node: &Node, text: &str, vars: &Value) -> Result<Option<String>> {
        let rendered = self.render(node, text, vars)?;
        let Some(path) = text.starts_with(FILE).then(|| rendered.as_deref().unwrap_or(text)) else {
            return Ok(rendered);
        };
        let content = self.file(node, path)?;
        Ok(Some(self.render(node, &content, vars)?.unwrap_or(content)))
    }

    /// Fills in a template; `None` when the text is none.
    pub fn render(&self, node: &Node, text: &str, vars: &Value) -> Result<Option<String>> {
        if !text.contains("{{") && !text.contains("{%") {
            return Ok(None);
        }
        let template = self.env.template_from_str(text).map_err(|error| explain(node, &error, &[], vars))?;
        let mut output = Bounded(Vec::new());
        if let Err(error) = template.render_captured_to(vars, &mut output) {
            let mut names: Vec<String> = template.undeclared_variables(false).into_iter().collect();
            names.sort();
            return Err(explain(node, &error, &names, vars));
        }
        Ok(Some(String::from_utf8_lossy(&output.0).into_owned()))
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
        let bytes = std::fs::read(&path).map_err(|e| Error::io("read", &path, e).at(node.place()))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| node.fault(format!("`{name}` is not UTF-8 text")).hint("save it as plain text in UTF-8"))?;
        self.files.insert(path, text.clone());
        Ok(text)
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

/// Output that ends with an error instead of filling the memory.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEXT_BYTES {
            return Err(std::io::Error::other("the text grows too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A template's error in plain words. `names` are the variables the template uses.
fn explain(node: &Node, error: &minijinja::Error, names: &[String], vars: &Value) -> Error {
    let line = match error.line() {
        Some(line) if line > 1 => format!(" (line {line} of the text)"),
        _ => String::new(),
    };
    let known: Vec<String> = vars.try_iter().into_iter().flatten().map(|name| name.to_string()).collect();
    let known = || known.iter().map(String::as_str);
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::UndefinedError => {
            let unknown: Vec<&str> = names.iter().map(String::as_str).filter(|n| known().all(|k| k != *n)).collect();
            let message = match unknown.as_slice() {
                [] => format!("the template asks for something its variables do not hold{line}"),
                [one] => format!("the template uses `{one}`, which is not among the variables{line}"),
                several => {
                    format!(
                        "the template uses {}, which are not among the variables{line}",
                        words::quoted_list(several.iter().copied())
                    )
                }
            };
            let meant = unknown.first().and_then(|name| yaml::did_you_mean(name, known()));
            node.fault(message).hint(meant.unwrap_or_else(|| match known().next() {
                None => "define it under `vars:`".to_string(),
                Some(_) => format!("define it under `vars:`, where there is {}", words::quoted_list(known())),
            }))
        }
        ErrorKind::OutOfFuel => {
            node.fault(format!("the template does not come to an end{line}")).hint("make its loops shorter")
        }
        ErrorKind::WriteFailure => node
            .fault(format!("the template grows longer than {} MiB{line}", MAX_TEXT_BYTES >> 20))
            .hint("make its loops shorter"),
        _ => node
            .fault(format!(
                "the template is wrong: {}{line}",
                if detail.is_empty() { error.to_string() } else { detail.to_string() }
            ))
            .hint("to have `{{` or `{%` as they stand, put them between {% raw %} and {% endraw %}"),
    }
}

/// A text with its template filled in from `vars`, by the same rules and bounds as a case's.
pub fn fill_in(text: &str, vars: &serde_json::Value) -> Result<String> {
    let texts = Texts::new(Path::new("."));
    let node = yaml::parse("''", Path::new("template"))?;
    let vars = Value::from(minijinja::value::Serde(vars.clone()));
    Ok(texts.render(&node, text, &vars)?.unwrap_or_else(|| text.to_string()))
}

/// The names that a template uses and does not define; none where it is no template.
pub fn names_in(text: &str) -> Vec<String> {
    let env = Environment::new();
    let template = env.template_from_str(text);
    let mut names: Vec<String> =
        template.map(|t| t.undeclared_variables(false).into_iter().collect()).unwrap_or_default();
    names.sort();
    names
}
