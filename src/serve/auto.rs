//! `auto`: the model that stands for whichever version the routes give a question to.

use super::refusal::Refusal;
use crate::registry::AUTO;
use crate::route::{Decision, Router, Routes};
use crate::training_data::Unkept;
use crate::work::{Event, Routing, Sink};
use crate::workspace::Workspace;
use engine::error::Result;
use engine::generate::SamplingOptions;

/// The routes with the sentence model in memory. What is asked is written nowhere.
pub struct Auto {
    router: Router,
    meanings: Unkept,
}

impl Auto {
    /// `auto` of a workspace that has routes. Where they cannot be followed it is left out, which `sink` is told.
    pub fn open(workspace: &Workspace, sink: &dyn Sink) -> Option<Self> {
        if !Routes::file(workspace).is_file() {
            return None;
        }
        let warn = |error| sink.tell(Event::Warning(format!("{AUTO} is not served: {error}")));
        Self::read(workspace, sink).map_err(warn).ok()
    }

    fn read(workspace: &Workspace, sink: &dyn Sink) -> Result<Self> {
        let routing = Routing::read(workspace, sink)?;
        routing.members(workspace, &SamplingOptions::default(), sink)?;
        Ok(Self { meanings: routing.vectors.unkept()?, router: routing.router })
    }

    pub fn routes(&self) -> &Routes {
        &self.router.routes
    }

    /// Who answers the last of a conversation's questions.
    pub fn decide(&self, questions: &[String]) -> Result<Decision, Refusal> {
        let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
        self.router.decide_conversation(&questions, &self.meanings).map_err(|error| Refusal::of(&error))
    }
}
