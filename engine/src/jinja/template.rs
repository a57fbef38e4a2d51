use super::Data;
use super::build;
use super::fault::{Fault, Res};
use super::meter::Meter;
use super::run::Run;
use super::tree::{self, Stmt};
use super::value::Frame;
use minijinja::syntax::SyntaxConfig;

/// How a template is read and run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// As `transformers` sets up chat templates: the line end after a tag and the white space before it are dropped, what is
    /// undefined is empty, and `raise_exception` and `strftime_now` are there. Otherwise every character outside of tags
    /// stays, comments included, and what is undefined is an error.
    pub chat: bool,
    /// Statements and expressions that one rendering may take.
    pub steps: u64,
}

/// A template ready to run.
pub struct Template {
    statements: Vec<Stmt>,
    settings: Settings,
}

impl Template {
    /// Reads a template. Errors name its line.
    pub fn new(source: &str, settings: Settings) -> Result<Self, Fault> {
        // As jinja2 does: every line ends the same way, whatever wrote the file.
        let source = source.replace("\r\n", "\n").replace('\r', "\n");
        let statements = syntax(settings).and_then(|syntax| tree::read(&source, &syntax)).map_err(|fault| *fault)?;
        Ok(Self { statements, settings })
    }

    /// The text for these variables. Errors where jinja2 would raise one, and at the limits.
    pub fn render(&self, variables: &Data) -> Result<String, Fault> {
        self.run(variables).map_err(|fault| *fault)
    }

    fn run(&self, variables: &Data) -> Res<String> {
        let meter = Meter::new(self.settings.steps, !self.settings.chat);
        let frame = Frame::default();
        if let Data::Dict(entries) = variables {
            for (name, data) in entries {
                let value = build::given(&meter, data)?;
                frame.borrow_mut().insert(name.clone(), value);
            }
        }
        let mut out = String::new();
        Run::new(&meter, frame, self.settings.chat).template(&self.statements, &mut out)?;
        Ok(out)
    }
}

fn syntax(settings: Settings) -> Res<SyntaxConfig> {
    let mut builder = SyntaxConfig::builder();
    match settings.chat {
        true => builder.trim_blocks(true).lstrip_blocks(true),
        // Delimiters that nobody types: people write `{#` in documents and mean it.
        false => builder.keep_trailing_newline(true).comment_delimiters("{\u{fdd0}#", "#\u{fdd0}}"),
    };
    builder.build().map_err(|e| Fault::new(super::Kind::Syntax, e.to_string()))
}
