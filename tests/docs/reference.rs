//! `docs/checks.md`, from the kinds of check and the JSON Schema of suites.

use pmtune::check::lexicon::lists;
use pmtune::check::{self, Kind};
use pmtune::suite;
use serde_json::Value;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# Checks

A check is an automatic judgement on one answer: pass or fail, with a score from 0 to 1 and a reason. A suite lists them
under `checks` ([file formats](file-formats.md#a-suite)). `not-` in front of a check turns it round.

Every check also takes `threshold` (pass at this score or above, 0 to 1), `weight` (how much it counts in the case's
score; 0 only measures) and `criterion` (which row of the rubric it speaks for, instead of its usual one).

Some checks are evidence for their criterion: `user-story` looks for what a user story needs. Others see a symptom only:
an answer without hedging, in English and of the right length may still be nonsense. These are **guards**: a broken one
fails the answer, an unbroken one earns nothing. `guard: true` or `guard: false` says otherwise. Where only guards speak for
a criterion, a report says that these suites do not measure it.

Some checks listen for words: what counts as hedging, as urgent, as the title of a section. Those lists are text files
that you can read and that your workspace can add to or take from: [word lists](#word-lists), at the end of this page.
They are English, and so are the checks that go by them. `mentions`, `together` and `json-values` go by what is said, not
by how: `mentions` and `together` read numbers and dates in German, French and Spanish as well.

This page is made from the code by `tests/docs`.
";

const WORD_LISTS: &str = "
## Word lists

Each list is a text file with one word or phrase a line. To change one for your workspace, put a file of the same name
into its folder `words`:

```
# words/hedging.txt
+ touch wood
- could
```

This adds \"touch wood\" to what counts as hedging and takes \"could\" away. A line without a sign adds, too. Where a list has
sections, name the section first:

```
# words/tone.txt
[informal]
no worries
```

Case does not matter, and what stands after `#` at the start of a line is a remark. `pmtune validate` says at once what is
wrong: a file that changes no list, a section there is not, a term to take away that is not in the list.

Lists are part of what a check is. Runs judged by different lists are not compared: after changing one, judge stored
answers again with `pmtune eval --rescore RUN`.

| file | sections | used by |
|---|---|---|
";

/// A family's heading and its checks, in the order of the schema.
fn families() -> [(&'static str, &'static [Kind]); 7] {
    [
        ("Text", check::text::KINDS),
        ("Structure", check::structure::KINDS),
        ("Similarity to a reference", check::similarity::KINDS),
        ("Quality of writing", check::quality::KINDS),
        ("Product documents", check::product::KINDS),
        ("Length, speed and likelihood", check::runtime::KINDS),
        ("A program of your own", check::own::KINDS),
    ]
}

pub fn page() -> String {
    let schema = suite::schema();
    let checks = schema.pointer("/$defs/check/anyOf").and_then(Value::as_array).unwrap();
    let mut page = INTRODUCTION.to_string();
    let mut told = 0;
    for (family, kinds) in families() {
        let _ = write!(page, "\n## {family}\n");
        for kind in kinds {
            let own = checks.iter().find(|c| c["title"] == kind.name).unwrap();
            told += 1;
            let speaks = if kind.symptom { "A symptom only, counted under" } else { "Speaks for" };
            let _ = write!(page, "\n### `{}`\n\n{} {speaks} {}.\n", kind.name, kind.about, kind.criterion);
            page.push_str(&parameters(&schema, own));
            page.push_str(&words(kind));
        }
    }
    assert_eq!(told, check::kinds().count(), "every kind belongs to a family");
    page.push_str(WORD_LISTS);
    page.push_str(&word_lists());
    page
}

fn link(file: &str) -> String {
    format!("[`{file}`](../src/check/words/{file}.txt)")
}

/// The files of words a check goes by.
fn words(kind: &Kind) -> String {
    let mut files: Vec<&str> =
        lists().filter(|(.., list)| (kind.lists)().contains(list)).map(|(file, ..)| file).collect();
    files.dedup();
    if files.is_empty() {
        return String::new();
    }
    let links: Vec<String> = files.into_iter().map(link).collect();
    format!("\nIts words: {}.\n", links.join(", "))
}

/// A row for each file of words.
fn word_lists() -> String {
    let mut files: Vec<(&str, Vec<&str>, Vec<String>)> = Vec::new();
    for (file, section, list) in lists() {
        let users = check::kinds().filter(|kind| (kind.lists)().contains(&list)).map(|kind| format!("`{}`", kind.name));
        match files.last_mut().filter(|(last, ..)| *last == file) {
            Some((_, sections, checks)) => {
                sections.push(section);
                let new: Vec<String> = users.filter(|user| !checks.contains(user)).collect();
                checks.extend(new);
            }
            None => files.push((file, vec![section], users.collect())),
        }
    }
    let lint = ["filler", "placeholders"];
    let row = |(file, sections, mut checks): (&str, Vec<&str>, Vec<String>)| {
        let sections: Vec<String> = sections.iter().filter(|s| !s.is_empty()).map(|s| format!("`[{s}]`")).collect();
        if lint.contains(&file) {
            checks.push("`pmtune data check`".into());
        }
        format!("| {} | {} | {} |\n", link(file), sections.join(" "), checks.join(", "))
    };
    files.into_iter().map(row).collect()
}

fn parameters(schema: &Value, check: &Value) -> String {
    const COMMON: [&str; 4] = ["type", "threshold", "weight", "criterion"];
    let required: Vec<&str> = check["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let own = check["properties"].as_object().into_iter().flatten().filter(|(key, _)| !COMMON.contains(&key.as_str()));
    let rows: Vec<String> = own
        .map(|(key, property)| {
            let needed = if required.contains(&key.as_str()) { "yes" } else { "no" };
            let default = match &property["default"] {
                Value::Null => String::new(),
                value => format!(" Default: `{value}`."),
            };
            let about = property["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
            format!("| `{key}` | {} | {needed} | {} |\n", kind(schema, property), format!("{about}{default}").trim())
        })
        .collect();
    if rows.is_empty() {
        return "\nIt has no parameters of its own.\n".to_string();
    }
    format!("\n| parameter | value | needed | meaning |\n|---|---|---|---|\n{}", rows.concat())
}

/// What may stand there, in words.
fn kind(schema: &Value, property: &Value) -> String {
    if let Some(target) = property["$ref"].as_str().and_then(|r| schema.pointer(r.trim_start_matches('#'))) {
        return kind(schema, target);
    }
    let several = ["anyOf", "oneOf"].into_iter().find_map(|key| property[key].as_array());
    if let Some(several) = several {
        let mut kinds: Vec<String> = several.iter().map(|p| kind(schema, p)).filter(|k| k != "nothing").collect();
        kinds.dedup();
        return kinds.join(" or ");
    }
    if let Some(values) = property["enum"].as_array() {
        let values = values.iter().filter(|v| !v.is_null()).map(|v| format!("`{}`", v.as_str().unwrap_or_default()));
        return values.collect::<Vec<_>>().join(", ");
    }
    if let Some(value) = property["const"].as_str() {
        return format!("`{value}`");
    }
    let names: Vec<&str> = match &property["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    // Where a text is wanted the loader takes any scalar.
    let name = ["string", "integer", "number", "boolean", "array", "object"].into_iter().find(|n| names.contains(n));
    match name {
        Some("string") => "text".into(),
        Some("integer") => "whole number".into(),
        Some("number") => "number".into(),
        Some("boolean") => "`true` or `false`".into(),
        Some("array") => format!("list of {}", plural(&kind(schema, &property["items"]))),
        Some(_) => match property["properties"].as_object() {
            Some(keys) => {
                let keys: Vec<String> = keys.keys().map(|key| format!("`{key}`")).collect();
                format!("mapping with {}", keys.join(", "))
            }
            None => "mapping".into(),
        },
        None if names == ["null"] => "nothing".into(),
        None => "anything".into(),
    }
}

fn plural(kind: &str) -> String {
    match kind {
        "text" | "number" | "whole number" | "mapping" => format!("{kind}s"),
        other => other.to_string(),
    }
}
