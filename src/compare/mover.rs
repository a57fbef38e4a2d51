//! What got better or worse by name.

use super::comparison::{Finding, Half, Mover, MoverKind};
use super::settings::Settings;
use super::verdict::beyond_chance;

/// Categories with a finding, criteria whose interval clears 0 and whose test holds up, and checks whose cases changed
/// sides more one way than chance allows. All of them were corrected together, over everything the half looks at.
pub(super) fn movers(half: &Half, settings: &Settings) -> Vec<Mover> {
    let categories = half.categories.iter().filter_map(|group| {
        let better = match group.finding {
            Finding::Improved => true,
            Finding::Regressed => false,
            Finding::NoDifference | Finding::TooFewCases => return None,
        };
        Some(Mover { kind: MoverKind::Category, name: group.name.clone(), better })
    });
    let criteria = half.criteria.iter().filter_map(|(criterion, test)| {
        let better = test.direction(settings)?;
        Some(Mover { kind: MoverKind::Criterion, name: criterion.name().to_string(), better })
    });
    let checks = half
        .checks
        .iter()
        .filter(|(_, test)| beyond_chance(test.p_corrected, settings))
        .map(|(name, test)| Mover { kind: MoverKind::Check, name: name.clone(), better: test.only_b > test.only_a });
    categories.chain(criteria).chain(checks).collect()
}
