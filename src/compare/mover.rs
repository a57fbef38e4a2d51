//! What got better or worse by name.

use super::comparison::{Finding, Group, Half, Mover, MoverKind};
use super::settings::Settings;
use super::verdict::beyond_chance;

/// The kind of evidence beside the primary one and categories with a finding, criteria whose interval clears 0 and whose test holds up, and checks whose cases changed
/// sides more one way than chance allows. All of them were corrected together, over everything the half looks at.
pub(super) fn movers(half: &Half, settings: &Settings) -> Vec<Mover> {
    let found = |kind, name: &str, group: &Group| {
        let better = match group.finding {
            Finding::Improved => true,
            Finding::Regressed => false,
            Finding::NoDifference | Finding::TooFewCases => return None,
        };
        Some(Mover { kind, name: name.to_string(), better })
    };
    let others = half.evidence().filter(|group| group.evidence != half.primary);
    let others = others.filter_map(|group| found(MoverKind::Evidence, group.evidence.name(), group));
    let categories = half.categories.iter().filter_map(|group| found(MoverKind::Category, &group.name, group));
    let knowledge = half.likelihood.iter().flat_map(|likelihood| &likelihood.categories);
    let knowledge = knowledge.filter_map(|group| found(MoverKind::Knowledge, &group.name, group));
    let criteria = half.criteria.iter().filter_map(|(criterion, test)| {
        let better = test.direction(settings)?;
        Some(Mover { kind: MoverKind::Criterion, name: criterion.name().to_string(), better })
    });
    let checks = half
        .checks
        .iter()
        .filter(|(_, test)| beyond_chance(test.p_corrected, settings))
        .map(|(name, test)| Mover { kind: MoverKind::Check, name: name.clone(), better: test.only_b > test.only_a });
    others.chain(categories).chain(knowledge).chain(criteria).chain(checks).collect()
}
