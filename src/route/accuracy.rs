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
