//! What each step does.

use super::{Came, Course};
use crate::compare::{self, MoverKind, Outcomes};
use crate::deploy::Target;
use crate::export::{Format, Outcome};
use crate::gaps::{PLAN_FILE, plan_json};
use crate::improve::{Candidate, Look, Looks, Measured, Promised, Round, Step, decide, fingerprint};
use crate::registry;
use crate::review::PeopleCompared;
use crate::run::{Reports, Run};
use crate::training_data::{Inbox, Severity};
use crate::words;
use crate::work::event::Event;
use crate::work::gaps::{gaps_of, measure};
use crate::work::settings::{labels, settings};
use crate::work::train::{Job, TrainOptions};
use crate::work::{self, DeployOptions, EvaluateOptions, ExportOptions, Subject, data, extras};
use engine::error::{Error, Result};
use engine::store;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What calls the loop again.
const AGAIN: &str = "pmtune improve";

impl Course<'_> {
    pub(super) fn perform(&mut self, step: Step, inputs: &str) -> Result<Came> {
        match step {
            Step::Collect => self.collect(),
            Step::Measure => self.measure(),
            Step::Gaps => self.gaps(),
            Step::Write => self.write(),
            Step::Check => self.check(),
            Step::Train => self.train(inputs),
            Step::Evaluate => self.evaluate(),
            Step::Review => self.review(),
            Step::Decide => self.decide(),
            Step::Export => self.export(),
            Step::Deploy => self.deploy(),
        }
    }

    fn collect(&self) -> Result<Came> {
        let waiting = Inbox::below(&self.workspace.training_data()).waiting()?.len();
        if waiting == 0 {
            return Ok(Came::Done("nothing waits in the inbox".into()));
        }
        let wait = format!("{waiting} {} in the inbox", words::either(waiting, "entry waits", "entries wait"));
        Ok(match self.options.yes {
            true => Came::Done(format!("{wait}, and stay there")),
            false => Came::Person {
                what: format!("{wait}: approve what is worth learning, reject the rest, or pass them by with --yes."),
                next: "pmtune data inbox".into(),
            },
        })
    }

    fn measure(&mut self) -> Result<Came> {
        let options = self.options;
        let run = measure(self.workspace, &self.month.before, options.device, options.allow_commands, self.sink)?;
        let said = format!("{} answered {}", self.month.before, words::count(run.manifest.cases.len(), "dev case"));
        self.month.measured = Some(run.manifest.id);
        Ok(Came::Done(said))
    }

    /// Makes the plan, and the promise that goes with it. What was written in this month stays new when it is made again.
    fn gaps(&mut self) -> Result<Came> {
        let id = self.month.measured.as_ref().ok_or_else(|| Error::input("the month names no run over dev cases"))?;
        let run = Reports::new(self.workspace.reports()).load(id)?;
        let seed = format!("{} {}", self.month.before, self.month.month);
        let found = gaps_of(self.workspace, &run, self.asked_for(), &seed, self.sink)?;
        let page = self.folder.join("plan.md");
        store::replace(&self.folder.join(PLAN_FILE), plan_json(&found.plan)?.as_bytes())?;
        store::replace(&self.folder.join("plan.html"), found.report.html()?.as_bytes())?;
        store::replace(&page, found.report.markdown()?.as_bytes())?;
        if !self.month.steps.contains_key(&Step::Gaps) {
            self.month.known = self.examples()?;
        }
        self.month.wanted = found.plan.examples();
        let promised = found.plan.promise().map(str::to_string);
        self.month.promised = promised.map(|name| Promised { kind: MoverKind::Check, name });
        let planned = words::count(self.month.wanted, "example");
        Ok(Came::Done(format!("{planned} planned: {}", work::short_path(&page))))
    }

    /// Counts what was written since the plan. Whether it is what the plan asks for, a person knows.
    fn write(&mut self) -> Result<Came> {
        let new = self.examples()?.difference(&self.month.known).count();
        let wanted = self.month.wanted;
        if new >= wanted || (self.options.yes && new > 0) {
            self.month.added = new;
            return Ok(Came::Done(format!("{}, of {wanted} planned", words::count(new, "new example"))));
        }
        let so_far = if new == 0 { String::new() } else { format!(" {new} are there.") };
        Ok(Came::Person {
            what: format!(
                "Write {} into the files of your training data; {} says which.{so_far} Fewer are enough with --yes.",
                words::count(wanted, "example"),
                work::short_path(&self.folder.join("plan.md"))
            ),
            next: AGAIN.into(),
        })
    }

    fn check(&self) -> Result<Came> {
        let linted = data::check(Some(self.workspace), &data::CheckOptions::default(), self.sink)?;
        if let Err(error) = data::verdict(Some(self.workspace), &linted, Some(Severity::Error)) {
            return Err(error.hint("see them all with `pmtune data check`, mend them, then run `pmtune improve` again"));
        }
        let found = words::count(linted.findings.len(), "finding");
        Ok(Came::Done(format!("{} without an error; {found} of less weight", words::count(linted.examples, "example"))))
    }

    /// Trains as often as asked, each time from another seed, and takes the one of the lowest validation loss: held-out
    /// cases have no part in the choice.
    fn train(&mut self, inputs: &str) -> Result<Came> {
        let tries = self.options.tries;
        loop {
            let mine = self.month.candidates.iter().filter(|candidate| candidate.inputs == inputs);
            let done = mine.clone().filter(|candidate| candidate.validation_loss.is_some()).count();
            if done >= tries {
                break;
            }
            let under_way = mine.clone().find(|candidate| candidate.validation_loss.is_none());
            let name = match under_way.map(|candidate| candidate.name.clone()) {
                Some(name) => self.go_on(name, done)?,
                None => self.begin(inputs, done)?,
            };
            let loss = registry::find(self.workspace, &name)?.training.and_then(|trained| trained.validation_loss);
            let loss = loss.ok_or_else(|| Error::model(format!("{name} has no validation loss to be chosen by")))?;
            self.enter(Candidate { name, inputs: inputs.to_string(), validation_loss: Some(loss) })?;
        }
        let mine = self.month.candidates.iter().filter(|candidate| candidate.inputs == inputs);
        let by_loss = |candidate: &&Candidate| candidate.validation_loss.unwrap_or(f64::INFINITY);
        let best = mine.min_by(|x, y| by_loss(x).total_cmp(&by_loss(y)));
        let best = best.ok_or_else(|| Error::input("nothing was trained"))?.clone();
        let of = if tries > 1 { format!(", the best of {tries} trainings") } else { String::new() };
        let loss = best.validation_loss.unwrap_or_default();
        let said = format!("{}{of}, validation loss {loss:.3}", best.name);
        self.month.candidate = Some(best.name);
        Ok(Came::Done(said))
    }

    /// Enters a training in the month's file before it begins and again when it ends, so that a kill loses none.
    fn enter(&mut self, candidate: Candidate) -> Result<()> {
        self.month.candidates.retain(|known| known.name != candidate.name);
        self.month.candidates.push(candidate);
        self.month.write(&self.folder)
    }

    fn begin(&mut self, inputs: &str, tried: usize) -> Result<String> {
        let job = Job::begin(self.workspace, &self.recipe(tried, None)?, self.sink)?;
        let name = job.name().to_string();
        self.enter(Candidate { name: name.clone(), inputs: inputs.to_string(), validation_loss: None })?;
        self.sink.tell(Event::Note(job.describe()));
        job.run(self.workspace, self.sink)?.version?;
        Ok(name)
    }

    /// A training that a kill broke off: over already, unfinished, or not begun.
    fn go_on(&self, name: String, tried: usize) -> Result<String> {
        if registry::find(self.workspace, &name).is_ok() {
            return Ok(name);
        }
        let job = match Job::resume(self.workspace, &name, self.options.device, self.sink) {
            Ok(job) => job,
            Err(_) => Job::begin(self.workspace, &self.recipe(tried, Some(name.clone()))?, self.sink)?,
        };
        job.run(self.workspace, self.sink)?.version?;
        Ok(name)
    }

    fn recipe(&self, tried: usize, name: Option<String>) -> Result<TrainOptions> {
        let mut options = TrainOptions { name, device: self.options.device, ..TrainOptions::default() };
        let anew = self.month.round.is_some_and(Round::starts_anew) || self.month.before == "base";
        options.from = (!anew).then(|| self.month.before.clone());
        options.recipe.epochs = self.month.round.and_then(Round::epochs);
        let first = work::train::TrainSection::of(self.workspace)?.numbers.seed.unwrap_or_default();
        options.recipe.seed = Some(first + tried as u64);
        Ok(options)
    }

    fn evaluate(&mut self) -> Result<Came> {
        let candidate = self.candidate_name()?.to_string();
        let options = EvaluateOptions {
            device: self.options.device,
            allow_commands: self.options.allow_commands,
            ..EvaluateOptions::of(Subject::Pair([self.month.before.clone(), candidate]))
        };
        let runs = work::evaluate(self.workspace, &options, self.sink)?;
        let [before, after] = &runs[..] else { return Err(Error::input("two versions were to be asked")) };
        let (before, after) = (&before.run, &after.run);
        let compared = work::compare(self.workspace, Outcomes { a: before, b: after }, false, self.sink)?;
        let report = work::short_path(&compared.folder.join("report.html"));
        self.month.runs = Some([before.manifest.id.clone(), after.manifest.id.clone()]);
        Ok(Came::Done(format!("{} each: {report}", words::count(after.manifest.cases.len(), "case"))))
    }

    fn candidate_name(&self) -> Result<&str> {
        self.month.candidate.as_deref().ok_or_else(|| Error::input("the month names no new version"))
    }

    /// The runs that the decision rests on.
    fn runs(&self) -> Result<[Run; 2]> {
        let reports = Reports::new(self.workspace.reports());
        let [before, after] = self.month.runs.as_ref().ok_or_else(|| Error::input("the month names no runs"))?;
        Ok([reports.load(before)?, reports.load(after)?])
    }

    fn people(&self, runs: &[Run; 2]) -> Result<Option<PeopleCompared>> {
        let called = labels(self.workspace, &runs[0], &runs[1]);
        Ok(extras::of_pair(self.workspace, (&called.a, &called.b), &runs[0], &runs[1], self.sink)?.people)
    }

    fn review(&self) -> Result<Came> {
        if !self.settings.review {
            return Ok(Came::Done("this workspace decides without people's scores".into()));
        }
        let runs = self.runs()?;
        let scored = self.people(&runs)?.is_some_and(|people| people.held_out.is_some());
        Ok(match scored || self.options.yes {
            true => Came::Done(if scored { "people scored both versions" } else { "passed by with --yes" }.into()),
            false => Came::Person {
                what: "Score answers of both versions; you do not see which is which.".into(),
                next: format!("pmtune review {} {}", self.month.before, self.candidate_name()?),
            },
        })
    }

    fn decide(&mut self) -> Result<Came> {
        let runs = self.runs()?;
        let [before, after] = &runs;
        let called = labels(self.workspace, before, after);
        let usual = settings(self.workspace)?;
        let people = self.people(&runs)?.and_then(|people| people.held_out);
        // What is corrected together, what was promised and what people say each claim with an equal part of the error.
        let parts = 1 + usize::from(self.month.promised.is_some()) + usize::from(people.is_some());
        let confidence = 1.0 - (1.0 - usual.confidence) / (self.settings.looks * parts) as f64;
        let settings = compare::Settings { confidence, ..usual };
        let called = Outcomes { a: called.a.as_str(), b: called.b.as_str() };
        let comparison = compare::compare(before, after, called, settings, false)?;
        let cases: BTreeSet<String> = after.records.iter().filter_map(fingerprint).collect();
        if cases.is_empty() {
            return Err(Error::input("there is no held-out case to decide on")
                .hint("mark some cases as `split: held-out`; the others are practice"));
        }
        let mut looks = Looks::open(self.workspace.root.join("improve/looks.jsonl"))?;
        let decision = decide(&Measured {
            comparison: &comparison,
            promised: self.month.promised.as_ref(),
            borne: looks.borne(&cases, &before.manifest.id, &after.manifest.id),
            may_bear: self.settings.looks,
            people: people.as_ref().and_then(|half| half.overall.as_ref()),
        });
        looks.enter(Look {
            at: Timestamp::now(),
            month: self.month.month.clone(),
            before: before.manifest.id.clone(),
            after: after.manifest.id.clone(),
            confidence,
            promoted: decision.promote,
            cases,
        })?;
        let said =
            format!("{} ({}; decision {} of {})", decision.why, decision.found, decision.look, decision.may_bear);
        self.month.decision = Some(decision);
        Ok(Came::Done(said))
    }

    fn export(&mut self) -> Result<Came> {
        self.month.exported = None;
        if !self.promoted() {
            return Ok(Came::Done("no new version to write".into()));
        }
        let options = ExportOptions {
            model: self.candidate_name()?.to_string(),
            format: Format::Gguf,
            file_type: Format::Gguf.file_type(None)?,
            output: None,
            suites: Vec::new(),
            through: None,
            allow_commands: self.options.allow_commands,
        };
        let exported = work::export(self.workspace, &options, self.sink)?;
        let file = work::short_path(&exported.folder.join(&exported.parity.file));
        Ok(Came::Done(match exported.parity.outcome() {
            Outcome::Passed => {
                self.month.exported = Some(work::short_path(&exported.folder));
                format!("{file} is proven")
            }
            _ => format!(
                "{file} is not proven, so nothing takes the place of the version in use: {}",
                exported.parity.verdict()
            ),
        }))
    }

    fn deploy(&mut self) -> Result<Came> {
        let Some(exported) = self.month.exported.clone() else {
            return Ok(Came::Done(format!("{} stays in use", self.month.before)));
        };
        let name = self.candidate_name()?.to_string();
        let why = self.month.decision.as_ref().map(|decision| decision.why.clone());
        registry::promote(self.workspace, &name, why.as_deref())?;
        let Some(to) = &self.settings.deploy_to else {
            return Ok(Came::Done(format!("{name} is primary; its file is in {exported}")));
        };
        let to = Target::parse(to)?;
        let options = DeployOptions { model: name.clone(), to, file_type: None, server: None };
        let deployed = work::deploy(self.workspace, &options, self.sink)?;
        Ok(Came::Done(format!("{name} is primary, and lies at {}", work::short_path(&deployed.place))))
    }
}
