use crate::foreign::remark::Fate;

/// What becomes of one kind of assertion.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub theirs: &'static str,
    /// The check it becomes; `None` where nothing here does the same.
    pub ours: Option<&'static str>,
    pub fate: Fate,
    /// What differs, or why there is none.
    pub note: &'static str,
}

const fn kept(theirs: &'static str, ours: &'static str) -> Row {
    Row { theirs, ours: Some(ours), fate: Fate::Kept, note: "" }
}

const fn changed(theirs: &'static str, ours: &'static str, note: &'static str) -> Row {
    Row { theirs, ours: Some(ours), fate: Fate::Changed, note }
}

const fn none(theirs: &'static str, note: &'static str) -> Row {
    Row { theirs, ours: None, fate: Fate::LeftOut, note }
}

const JUDGE: &str =
    "no model decides a verdict here; `pmtune review --judge MODEL` has one score answers by the rubric";
const CODE: &str = "runs code: only with --with-commands, and then only under `--allow-commands`";
const CALLS: &str = "versions here answer in text and call no tools";
const TRACES: &str = "there are no traces here";
const RETRIEVAL: &str = "a model grades it, and there is no retrieval here";
const MARKUP: &str = "no check reads this language; write a `regex`, or a check of your own (`command`)";

/// Every assertion of promptfoo, in the order of the guide.
pub static TABLE: &[Row] = &[
    changed("equals", "equals", "spaces around the answer do not count; a JSON value becomes `is-json` with `const`"),
    kept("contains", "contains"),
    kept("icontains", "icontains"),
    kept("contains-all", "contains-all"),
    kept("contains-any", "contains-any"),
    kept("icontains-all", "icontains-all"),
    kept("icontains-any", "icontains-any"),
    changed("starts-with", "starts-with", "spaces before the answer do not count"),
    changed("regex", "regex", "another dialect: no look-around and no back-references; such patterns are left out"),
    changed("is-json", "is-json", "JSON in the answer's only code block counts as well"),
    kept("contains-json", "contains-json"),
    changed("word-count", "word-count", "Markdown's marks are no words"),
    changed("is-refusal", "refusal", "another list of words"),
    changed("latency", "latency", "milliseconds become seconds"),
    changed("levenshtein", "levenshtein", "a distance becomes a share of the text's length"),
    changed("rouge-n", "rouge-n", "words are cut as Google's rouge_score does"),
    changed("bleu", "bleu", "computed as sacrebleu does"),
    changed("similar", "similar", "another sentence model, so the threshold may want to move"),
    changed("similar:cosine", "similar", "another sentence model, so the threshold may want to move"),
    changed("finish-reason", "truncated", "`stop` becomes `not-truncated`, `length` becomes `truncated`"),
    changed("assert-set", "assert-set", "its assertions stand on their own; with a threshold it is left out"),
    Row { theirs: "javascript", ours: Some("command"), fate: Fate::Changed, note: CODE },
    Row { theirs: "python", ours: Some("command"), fate: Fate::Changed, note: CODE },
    none("ruby", "only JavaScript and Python are carried over; write a check of your own (`command`)"),
    none("webhook", "no check asks a server; write a check of your own (`command`)"),
    none("cost", "answers of a model on this computer have no price"),
    none("llm-rubric", JUDGE),
    none("g-eval", JUDGE),
    none("factuality", JUDGE),
    none("model-graded-closedqa", JUDGE),
    none("model-graded-factuality", JUDGE),
    none("answer-relevance", JUDGE),
    none("conversation-relevance", JUDGE),
    none("agent-rubric", JUDGE),
    none("search-rubric", JUDGE),
    none("pi", JUDGE),
    none("select-best", "answers are compared over the whole suite: pmtune eval --compare v1 v2"),
    none("max-score", "answers are compared over the whole suite: pmtune eval --compare v1 v2"),
    none("classifier", "no classifier is at hand; write a check of your own (`command`)"),
    none("moderation", "no moderation service is asked; write a check of your own (`command`)"),
    none("guardrails", "no moderation service is asked; write a check of your own (`command`)"),
    none("perplexity", "a reference's likelihood is measured instead: `reference-nll`, `prefers-reference`"),
    none("perplexity-score", "a reference's likelihood is measured instead: `reference-nll`, `prefers-reference`"),
    none("gleu", "`bleu` and `chrf` are at hand"),
    none("meteor", "`bleu`, `rouge-l` and `chrf` are at hand"),
    none("similar:dot", "vectors here have length 1: use `similar`"),
    none("similar:euclidean", "vectors here have length 1: use `similar`"),
    none("context-faithfulness", RETRIEVAL),
    none("context-recall", RETRIEVAL),
    none("context-relevance", RETRIEVAL),
    none("is-html", MARKUP),
    none("contains-html", MARKUP),
    none("is-xml", MARKUP),
    none("contains-xml", MARKUP),
    none("is-sql", MARKUP),
    none("contains-sql", MARKUP),
    none("is-valid-function-call", CALLS),
    none("is-valid-openai-function-call", CALLS),
    none("is-valid-openai-tools-call", CALLS),
    none("tool-call-f1", CALLS),
    none("skill-used", CALLS),
    none("trajectory:tool-used", TRACES),
    none("trajectory:tool-args-match", TRACES),
    none("trajectory:tool-sequence", TRACES),
    none("trajectory:step-count", TRACES),
    none("trajectory:goal-success", TRACES),
    none("trace-span-count", TRACES),
    none("trace-span-duration", TRACES),
    none("trace-error-spans", TRACES),
];

pub(super) fn row(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.theirs == name)
}
