//! From an instruction to a version.

use super::decision::{Decision, Why};
use super::instructions::Instructions;
use super::routes::Routes;
use crate::training_data::{Meanings, instruction_to_read};
use engine::embed::cosine;
use engine::error::Result;

/// From this cosine to a task's mean on, an instruction is of that task. Of the shipped training instructions 96 in 100
/// reach it when their own is left out, of those that are held out 41 in 42, and of questions about the world at large
/// (`suites/forgetting`) 9 in 40.
pub const NEAR: f64 = 0.33;
/// So many instructions are named as the reason.
const NAMED: usize = 2;

/// The routes, with what an instruction is compared with.
#[derive(Debug, Clone)]
pub struct Router {
    pub routes: Routes,
    pub instructions: Instructions,
    /// One for each of the training instructions.
    vectors: Vec<Vec<f32>>,
    /// One for each task; nothing where all its instructions were held out.
    means: Vec<Option<Vec<f32>>>,
}

impl Router {
    /// Reads the training instructions with the sentence model. `told` as in [`Meanings`].
    pub fn new(
        routes: Routes,
        instructions: Instructions,
        meanings: &dyn Meanings,
        told: &dyn Fn(usize, usize),
    ) -> Result<Self> {
        let texts: Vec<&str> = instructions.training.iter().map(|one| one.text.as_str()).collect();
        let vectors = meanings.vectors(&texts, told)?;
        let mean = |task: usize| {
            let mine = instructions.training.iter().zip(&vectors).filter(|(one, _)| one.task == task);
            mean(mine.map(|(_, vector)| vector.as_slice()))
        };
        let means = (0..instructions.tasks.len()).map(mean).collect();
        Ok(Self { routes, instructions, vectors, means })
    }

    /// Who answers each of these questions.
    pub fn decide(&self, questions: &[&str], meanings: &dyn Meanings) -> Result<Vec<Decision>> {
        let texts: Vec<String> = questions.iter().map(|question| instruction_to_read(question)).collect();
        self.decide_read(&texts.iter().map(String::as_str).collect::<Vec<_>>(), meanings)
    }

    /// Who answers the last of a conversation's questions: the newest that is near to a task decides, so that "shorter,
    /// please" goes to whoever wrote what is to be shorter.
    pub fn decide_conversation(&self, questions: &[&str], meanings: &dyn Meanings) -> Result<Decision> {
        let (newest, earlier) = questions.split_last().unwrap_or((&"", &[]));
        let decide = |question: &str| -> Result<Decision> {
            let text = instruction_to_read(question);
            let vector = meanings.vectors(&[&text], &|_, _| ())?.pop().unwrap_or_default();
            Ok(self.decision(&vector))
        };
        let last = decide(newest)?;
        if last.why == Why::Abstained {
            for question in earlier.iter().rev() {
                let decision = decide(question)?;
                if decision.why != Why::Abstained {
                    return Ok(decision);
                }
            }
        }
        Ok(last)
    }

    /// The same of texts that are as the sentence model reads them.
    pub(super) fn decide_read(&self, texts: &[&str], meanings: &dyn Meanings) -> Result<Vec<Decision>> {
        let vectors = meanings.vectors(texts, &|_, _| ())?;
        Ok(vectors.iter().map(|vector| self.decision(vector)).collect())
    }

    /// Of tasks that are as near as each other the first by name is taken.
    fn decision(&self, vector: &[f32]) -> Decision {
        let (mut task, mut similarity) = (0, f64::NEG_INFINITY);
        for (at, mean) in self.means.iter().enumerate() {
            let near = mean.as_ref().map_or(f64::NEG_INFINITY, |mean| cosine(vector, mean));
            if near > similarity {
                (task, similarity) = (at, near);
            }
        }
        let name = self.instructions.tasks.get(task).cloned().unwrap_or_default();
        let otherwise = &self.routes.otherwise;
        let (why, version) = match self.routes.of(&name) {
            _ if similarity < NEAR => (Why::Abstained, otherwise),
            None => (Why::NoRoute, otherwise),
            Some(route) => (Why::Routed, &route.version),
        };
        let version = version.clone();
        Decision { version, similarity, why, nearest: self.nearest(vector, task), task: name }
    }

    /// The instructions of a task that are nearest.
    fn nearest(&self, vector: &[f32], task: usize) -> Vec<String> {
        let of_task = self.instructions.training.iter().zip(&self.vectors).filter(|(one, _)| one.task == task);
        let mut all: Vec<(f64, &str)> =
            of_task.map(|(one, other)| (cosine(vector, other), one.place.as_str())).collect();
        // Stable: of equals, the first in the file.
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        all.into_iter().take(NAMED).map(|(_, place)| place.to_string()).collect()
    }
}

/// The mean of vectors, of length 1; `None` of none.
fn mean<'a>(vectors: impl Iterator<Item = &'a [f32]>) -> Option<Vec<f32>> {
    let mut sum: Vec<f64> = Vec::new();
    for vector in vectors {
        sum.resize(vector.len().max(sum.len()), 0.0);
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let length = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
    (length > 0.0).then(|| sum.iter().map(|x| (x / length) as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::routes::Route;
    use crate::route::testing::{Toy, instructions};

    fn router() -> Router {
        let route = |task: &str, version: &str| Route { task: task.into(), version: version.into() };
        let routes = Routes {
            sha256: "0".into(),
            routes: vec![route("stories", "X-v2"), route("stories/long", "X-v3")],
            otherwise: "X-v1".into(),
        };
        let examples = [
            ("stories/short", "story card brief"),
            ("stories/short", "story card tiny"),
            ("stories/long", "story novel epic"),
            ("stories/long", "story novel saga"),
            ("plans/road", "roadmap quarter"),
        ];
        Router::new(routes, instructions(&examples), &Toy, &|_, _| ()).unwrap()
    }

    fn decided(question: &str) -> Decision {
        router().decide(&[question], &Toy).unwrap().remove(0)
    }

    #[test]
    fn the_nearest_task_decides_and_names_its_nearest_examples() {
        let decision = decided("a tiny story card\n\nof a roadmap for the next quarter");
        assert_eq!((decision.version.as_str(), decision.task.as_str()), ("X-v2", "stories/short"));
        assert_eq!((decision.why, decision.nearest[0].as_str()), (Why::Routed, "stories/short.jsonl:2"));
        assert!(decision.words().starts_with("nearest to stories/short (0."), "{}", decision.words());
        assert!(decision.words().ends_with("as in stories/short.jsonl:2 and stories/short.jsonl:1"));
    }

    #[test]
    fn a_file_of_its_own_comes_before_its_folder() {
        assert_eq!(decided("novel saga").version, "X-v3");
    }

    #[test]
    fn what_has_no_route_or_is_near_to_nothing_goes_to_the_version_that_answers_otherwise() {
        let decision = decided("roadmap of the quarter");
        assert_eq!((decision.version.as_str(), decision.why), ("X-v1", Why::NoRoute));
        let decision = decided("zebra");
        assert_eq!((decision.version.as_str(), decision.why), ("X-v1", Why::Abstained));
        assert!(decision.words().starts_with("near to no task"), "{}", decision.words());
    }

    #[test]
    fn a_follow_up_goes_to_whoever_answered_before() {
        let decide = |questions: &[&str]| router().decide_conversation(questions, &Toy).unwrap().version;
        assert_eq!(decide(&["novel saga", "zebra"]), "X-v3");
        assert_eq!(decide(&["novel saga", "tiny card"]), "X-v2");
        assert_eq!((decide(&["zebra"]).as_str(), decide(&[]).as_str()), ("X-v1", "X-v1"));
    }
}
