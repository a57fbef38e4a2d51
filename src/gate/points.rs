use crate::check::Criterion;
use crate::review::{Rating, Reviewer, ReviewerKind};
use std::collections::BTreeMap;

/// People's mean points on each criterion, by case.
pub type Points = BTreeMap<Criterion, BTreeMap<String, f64>>;

/// What people made of the cases: the mean over persons for each answer, then over the answers to a case, so that
/// neither a case many have read nor one asked often weighs more than another. Judge models are left out.
pub fn points(ratings: &BTreeMap<Reviewer, Vec<Rating>>) -> Points {
    let mut of_answers: BTreeMap<(Criterion, &str, u32), Vec<f64>> = BTreeMap::new();
    let persons = ratings.iter().filter(|(reviewer, _)| reviewer.kind == ReviewerKind::Person);
    for rating in persons.flat_map(|(_, ratings)| ratings).filter(|rating| rating.done) {
        for (criterion, points) in &rating.points {
            of_answers.entry((*criterion, &rating.case, rating.repeat)).or_default().push(f64::from(*points));
        }
    }
    let mut of_cases: BTreeMap<(Criterion, &str), Vec<f64>> = BTreeMap::new();
    for ((criterion, case, _), points) in of_answers {
        of_cases.entry((criterion, case)).or_default().push(mean(&points));
    }
    let mut points = Points::new();
    for ((criterion, case), answers) in of_cases {
        points.entry(criterion).or_default().insert(case.to_string(), mean(&answers));
    }
    points
}

/// Of at least one value.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
