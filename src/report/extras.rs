use super::training::Training;

/// What a report shows besides the cases and their checks, as far as there is any. `P` is what people say: of one run
/// ([`People`](crate::review::People)), or of two ([`PeopleCompared`](crate::review::PeopleCompared)).
#[derive(Debug, Clone)]
pub struct Extras<P> {
    /// The loss logs of the versions.
    pub trainings: Vec<Training>,
    /// `None` where nobody rated an answer: the report then says nothing of people.
    pub people: Option<P>,
}

impl<P> Default for Extras<P> {
    fn default() -> Self {
        Self { trainings: Vec::new(), people: None }
    }
}
