//! The order of runs on the axis: by version, not by when somebody ran an old one again.

use super::build::returning;
use super::line::{Line, number};
use super::ruler::{Cases, Ruler, cases};
use super::series::Source;

/// Puts runs in order: what was measured with one ruler stands together, the oldest ruler first; within it the base, then
/// the versions by their numbers, each with its runs by time. A model without a number stands by time alone.
pub fn ordered(mut sources: Vec<Source>, line: &Line) -> Vec<Source> {
    sources.sort_by(|a, b| {
        let (a, b) = (&a.run.manifest, &b.run.manifest);
        a.started.cmp(&b.started).then_with(|| a.id.cmp(&b.id))
    });
    let epochs = epochs(&sources);
    let mut placed: Vec<((usize, u64), Source)> = epochs
        .into_iter()
        .zip(sources)
        .map(|(epoch, source)| ((epoch, number(line, &source.run.manifest.version.name).unwrap_or(0)), source))
        .collect();
    // Stable: runs of one version stay in order of time.
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, source)| source).collect()
}

/// For each run, the place of its ruler among all of them. A run of some of the cases belongs to the newest ruler that it
/// is a part of.
fn epochs(sources: &[Source]) -> Vec<usize> {
    let all: Vec<Cases> = sources.iter().map(|source| cases(&source.run)).collect();
    let returning = returning(&all);
    let rulers: Vec<Ruler<'_>> =
        sources.iter().zip(&all).map(|(source, all)| Ruler::new(&source.run.manifest, all, |_| true)).collect();
    let partial = |i: usize| rulers.iter().any(|other| rulers[i].part_of(other, &returning[i]));
    let mut known: Vec<&Ruler<'_>> = Vec::new();
    let mut epochs: Vec<Option<usize>> = Vec::new();
    for (i, ruler) in rulers.iter().enumerate() {
        epochs.push((!partial(i)).then(|| {
            known.iter().position(|other| other.same(ruler)).unwrap_or_else(|| {
                known.push(ruler);
                known.len() - 1
            })
        }));
    }
    let whole = |i: usize| known.iter().rposition(|other| rulers[i].part_of(other, &returning[i])).unwrap_or(0);
    epochs.iter().enumerate().map(|(i, epoch)| epoch.unwrap_or_else(|| whole(i))).collect()
}
