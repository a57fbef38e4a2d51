use super::tone::half_name;
use crate::compare::Comparison;
use crate::run::{Answering, Run, SuiteRef};
use crate::words;
use engine::chat::Role;
use engine::generate::Sampling;
use serde::Serialize;

/// The appendix "How this was measured".
#[derive(Debug, Clone, Serialize)]
pub struct MeasuredView {
    /// The methods in one sentence, for where there is no room to explain them.
    pub short: String,
    pub methods: Vec<Method>,
    pub versions: Vec<VersionView>,
    pub suites: Vec<SuiteView>,
    pub pmtune: String,
}

/// One method in plain words, with its name for those who want to look it up.
#[derive(Debug, Clone, Serialize)]
pub struct Method {
    pub name: &'static str,
    pub words: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct VersionView {
    pub label: String,
    pub settings: Vec<(&'static str, String)>,
    pub system: Option<String>,
    /// Who speaks, and what is said.
    pub examples: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SuiteView {
    pub name: String,
    pub category: String,
    pub description: String,
    pub hash: String,
}

impl MeasuredView {
    pub fn of_comparison(c: &Comparison, a: &Run, b: &Run) -> Self {
        Self {
            short: format!(
                "Cases paired; difference in score with a {} bootstrap interval ({} resamples, seed {}) and a sign-flip \
                 permutation test; pass rates with Wilson intervals; cases that changed sides by exact McNemar; \
                 all that is looked at corrected together after Holm; differences below {} count as negligible.{}",
                words::percent_exact(c.settings.confidence),
                words::thousands(c.settings.resamples),
                c.settings.seed,
                words::decimal(c.settings.negligible),
                luck(c).map(|words| format!(" By luck alone: {words}")).unwrap_or_default()
            ),
            methods: comparison_methods(c),
            versions: [(&c.a, a), (&c.b, b)].map(|(side, run)| version(&side.label, run, side.errors)).into(),
            suites: suites(&c.suites),
            pmtune: c.b.run.pmtune.clone(),
        }
    }

    pub fn of_run(label: &str, run: &Run, errors: usize, confidence: f64) -> Self {
        let manifest = &run.manifest;
        Self {
            short: format!(
                "Pass rates with {} Wilson intervals; of each criterion, the share of its checks that pass.",
                words::percent_exact(confidence)
            ),
            methods: vec![scoring(), wilson(&words::percent_exact(confidence)), rubric()],
            versions: vec![version(label, run, errors)],
            suites: suites(&manifest.suites),
            pmtune: manifest.pmtune.clone(),
        }
    }
}

fn scoring() -> Method {
    Method {
        name: "Score of a case",
        words: "The weighted mean of its checks, from 0 to 1. A case passes when every check with weight passes, or, \
                where the case sets a threshold, when the score reaches it. Several answers to one case are averaged \
                first."
            .to_string(),
    }
}

fn wilson(confidence: &str) -> Method {
    Method {
        name: "Interval of a pass rate",
        words: format!(
            "Wilson score interval at {confidence} (Wilson 1927): the pass rates that would make a result like this \
             one unsurprising."
        ),
    }
}

fn rubric() -> Method {
    Method {
        name: "Criteria",
        words: "The share of the checks that speak for a criterion which pass, by their weights. A case counts for a criterion where at least one of \
                them is evidence: checks that see symptoms only, such as a length, measure nothing alone. Points \
                from 1 to 5 are given by people alone."
            .to_string(),
    }
}

/// How often each kind of line would have been written about these cases, had the versions been equal.
fn luck(c: &Comparison) -> Option<String> {
    let half = if c.held_out.cases() > 0 { &c.held_out } else { &c.dev };
    let found = half.luck.as_ref()?;
    let share = |n: usize| format!("{:.1}\u{a0}%", 100.0 * n as f64 / found.swaps.max(1) as f64);
    Some(format!(
        "with the labels of both versions swapped at random {} times over the {} cases, something would have been \
         named in {} of the reports (the whole in {}, passes in {}, a category in {}, a criterion in {}, a check in {}).",
        words::thousands(found.swaps),
        half_name(half.split),
        share(found.anything),
        share(found.headline),
        share(found.passes),
        share(found.categories),
        share(found.criteria),
        share(found.checks)
    ))
}

fn comparison_methods(c: &Comparison) -> Vec<Method> {
    let settings = &c.settings;
    let confidence = words::percent_exact(settings.confidence);
    let mut methods = vec![
        Method {
            name: "Two halves",
            words: "Examples are written and gaps looked for on the dev cases only. The held-out cases are never \
                    trained towards, so the claim at the top rests on them alone."
                .to_string(),
        },
        scoring(),
        Method {
            name: "Difference in score",
            words: format!(
                "The mean difference over the cases, each version answering the same ones. Its {confidence} interval \
                 is a bootstrap interval from {} resamples with seed {} (Efron & Tibshirani 1993); cases that share a \
                 source are drawn together. The chance figure is a sign-flip permutation test.",
                words::thousands(settings.resamples),
                settings.seed
            ),
        },
        Method {
            name: "Cases that changed sides",
            words: "Exact McNemar test (McNemar 1947): of the cases that one version passes and the other does not, \
                    how often would a fair coin fall this unevenly?"
                .to_string(),
        },
        wilson(&confidence),
        Method {
            name: "Many things at once",
            words: "Categories, criteria, checks and passes are tested one by one, and among so many one looks good by \
                    luck. So their chance figures are raised together by Holm's correction (Holm 1979), and the score as \
                    a whole is given four fifths of the error allowed: of two equal versions no more reports than that \
                    name anything at all."
                .to_string(),
        },
        Method {
            name: "What counts as no difference",
            words: format!(
                "A difference in score below {} is called negligible. \"No evidence of a difference\" needs the whole \
                 interval to lie within that; a wider interval means too few cases to tell.",
                words::decimal(settings.negligible)
            ),
        },
        Method {
            name: "Smallest difference that would show",
            words: "With this many cases and this spread, the true difference that would be noticed four times in \
                    five (80\u{a0}% power)."
                .to_string(),
        },
        rubric(),
    ];
    methods.extend(luck(c).map(|words| Method {
        name: "What luck alone would have named",
        words: format!("Calibrated on these very results: {words}"),
    }));
    methods
}

fn version(label: &str, run: &Run, errors: usize) -> VersionView {
    let manifest = &run.manifest;
    let version = &manifest.version;
    let mut settings = vec![("Version", version.name.clone()), ("Base", words::short_hash(&version.base))];
    settings.extend(version.adapter.as_ref().map(|adapter| ("Adapter", words::short_hash(adapter))));
    settings.extend(version.template.as_ref().map(|hash| ("Chat template", words::short_hash(hash))));
    settings.extend(version.routed.as_ref().map(|routed| ("Asks", routed.shares())));
    settings.push(("Sampling", sampling(&version.sampling)));
    settings.push(("Run", manifest.id.clone()));
    settings.extend(manifest.shard.as_ref().map(|part| ("Part of a run", part.shard.words())));
    settings.extend(manifest.engine.as_ref().map(|engine| ("Answered by", engine.to_string())));
    if !manifest.merged_from.is_empty() {
        settings.push(("Merged from runs", words::list_at_most(&manifest.merged_from, 8)));
    }
    settings.extend(manifest.rescored_from.as_ref().map(|id| ("Answers taken from run", id.clone())));
    settings.push(("Started", words::moment(manifest.started)));
    settings.push(match manifest.finished {
        Some(finished) => ("Finished", words::moment(finished)),
        None => ("Finished", "not finished; figures so far".to_string()),
    });
    settings.extend(work(run));
    settings.push(("Cases with an error", errors.to_string()));
    VersionView {
        label: label.to_string(),
        settings,
        system: version.system.clone(),
        examples: version.examples.iter().map(|m| (speaker(m.role), m.content.clone())).collect(),
    }
}

/// What it took, leaving out answers that were there already.
fn work(run: &Run) -> Vec<(&'static str, String)> {
    let work = Answering::of(run);
    let mut told = Vec::new();
    if let Some(speed) = work.tokens_per_second() {
        let tokens = words::count(work.tokens, "token");
        told.push(("Time answering", format!("{} for {tokens}, {speed:.0} a second", words::duration(work.seconds))));
    }
    if work.reused > 0 {
        let all = if work.made == 0 { "all " } else { "" };
        told.push(("Answers reused", format!("{all}{} from earlier runs", words::thousands(work.reused))));
    }
    told
}

fn speaker(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn sampling(s: &Sampling) -> String {
    let mut parts = Vec::new();
    if s.temperature == 0.0 {
        parts.push("greedy (always the likeliest token)".to_string());
    } else {
        parts.push(format!("temperature {}", s.temperature));
        parts.extend(s.top_k.map(|k| format!("top-k {k}")));
        parts.extend(s.top_p.map(|p| format!("top-p {p}")));
        parts.extend(s.min_p.map(|p| format!("min-p {p}")));
        parts.push(format!("seed {}", s.seed));
    }
    if s.repetition_penalty != 1.0 {
        parts.push(format!("repetition penalty {}", s.repetition_penalty));
    }
    parts.push(format!("at most {}", words::count(s.max_tokens, "token")));
    if !s.stop.is_empty() {
        let stops: Vec<String> = s.stop.iter().map(|text| format!("{text:?}")).collect();
        parts.push(format!("stops at {}", stops.join(", ")));
    }
    parts.extend((!s.json.is_off()).then(|| format!("JSON by construction ({})", s.json)));
    parts.join(", ")
}

fn suites(suites: &[SuiteRef]) -> Vec<SuiteView> {
    let view = |suite: &SuiteRef| SuiteView {
        name: suite.name.clone(),
        category: suite.category.clone(),
        description: suite.description.clone(),
        hash: words::short_hash(&suite.hash),
    };
    suites.iter().map(view).collect()
}
