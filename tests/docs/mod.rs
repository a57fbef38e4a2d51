//! The documentation keeps its word: its commands parse and run, and the check reference is that of the code.
//!
//! In `docs/*.md` a block that begins with ```` ```sh run ```` is run, line by line, in a copy of this workspace; in a
//! plain `sh` block, and in `code` within the text, every `pmtune …` must be a command line that the program takes.

mod commands;
mod reference;
pub mod scratch;

use commands::{Block, blocks, inline, words};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(repository().join("docs")).unwrap();
    let mut pages: Vec<PathBuf> =
        entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "md")).collect();
    pages.sort();
    pages.into_iter().map(|page| (page.clone(), std::fs::read_to_string(page).unwrap())).collect()
}

/// What clap says against a command line.
fn refusal(line: &str) -> Option<clap::Error> {
    pmtune::cli::command().try_get_matches_from(words(line)).err()
}

/// Whether all that a command line lacks is its end: a text may speak of a command without its arguments.
fn unfinished(refusal: &clap::Error) -> bool {
    use clap::error::ErrorKind::{
        DisplayHelpOnMissingArgumentOrSubcommand, MissingRequiredArgument, MissingSubcommand,
    };
    let missing = [DisplayHelpOnMissingArgumentOrSubcommand, MissingRequiredArgument, MissingSubcommand];
    missing.contains(&refusal.kind()) || refusal.to_string().contains("but none was supplied")
}

#[test]
fn every_command_is_one_the_program_takes() {
    let (mut faults, mut seen) = (Vec::new(), 0);
    for (page, text) in pages() {
        let in_blocks = blocks(&text).into_iter().filter(Block::is_shell).flat_map(|block| block.commands);
        let whole = in_blocks.map(|command| (command, true));
        for ((number, line), whole) in whole.chain(inline(&text).into_iter().map(|command| (command, false))) {
            seen += 1;
            if let Some(refusal) =
                refusal(&line).filter(|refusal| refusal.use_stderr() && (whole || !unfinished(refusal)))
            {
                faults.push(format!("{}:{number}: {line}\n{refusal}", page.display()));
            }
        }
    }
    assert!(seen > 40, "only {seen} commands were found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn commands_marked_as_runnable_run() {
    for (page, least) in [("creating-training-data.md", 5), ("training-models.md", 5), ("auditing-suites.md", 2)] {
        let text = std::fs::read_to_string(repository().join("docs").join(page)).unwrap();
        let scratch = scratch::workspace();
        let commands: Vec<_> =
            blocks(&text).into_iter().filter(Block::is_run).flat_map(|block| block.commands).collect();
        assert!(commands.len() >= least, "{page} runs its commands");
        for (number, line) in commands {
            let output = scratch::pmtune(scratch.path(), &words(&line)[1..]);
            let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{page}:{number}: {line}\n{said}");
        }
    }
}

/// The keys of a schema's object, those of the objects under them included.
fn keys_of(schema: &Value, root: &Value, keys: &mut BTreeSet<String>) {
    if let Some(target) = schema["$ref"].as_str().and_then(|r| root.pointer(r.trim_start_matches('#'))) {
        keys_of(target, root, keys);
    }
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        // What may not stand there needs no word.
        if *property != Value::Bool(false) && keys.insert(key.clone()) {
            keys_of(property, root, keys);
        }
    }
    for form in schema["anyOf"].as_array().into_iter().flatten() {
        keys_of(form, root, keys);
    }
}

#[test]
fn every_key_of_the_workspace_is_documented_and_the_example_is_right() {
    let page = std::fs::read_to_string(repository().join("docs/file-formats.md")).unwrap();
    let from = page.find("## `pmtune.yaml`").unwrap();
    let section = &page[from..from + page[from..].find("\n## A suite").unwrap()];
    let example = section.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    pmtune::settings::check(&pmtune::yaml::parse(example, Path::new("pmtune.yaml")).unwrap()).unwrap();
    let schema = pmtune::settings::schema();
    let mut keys = BTreeSet::new();
    keys_of(&schema, &schema, &mut keys);
    assert!(keys.len() > 60, "{keys:?}");
    let told = |key: &&String| {
        [format!("`{key}`"), format!(".{key}`"), format!("{key}:")].iter().any(|word| section.contains(word.as_str()))
    };
    // Criteria are the rubric's, which other pages explain.
    let criteria = ["accuracy", "format", "relevance", "completeness", "tone"];
    let missing: Vec<_> = keys.iter().filter(|key| !told(key) && !criteria.contains(&key.as_str())).collect();
    assert!(missing.is_empty(), "docs/file-formats.md says nothing of {missing:?}");
}

/// Every line of a workflow that calls pmtune, and every command in the page beside it.
#[test]
fn the_examples_for_ci_are_yaml_and_their_commands_parse() {
    let folder = repository().join("examples/ci");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let page = read("README.md");
    let mut commands: Vec<String> = blocks(&page).into_iter().flat_map(|b| b.commands).map(|(_, line)| line).collect();
    for name in ["github.yml", "gitlab-ci.yml"] {
        let text = read(name);
        let tree = pmtune::yaml::parse(&text, Path::new(name)).unwrap_or_else(|error| panic!("{error}"));
        assert!(tree.get("jobs").or(tree.get("quality-gate")).is_some(), "{name} has a job");
        let said = text.lines().map(|line| line.trim().trim_start_matches("- "));
        let found: Vec<String> = said.filter(|line| line.starts_with("pmtune ")).map(str::to_string).collect();
        assert!(found.iter().any(|line| line.contains("--gate")), "{name} runs the gate");
        commands.extend(found);
    }
    for line in commands {
        assert!(refusal(&line).is_none(), "{line}: {}", refusal(&line).unwrap());
    }
    let monthly = read("github-monthly.yml");
    let tree = pmtune::yaml::parse(&monthly, Path::new("github-monthly.yml")).unwrap_or_else(|error| panic!("{error}"));
    assert!(tree.get("jobs").is_some() && monthly.contains("pmtune improve ||"));
    assert!(read("github.yml").contains(pmtune::report::gate::MARKER), "the comment is found by its marker");
}

#[test]
fn links_between_pages_lead_somewhere() {
    for (page, text) in pages() {
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap_or_default();
            if target.contains("://") || target.is_empty() {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(file.exists(), "{}: {target} is not there", page.display());
            if !anchor.is_empty() {
                let headings = std::fs::read_to_string(&file).unwrap();
                // As GitHub makes them: punctuation goes, spaces become hyphens.
                let kept = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
                let slug = |line: &str| {
                    let title = line.trim_start_matches('#').trim().to_lowercase();
                    title.chars().filter(kept).collect::<String>().replace(' ', "-")
                };
                let found = headings.lines().any(|line| line.starts_with('#') && slug(line) == anchor);
                assert!(found, "{}: {target} has no such heading", page.display());
            }
        }
    }
}

/// Fails when stale; run with `PMTUNE_BLESS=1` to write the page anew.
#[test]
fn the_check_reference_is_that_of_the_code() {
    let page = repository().join("docs/checks.md");
    let fresh = reference::page();
    if std::env::var_os("PMTUNE_BLESS").is_some() {
        std::fs::write(&page, &fresh).unwrap();
    }
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(written == fresh, "docs/checks.md is stale: PMTUNE_BLESS=1 cargo test --test pmtune docs::");
}
