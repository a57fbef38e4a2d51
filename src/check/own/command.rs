use super::process::{self, Bounds};
use crate::check::text::wording::quote;
use crate::check::{Judge, Permit, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::sync::OnceLock;
use std::time::Duration;

/// The version of what a program is told on its standard input.
const FORMAT: u32 = 1;

/// The longest verdict a program may write, in bytes.
const VERDICT_BYTES: usize = 64 << 10;

/// The longest time a program may be given, in seconds.
const MOST_SECONDS: f64 = 600.0;

/// Where a program that gives a score alone passes.
const PASS_AT: f64 = 0.5;

/// Asks a program. It gets one JSON object on its standard input (`format`, `case`, `prompt`, `answer`, `reference`,
/// `choices`, `variables`) and writes one to its standard output (`pass`, `score` from 0 to 1, `reason`). No shell is
/// involved; it runs in the workspace's folder. A program that is missing, ends with another code than 0, takes too long
/// or writes anything else has not judged: the check broke.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Command {
    /// The program and its arguments, each an entry of its own. A program named with a slash is looked for from the
    /// workspace's folder, any other where the system looks for programs.
    #[schemars(length(min = 1))]
    run: Vec<String>,
    /// The longest time for one answer, in seconds, up to 600. Then it is ended, with all that it has started.
    #[serde(default = "ten")]
    max_seconds: f64,
    #[serde(skip)]
    permit: OnceLock<Permit>,
}

fn ten() -> f64 {
    10.0
}

/// What a program writes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    pass: Option<bool>,
    score: Option<f64>,
    reason: Option<String>,
}

impl Judge for Command {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let Some(permit) = self.permit.get() else {
            return Verdict::Error { reason: "this check runs a program, which nobody has allowed here".into() };
        };
        let told = json!({
            "format": FORMAT, "case": permit.case, "prompt": subject.prompt, "answer": subject.text(),
            "reference": subject.reference, "choices": subject.choices, "variables": permit.variables,
        });
        let bounds = Bounds { time: Duration::from_secs_f64(self.max_seconds), output_bytes: VERDICT_BYTES };
        match process::run(&self.run, &permit.folder, told.to_string().into_bytes(), bounds) {
            Ok(written) => verdict(&written),
            Err(reason) => Verdict::Error { reason },
        }
    }

    fn program(&self) -> Option<&[String]> {
        Some(&self.run)
    }

    fn permit(&self, permit: Permit) {
        // Who has leave already keeps it: a case's checks are its own.
        let _ = self.permit.set(permit);
    }

    fn faults(&self) -> Option<String> {
        let Some(program) = self.run.first().filter(|program| !program.trim().is_empty()) else {
            return Some("`run` names no program; write `run: [python3, checks/mine.py]`".into());
        };
        if [".bat", ".cmd"].iter().any(|end| program.to_lowercase().ends_with(end)) {
            return Some(format!("{} would run in a shell; name the program itself", quote(program)));
        }
        if self.run.iter().any(|word| word.contains('\0')) {
            return Some("`run` has a NUL in it".into());
        }
        (!(self.max_seconds > 0.0 && self.max_seconds <= MOST_SECONDS))
            .then(|| format!("`max-seconds` is a number above 0 and at most {MOST_SECONDS}, not {}", self.max_seconds))
    }
}

fn verdict(written: &[u8]) -> Verdict {
    let broke = |what: String| Verdict::Error { reason: what };
    let said: Said = match serde_json::from_slice(written) {
        Ok(said) => said,
        Err(error) => {
            let text = String::from_utf8_lossy(written);
            let found = if text.trim().is_empty() { "nothing".to_string() } else { quote(&text) };
            return broke(format!("the program wrote no verdict but {found}: {error}"));
        }
    };
    if let Some(score) = said.score.filter(|score| !(0.0..=1.0).contains(score)) {
        return broke(format!("the program gave the score {score}, which is not from 0 to 1"));
    }
    let reason = said.reason.map_or_else(|| "the program gave no reason".to_string(), |reason| quote(&reason));
    match (said.pass, said.score) {
        (None, None) => broke("the program gave neither `pass` nor `score`".into()),
        (Some(true), score) => Verdict::Pass { score: score.unwrap_or(1.0), reason },
        (Some(false), score) => Verdict::Fail { score: score.unwrap_or(0.0), reason },
        (None, Some(score)) => Verdict::graded(score, PASS_AT, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Verdict {
        verdict(text.as_bytes())
    }

    #[test]
    fn a_verdict_is_read_or_the_check_broke() {
        assert_eq!(told(r#"{"pass": true}"#).score(), Some(1.0));
        assert_eq!(
            told(r#"{"pass": false, "score": 0.4}"#),
            Verdict::Fail { score: 0.4, reason: "the program gave no reason".into() }
        );
        assert!(told(r#"{"score": 0.5, "reason": "half"}"#).passed());
        assert!(!told("{\"score\": 0.49}\n").passed());
        for garbage in [
            "",
            "yes",
            "{}",
            r#"{"pass": "yes"}"#,
            r#"{"score": 7}"#,
            r#"{"pass": true} {"pass": true}"#,
            r#"{"passed": true}"#,
        ] {
            assert!(matches!(told(garbage), Verdict::Error { .. }), "{garbage}: {:?}", told(garbage));
        }
    }

    #[test]
    fn what_cannot_be_run_safely_is_a_fault() {
        let fault = |json: &str| serde_json::from_str::<Command>(json).unwrap().faults();
        assert_eq!(fault(r#"{"run": ["python3", "x.py"], "max-seconds": 0.5}"#), None);
        for wrong in [
            r#"{"run": []}"#,
            r#"{"run": [" "]}"#,
            r#"{"run": ["x.CMD"]}"#,
            r#"{"run": ["x", "a\u0000b"]}"#,
            r#"{"run": ["x"], "max-seconds": 0}"#,
            r#"{"run": ["x"], "max-seconds": 601}"#,
        ] {
            assert!(fault(wrong).is_some(), "{wrong}");
        }
    }
}

#[cfg(all(test, unix))]
mod running {
    use super::*;
    use crate::provider::{Answer, Stop};
    use std::time::Instant;

    /// What `sh -c script` says of the answer "yes": the shell is the program here, named as any other.
    fn judged(script: &str, max_seconds: f64) -> Verdict {
        let folder = tempfile::tempdir().unwrap();
        let check =
            Command { run: ["sh", "-c", script].map(str::to_string).to_vec(), max_seconds, permit: OnceLock::new() };
        let answer = Answer {
            text: "yes; $(touch gone)".into(),
            thoughts: String::new(),
            stop: Stop::End,
            prompt_tokens: 1,
            output_tokens: 1,
            seconds: 0.0,
            reference_nll: None,
            likelihoods: Vec::new(),
        };
        let subject = Subject { prompt: "p", reference: Some("r"), choices: &[], answer: &answer };
        assert!(matches!(check.judge(&subject), Verdict::Error { .. }), "nothing runs unasked");
        check.permit(Permit {
            folder: folder.path().canonicalize().unwrap(),
            case: "s/c".into(),
            variables: json!({"n": "1.10"}),
        });
        let verdict = check.judge(&subject);
        assert!(!folder.path().join("gone").exists());
        verdict
    }

    fn broke(script: &str, with: &str) {
        let verdict = judged(script, 5.0);
        assert!(matches!(&verdict, Verdict::Error { reason } if reason.contains(with)), "{script}: {verdict:?}");
    }

    #[test]
    fn a_program_hears_the_case_and_judges() {
        let verdict = judged(r#"tr -d '"\\{}$' | sed 's/.*/{"pass": true, "reason": "&"}/'"#, 5.0);
        assert!(verdict.passed(), "{verdict:?}");
        let all = "format:1,case:s/c,prompt:p,answer:yes; (touch gone),reference:r,choices:[],variables:n:1.10";
        assert_eq!(verdict.reason(), quote(all));
    }

    #[test]
    fn a_program_need_not_listen() {
        assert!(judged(r#"exec <&-; echo '{"score": 1}'"#, 5.0).passed());
    }

    #[test]
    fn what_is_no_verdict_is_an_error_and_never_a_fail() {
        broke("echo fine", "no verdict");
        broke("exit 3", "code 3");
        broke("echo 'no such file' >&2; exit 1", "no such file");
        broke("kill -9 $$", "a signal");
        broke("yes", "more than 65536 bytes");
        let missing = process::run(
            &["no-such-program-here".into()],
            std::path::Path::new("/"),
            Vec::new(),
            Bounds { time: Duration::from_secs(1), output_bytes: 9 },
        );
        assert!(missing.unwrap_err().contains("cannot be started"));
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("still-here");
        let began = Instant::now();
        // The grandchild holds the output open and would leave a mark.
        let verdict = judged(&format!("(sleep 1; touch '{}') & sleep 60", mark.display()), 0.3);
        assert!(
            matches!(&verdict, Verdict::Error { reason } if reason.contains("still running after 0.3 s")),
            "{verdict:?}"
        );
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        std::thread::sleep(Duration::from_millis(1300));
        assert!(!mark.exists(), "the grandchild lived on");
    }

    #[test]
    fn what_a_program_leaves_behind_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("still-here");
        let script = format!("(exec >&- 2>&- <&-; sleep 0.3; touch '{}') & echo '{{\"pass\": true}}'", mark.display());
        assert!(judged(&script, 5.0).passed());
        std::thread::sleep(Duration::from_millis(600));
        assert!(!mark.exists(), "the grandchild lived on");
    }
}
