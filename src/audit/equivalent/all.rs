use super::{json, layout, notation};
use crate::audit::asks::Asks;
use crate::audit::kind::{Kind, Mutant};

/// The reference as it is, then its equivalents.
pub(in crate::audit) fn equivalents(asks: &Asks, gold: &str) -> Vec<Mutant> {
    let mut all = vec![Mutant::new(Kind::Reference, "", gold)];
    match json::value(gold) {
        Some(value) => all.extend(json::equivalents(asks, gold, &value)),
        None => {
            all.extend(layout::equivalents(asks, gold));
            all.extend(notation::equivalents(asks, gold));
        }
    }
    all.push(Mutant::new(Kind::LineEnds, "line ends of Windows", gold.replace('\n', "\r\n")));
    all.push(Mutant::new(Kind::LineEnds, "blank lines at the end", format!("{gold}\n\n\n")));
    let words = |text: &str| text.split_whitespace().count();
    // Whoever counts words counts those of the reference: a longer spelling may be too long.
    all.retain(|mutant| !asks.counts_words() || words(&mutant.text) <= words(gold));
    let mut seen: Vec<String> = Vec::new();
    all.retain(|mutant| {
        let new = mutant.kind == Kind::Reference || (mutant.text != gold && !seen.contains(&mutant.text));
        seen.push(mutant.text.clone());
        new
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::facts;

    #[test]
    fn the_reference_comes_first_and_nothing_comes_twice() {
        let all = equivalents(&Asks::of(None, "Tell me"), "Plain words.");
        let kinds: Vec<Kind> = all.iter().map(|mutant| mutant.kind).collect();
        assert_eq!(kinds, [Kind::Reference, Kind::LineEnds], "no line ends within");
    }

    #[test]
    fn where_words_are_counted_nothing_gets_longer() {
        let gold = "- It rose to 61% on 5 April.\n- 12 left.";
        let counted = equivalents(&Asks::of(None, "Answer in under 20 words"), gold);
        assert!(counted.iter().all(|m| m.text.split_whitespace().count() <= 11), "{counted:?}");
        assert!(equivalents(&Asks::of(None, "Answer"), gold).iter().any(|m| m.text.contains("61 percent")));
    }

    #[test]
    fn every_equivalent_keeps_every_number() {
        let gold = "## Result\n\n- **March:** 1,200 of 2,400 on 5 April, 61%.\n- Target: 40 % by 9 May.\n\n| A | B |\n|---|---|\n| 7 | 9,000 |";
        for mutant in equivalents(&Asks::of(None, "Tell me"), gold) {
            let kept = facts::values(&mutant.text);
            for value in facts::values(gold) {
                assert!(kept.contains(&value), "{value} is lost in {:?}:\n{}", mutant.kind, mutant.text);
            }
        }
    }
}
