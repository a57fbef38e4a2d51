use super::args::ConvertArgs;
use crate::cli::out;
use crate::training_data::convert::{Imported, read, write};
use crate::training_data::files;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;

pub fn run(workspace: impl Fn() -> Result<Workspace>, args: &ConvertArgs) -> Result<()> {
    let file = args.out.as_deref().map(|file| workspace()?.inside(file)).transpose()?;
    if let Some(file) = file.as_deref().filter(|file| file.exists()) {
        return Err(Error::input(format!("{} is there already", out::path(file)))
            .hint("name a new file, or remove this one first"));
    }
    let (mut all, mut faults) = (Imported::default(), Vec::new());
    for path in files(&args.files)? {
        let bytes = std::fs::read(&path).map_err(|e| Error::io("read", &path, e));
        match bytes.and_then(|bytes| read(&path, &bytes)) {
            Ok(imported) => {
                all.examples.extend(imported.examples);
                let new = imported.systems.into_iter().filter(|system| !all.systems.contains(system));
                all.systems.extend(new.collect::<Vec<_>>());
            }
            Err(error) => faults.push(error),
        }
    }
    if let Some(error) = Error::gather(faults) {
        return Err(error);
    }
    if !all.systems.is_empty() {
        out::warning(format!(
            "{} system prompts are left out: a system prompt belongs to a version, in models/<Name-vN>/manifest.yaml",
            all.systems.len()
        ));
    }
    let text = write(args.to.into(), &all.examples)?;
    match file {
        None => out::text(text),
        Some(file) => {
            store::replace(&file, text.as_bytes())?;
            out::line(format!("{} examples written to {}", all.examples.len(), out::path(&file)));
        }
    }
    Ok(())
}
