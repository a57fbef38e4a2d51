//! How often an instruction finds its version.

use super::decision::Why;
use super::router::Router;
use super::routes::Route;
use crate::tally::{Interval, wilson};
use crate::training_data::Meanings;
use engine::error::Result;
use serde::Serialize;

/// How the instructions that training holds out were routed. They are compared with the others as any question is, so
/// this is what the routes do with an instruction that nobody has seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accuracy {
    pub all: Found,
    /// In the order of the routes.
    pub routes: Vec<Found>,
    /// Those of tasks without a route, which the version that answers otherwise should get.
    pub otherwise: Found,
    /// Near to no task.
    pub abstained: usize,
}

/// Of some held-out instructions, those that went to the version of their task.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Found {
    pub right: usize,
    pub of: usize,
    /// Wilson's.
    pub interval: Interval,
}

/// Routes every held-out instruction, and counts.
pub fn accuracy(router: &Router, meanings: &dyn Meanings, confidence: f64) -> Result<Accuracy> {
    let Router { routes, instructions, .. } = router;
    let texts: Vec<&str> = instructions.held_out.iter().map(|one| one.text.as_str()).collect();
    let decisions = router.decide_read(&texts, meanings)?;
    let abstained = decisions.iter().filter(|decision| decision.why == Why::Abstained).count();
    // Each with the route of its task, and whether it went there.
    let routed = instructions.held_out.iter().zip(&decisions).map(|(one, decision)| {
        let route = routes.of(&instructions.tasks[one.task]);
        (route, decision.version == *route.map_or(&routes.otherwise, |route| &route.version))
    });
    let routed: Vec<(Option<&Route>, bool)> = routed.collect();
    let found = |wanted: &dyn Fn(Option<&Route>) -> bool| {
        let mine: Vec<bool> = routed.iter().filter(|(route, _)| wanted(*route)).map(|(_, right)| *right).collect();
        let (right, of) = (mine.iter().filter(|right| **right).count(), mine.len());
        Found { right, of, interval: wilson(right, of, confidence) }
    };
    Ok(Accuracy {
        all: found(&|_| true),
        routes: routes.routes.iter().map(|mine| found(&|route| route == Some(mine))).collect(),
        otherwise: found(&|route| route.is_none()),
        abstained,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::routes::Routes;
    use crate::route::testing::{Toy, instructions};

    #[test]
    fn held_out_instructions_are_counted_by_the_version_they_should_reach() {
        let training =
            [("stories/a", "story card brief"), ("plans/b", "roadmap quarter"), ("notes/c", "minutes meeting")];
        let held_out = [
            ("stories/a", "story card"),
            ("stories/a", "roadmap"),
            ("plans/b", "roadmap"),
            ("plans/b", "zebra"),
            ("notes/c", "minutes"),
            ("notes/c", "zebra"),
        ];
        let mut all = instructions(&training);
        all.held_out = instructions(&[&training[..], &held_out[..]].concat()).training.split_off(training.len());
        let route = |task: &str, version: &str| Route { task: task.into(), version: version.into() };
        let routes = vec![route("stories", "v2"), route("plans", "v3")];
        let routes = Routes { sha256: String::new(), routes, otherwise: "v1".into() };
        let router = Router::new(routes, all, &Toy, &|_, _| ()).unwrap();
        let found = accuracy(&router, &Toy, 0.95).unwrap();
        let counts = |found: &Found| (found.right, found.of);
        assert_eq!((counts(&found.all), found.abstained), ((4, 6), 2));
        assert_eq!(found.routes.iter().map(counts).collect::<Vec<_>>(), [(1, 2), (1, 2)]);
        // What abstains goes to the right version all the same.
        assert_eq!(counts(&found.otherwise), (2, 2));
        assert_eq!(found.all.interval, wilson(4, 6, 0.95));
    }
}
