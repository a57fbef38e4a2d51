//! `pmtune bases`: which bases there are, and what each would take here.

use super::console::Console;
use super::out;
use crate::base::{CONVERSATION, EXAMPLE_TOKENS, EXAMPLES, Neighbour};
use crate::report::visible;
use crate::words;
use crate::work::bases::{Bases, PATIENCE, Row, Speed, bases, memory_in_words, speed_in_words};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use engine::error::{Error, Result};
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pmtune bases                  which base suits this computer\n  \
                        pmtune bases gemma3-270m      one of them in full\n  \
                        pmtune bases --measure        time those that are on this computer")]
pub struct BasesArgs {
    /// Show this one in full.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Time every base that is on this computer, a second each.
    #[arg(long)]
    measure: bool,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &BasesArgs) -> Result<()> {
    let all = bases(args.measure, &Console::new())?;
    let Some(name) = &args.name else {
        return if args.json {
            out::json(&json!({
                "memory_bytes": all.memory_bytes, "threads": all.threads,
                "bases": all.rows.iter().map(|row| as_json(&all, row)).collect::<Vec<_>>(),
                "others": all.neighbours.iter().map(|other| json!({
                    "name": other.name.to_string(), "bytes": other.bytes, "architecture": other.architecture,
                    "runs": other.family.is_some(),
                })).collect::<Vec<_>>(),
            }))
        } else {
            table(&all);
            Ok(())
        };
    };
    let row = all
        .rows
        .iter()
        .find(|row| row.named.name == name)
        .ok_or_else(|| Error::missing(format!("no base is called `{name}`")).hint("`pmtune bases` lists them"))?;
    if args.json {
        return out::json(&as_json(&all, row));
    }
    show(&all, row);
    Ok(())
}

fn as_json(all: &Bases, row: &Row) -> Value {
    let training = row.training(all);
    json!({
        "name": row.named.name, "title": row.named.title, "licence": row.named.licence.name(),
        "source": row.named.source(), "bytes": row.named.bytes(), "on_disk": row.on_disk,
        "parameters": row.model.parameters(), "answer_bytes": row.answer_bytes(),
        "least_training_bytes": row.model.least_training_bytes(), "training_bytes": training.map(|t| t.peak_bytes),
        "training_seconds": training.map(|t| t.seconds.round()),
        "tokens_per_second": row.speed.map(|speed| (speed.tokens_per_second() * 10.0).round() / 10.0),
        "measured": matches!(row.speed, Some(Speed::Measured(_))), "chat": row.model.talks,
    })
}

fn table(all: &Bases) {
    out::paragraph(advice(all));
    out::line("");
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(out::width() as u16);
    table.set_header(["base", "file", "answers", "trains", "speed", "licence", "here"]);
    for row in &all.rows {
        table.add_row([
            row.named.name.to_string(),
            words::bytes(row.named.bytes()),
            words::bytes(row.answer_bytes()),
            words::bytes(row.model.least_training_bytes()),
            row.speed.map_or_else(|| "–".to_string(), speed_in_words),
            row.named.licence.name().to_string(),
            if row.on_disk { "yes" } else { "" }.to_string(),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_constraint(ColumnConstraint::ContentWidth);
        column.set_padding((0, 1));
    }
    out::line(table.trim_fmt());
    out::line("");
    out::paragraph(legend(all));
    out::line("One in full: pmtune bases NAME. Get one: pmtune pull NAME");
    neighbours(all);
}

/// What LM Studio and Ollama have here.
fn neighbours(all: &Bases) {
    if all.neighbours.is_empty() {
        return;
    }
    out::line("");
    out::paragraph("Models of other programs on this computer, to be named as a base (nothing is copied):");
    for Neighbour { name, bytes, architecture, family } in &all.neighbours {
        let runs = match family {
            Some(_) => String::new(),
            None => format!(": pmtune does not run the architecture {}", visible(architecture)),
        };
        out::item("· ", format!("{}, {}{runs}", visible(&name.to_string()), words::bytes(*bytes)));
    }
}

fn advice(all: &Bases) -> String {
    let memory = memory_in_words(all.memory_bytes);
    let quick = match all.rows.iter().any(|row| row.speed.is_some()) {
        true => format!(" and writes {PATIENCE} tokens a second or more"),
        false => String::new(),
    };
    match all.advised() {
        (Some(trains), Some(answers)) if trains.named.name != answers.named.name => format!(
            "For your {memory}: {} is the largest that trains with room to spare{quick}; {} only answers.",
            trains.named.name, answers.named.name
        ),
        (Some(trains), _) => {
            format!("For your {memory}: {} is the largest that trains with room to spare{quick}.", trains.named.name)
        }
        (None, Some(answers)) => format!("For your {memory}: {} answers; training takes more.", answers.named.name),
        (None, None) => format!("For your {memory}: none of these bases trains with room to spare{quick}."),
    }
}

fn legend(all: &Bases) -> String {
    let speed = match all.rows.iter().any(|row| row.speed.is_some()) {
        true => "tokens a second of one answer (~ estimated from what was measured here)",
        false => "not known before a base is on this computer (pmtune bases --measure)",
    };
    format!(
        "answers, trains: estimated memory for a conversation of {} tokens, and the least for a training on examples of \
         {EXAMPLE_TOKENS}. speed: {speed}. None of them asks for an account.",
        words::thousands(CONVERSATION)
    )
}

fn show(all: &Bases, row: &Row) {
    let Row { named, model, .. } = row;
    out::line(format!("{} ({})", named.name, named.title));
    let line = |name: &str, text: String| out::item(&format!("  {name:<9}"), text);
    let here = if row.on_disk { "on this computer" } else { "not on this computer yet" };
    line("file", format!("{} in {}, {here}", words::bytes(named.bytes()), model.mix.name()));
    line("from", named.source());
    line("licence", format!("{}. {} {}", named.licence.name(), named.licence.meaning(), named.licence.terms()));
    line("account", "none is needed to get it.".to_string());
    line("model", inside(row));
    let talks = match model.talks {
        true => "yes, by the chat template in its file",
        false => {
            "not by itself: it was taught to go on with texts, and learns to answer by your examples. It has no chat \
             template; `pmtune train --template` lends it one"
        }
    };
    line("talks", talks.to_string());
    line("answers", answers(row));
    line("trains", trains(all, row));
    out::line(format!(
        "\nGet it:          pmtune pull {0}\nTrain on it:     pmtune train --base {0}\nTalk to it:      pmtune chat {0}",
        named.name
    ));
}

fn inside(row: &Row) -> String {
    let shape = &row.model.shape;
    format!(
        "{} family, {} weights, {} of {} numbers, {} words{}; made for {} tokens",
        format!("{:?}", shape.family).to_lowercase(),
        words::short_number(row.model.parameters()),
        words::count(shape.layers, "layer"),
        words::thousands(shape.hidden),
        words::thousands(shape.vocab),
        if shape.tied { ", head and embeddings in one" } else { "" },
        words::thousands(shape.context_length)
    )
}

fn answers(row: &Row) -> String {
    let memory = format!("with about {} of memory (estimated)", words::bytes(row.answer_bytes()));
    match row.speed {
        Some(speed @ Speed::Measured(_)) => {
            format!("{memory}, {} tokens a second (measured here)", speed_in_words(speed))
        }
        Some(speed) => format!("{memory}, {} tokens a second (estimated)", speed_in_words(speed)),
        None => memory,
    }
}

fn trains(all: &Bases, row: &Row) -> String {
    let least = words::bytes(row.model.least_training_bytes());
    match row.training(all) {
        Some(estimate) => format!(
            "on {EXAMPLES} examples of {EXAMPLE_TOKENS} tokens with {} (at the least {least}), very roughly {} (estimated)",
            words::bytes(estimate.peak_bytes),
            words::rough_duration(estimate.seconds)
        ),
        None => format!(
            "not on this computer: it takes {least} at the least, and there are {}",
            memory_in_words(all.memory_bytes)
        ),
    }
}
