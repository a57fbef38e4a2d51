//! Reviewing in the terminal, a line at a time: over ssh, with a screen reader, or from a script. Every line is saved
//! before the next is asked for.

use crate::check::Criterion;
use crate::cli::out;
use crate::report::visible;
use crate::review::{Draft, Flag, Item, Progress, Saved, Session};
use crate::words;
use engine::error::{Error, Result};
use std::io::BufRead;

const KEYS: &str = "Give 1 to 5 points on each criterion. Enter keeps what is in [brackets].\n\
    Anywhere, ? = what the points mean, b = back, s = skip this one, q = quit.\n\
    Every line is saved at once.";

/// One question of an item; answers by their place in it.
#[derive(Debug, Clone, Copy)]
enum Step {
    Points(usize, Criterion),
    Flags(usize),
    Comment(usize),
    Best,
}

/// What was typed.
enum Typed {
    Back,
    Skip,
    Quit,
    Help,
    /// Nothing but Enter.
    Keep,
    Text(String),
}

/// How an item ended.
enum Then {
    Next,
    Back,
    Quit,
}

/// Asks for every item that is not done, then for items to look at again, until the reviewer ends.
pub fn run(mut session: Session) -> Result<Progress> {
    let sheet = session.sheet().clone();
    out::prose(KEYS);
    let mut next = unfinished(&session, &sheet.items, 0);
    loop {
        let index = match next {
            Some(index) => index,
            None => match again(&session, sheet.items.len())? {
                Some(index) => index,
                None => break,
            },
        };
        let Some(item) = sheet.items.get(index) else { break };
        let mut review = Review { session: &mut session, item, of: sheet.items.len() };
        next = match review.ask()? {
            Then::Next => unfinished(&session, &sheet.items, index + 1),
            Then::Back => Some(index.saturating_sub(1)),
            Then::Quit => break,
        };
    }
    Ok(session.progress())
}

/// The first item from `start` on with an answer that is not done.
fn unfinished(session: &Session, items: &[Item], start: usize) -> Option<usize> {
    let state = session.state();
    let open =
        |item: &&Item| state.iter().any(|saved| !saved.done && item.answers.iter().any(|a| a.id == saved.answer));
    items.iter().skip(start).find(open).map(|item| item.number - 1)
}

/// At the end of the list: the item to look at again.
fn again(session: &Session, items: usize) -> Result<Option<usize>> {
    let Progress { done, of } = session.progress();
    loop {
        out::text(format!(
            "\n{done} of {} are done. Number of an item to look at again, or Enter to end: ",
            words::count(of, "answer")
        ));
        match read()? {
            Typed::Text(text) => match text.parse::<usize>() {
                Ok(number) if (1..=items).contains(&number) => return Ok(Some(number - 1)),
                _ => out::line(format!("Items are numbered 1 to {items}.")),
            },
            Typed::Back => return Ok(items.checked_sub(1)),
            Typed::Help => out::prose(KEYS),
            Typed::Skip | Typed::Quit | Typed::Keep => return Ok(None),
        }
    }
}

/// One item under review.
struct Review<'a> {
    session: &'a mut Session,
    item: &'a Item,
    /// Items of the sheet.
    of: usize,
}

impl Review<'_> {
    fn ask(&mut self) -> Result<Then> {
        self.show();
        let steps = self.steps();
        let mut at = 0;
        while let Some(step) = steps.get(at) {
            out::text(self.prompt(*step));
            match read()? {
                Typed::Quit => return Ok(Then::Quit),
                Typed::Skip => return Ok(Then::Next),
                Typed::Back if at == 0 => return Ok(Then::Back),
                Typed::Back => at -= 1,
                Typed::Help => explain(*step),
                Typed::Keep => match self.keep(*step) {
                    Ok(()) => at += 1,
                    Err(what) => out::line(what),
                },
                Typed::Text(text) => match self.set(*step, &text)? {
                    Set::Saved => at += 1,
                    Set::Wrong(what) => out::line(what),
                    Set::Unchanged => {}
                    Set::Ended(then) => return Ok(then),
                },
            }
        }
        self.close()?;
        Ok(Then::Next)
    }

    fn steps(&self) -> Vec<Step> {
        let of = |place: usize| {
            let points = Criterion::ALL.into_iter().map(move |criterion| Step::Points(place, criterion));
            points.chain([Step::Flags(place), Step::Comment(place)])
        };
        let best = (self.item.answers.len() > 1).then_some(Step::Best);
        (0..self.item.answers.len()).flat_map(of).chain(best).collect()
    }

    fn show(&self) {
        let Item { number, category, prompt, reference, answers } = self.item;
        out::prose(format!("\n━━ {number} of {} · {}\n\n{}", self.of, visible(category), visible(prompt)));
        if let Some(reference) = reference {
            out::prose(format!("\n── A good answer, for comparison\n\n{}", visible(reference)));
        }
        for (place, answer) in answers.iter().enumerate() {
            out::prose(format!("\n── {}\n\n{}", self.name(place), visible(&answer.text)));
        }
        out::line("");
    }

    /// `Answer`, or `Answer A` of two.
    fn name(&self, place: usize) -> &'static str {
        match (self.item.answers.len(), place) {
            (1, _) => "Answer",
            (_, 0) => "Answer A",
            _ => "Answer B",
        }
    }

    fn saved(&self, place: usize) -> Result<Saved> {
        let answer = self.item.answers.get(place);
        let found = answer.and_then(|answer| self.session.state().into_iter().find(|saved| saved.answer == answer.id));
        found.ok_or_else(|| Error::input("the sheet lost an answer").hint("start the review again"))
    }

    /// Which answer is flagged best.
    fn best(&self) -> Option<usize> {
        (0..self.item.answers.len()).find(|place| self.saved(*place).is_ok_and(|s| s.flags.contains(&Flag::Best)))
    }

    fn prompt(&self, step: Step) -> String {
        let known =
            |place: usize, what: &dyn Fn(&Saved) -> String| self.saved(place).map(|s| what(&s)).unwrap_or_default();
        let bracket = |text: String| if text.is_empty() { text } else { format!(" [{text}]") };
        match step {
            Step::Points(place, criterion) => {
                let points = known(place, &|s| s.points.get(&criterion).map(u8::to_string).unwrap_or_default());
                format!("{} · {criterion} 1–5{}: ", self.name(place), bracket(points))
            }
            Step::Flags(place) => {
                let flags = known(place, &|s| flag_words(s).join(", "));
                format!("{} · flags, e = factual error, u = unusable, - = none{}: ", self.name(place), bracket(flags))
            }
            Step::Comment(place) => {
                let comment = known(place, &|s| visible(&s.comment).replace('\n', " "));
                format!("{} · comment, - = none{}: ", self.name(place), bracket(comment))
            }
            Step::Best => {
                let best = self.best().map(|place| (place + 1).to_string()).unwrap_or_default();
                format!("Which one is better? 1 = A, 2 = B, 0 = neither{}: ", bracket(best))
            }
        }
    }

    /// Enter goes on where there is something to keep.
    fn keep(&self, step: Step) -> Result<(), &'static str> {
        match step {
            Step::Points(place, criterion) if !self.saved(place).is_ok_and(|s| s.points.contains_key(&criterion)) => {
                Err("A number from 1 to 5, please; ? says what they mean.")
            }
            _ => Ok(()),
        }
    }

    fn set(&mut self, step: Step, text: &str) -> Result<Set> {
        let place = match step {
            Step::Points(place, _) | Step::Flags(place) | Step::Comment(place) => place,
            Step::Best => match (text, self.best()) {
                ("1", _) => 0,
                ("2", _) => 1,
                ("0", Some(place)) => place,
                ("0", None) => return Ok(Set::Saved),
                _ => return Ok(Set::Wrong("1, 2 or 0, please; Enter keeps what is there.".to_string())),
            },
        };
        let saved = self.saved(place)?;
        let mut draft = draft(&saved);
        match step {
            Step::Points(_, criterion) => match text.parse() {
                Ok(points @ 1..=5) => _ = draft.points.insert(criterion, points),
                _ => return Ok(Set::Wrong("A number from 1 to 5, please; ? says what they mean.".to_string())),
            },
            Step::Flags(_) => {
                let Some(flags) = flags(text) else {
                    return Ok(Set::Wrong("e, u, both, or - for none, please.".to_string()));
                };
                draft.flags.retain(|flag| *flag == Flag::Best);
                draft.flags.extend(flags);
            }
            Step::Comment(_) => draft.comment = if text == "-" { String::new() } else { text.to_string() },
            Step::Best if text == "0" => _ = draft.flags.remove(&Flag::Best),
            Step::Best => _ = draft.flags.insert(Flag::Best),
        }
        self.save(draft, &saved)
    }

    /// Records a change; that of a rating that was done needs a reason first.
    fn save(&mut self, mut draft: Draft, saved: &Saved) -> Result<Set> {
        let changes = (&draft.points, &draft.flags, &draft.comment) != (&saved.points, &saved.flags, &saved.comment);
        while saved.done && changes && draft.reason.is_none() {
            out::text("This was done already. Why does it change? ");
            match read()? {
                Typed::Text(reason) => draft.reason = Some(reason),
                Typed::Keep => {}
                Typed::Help => {
                    out::line("  A few words for whoever reads the record, or b to leave the score as it was.")
                }
                Typed::Back => return Ok(Set::Unchanged),
                Typed::Skip => return Ok(Set::Ended(Then::Next)),
                Typed::Quit => return Ok(Set::Ended(Then::Quit)),
            }
        }
        match self.session.rate(&draft) {
            Ok(_) => Ok(Set::Saved),
            // What was typed is at fault, not the disk.
            Err(error) if error.kind == engine::error::Kind::Input => Ok(Set::Wrong(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Every question is answered: the answers are done.
    fn close(&mut self) -> Result<()> {
        for place in 0..self.item.answers.len() {
            let saved = self.saved(place)?;
            if !saved.done {
                self.session.rate(&Draft { done: true, ..draft(&saved) })?;
            }
        }
        Ok(())
    }
}

/// What became of a typed text.
enum Set {
    Saved,
    Wrong(String),
    /// Taken back before it was saved.
    Unchanged,
    /// The item is left without saving it.
    Ended(Then),
}

fn draft(saved: &Saved) -> Draft {
    Draft {
        answer: saved.answer.clone(),
        points: saved.points.clone(),
        comment: saved.comment.clone(),
        flags: saved.flags.clone(),
        done: saved.done,
        reason: None,
    }
}

/// `e`, `u`, both in any order, or `-`; `None` for anything else.
fn flags(text: &str) -> Option<Vec<Flag>> {
    let flag = |c: char| match c.to_ascii_lowercase() {
        'e' => Some(Flag::FactualError),
        'u' => Some(Flag::Unusable),
        _ => None,
    };
    if text == "-" { Some(Vec::new()) } else { text.chars().filter(|c| !" ,".contains(*c)).map(flag).collect() }
}

fn flag_words(saved: &Saved) -> Vec<&'static str> {
    saved.flags.iter().filter(|flag| **flag != Flag::Best).map(|flag| flag.name()).collect()
}

fn explain(step: Step) {
    match step {
        Step::Points(_, criterion) => {
            let d = criterion.descriptors();
            out::prose(format!("  {}\n  1  {}\n  3  {}\n  5  {}", d.question, d.poor, d.good, d.excellent));
        }
        Step::Flags(_) => out::line(
            "  e  factual error: it says something untrue\n  u  unusable: nobody could use it, whatever its points\n  \
             -  neither",
        ),
        Step::Comment(_) => out::line("  One line on why, for whoever trains the next version; or Enter."),
        Step::Best => out::line("  The one you would rather be given. 0 if you would not mind which."),
    }
}

fn read() -> Result<Typed> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_until(b'\n', &mut bytes);
    read.map_err(|e| Error::input(format!("cannot read what you typed: {e}")))?;
    if bytes.is_empty() {
        // The input ended behind a question.
        out::line("");
        return Ok(Typed::Quit);
    }
    let line = String::from_utf8_lossy(&bytes).trim().to_string();
    Ok(match line.as_str() {
        "" => Typed::Keep,
        "?" => Typed::Help,
        "b" | "B" => Typed::Back,
        "s" | "S" => Typed::Skip,
        "q" | "Q" => Typed::Quit,
        _ => Typed::Text(line),
    })
}
