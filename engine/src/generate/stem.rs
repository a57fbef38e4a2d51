//! Prefixes that several prompts share, found once so that each is computed once.

/// The fewest tokens worth a stem of their own.
const FEWEST: usize = 8;

/// Tokens `depth_of_parent..depth` of some prompts, computed for all of them together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stem {
    /// The stem that holds what comes before; an index into the plan.
    pub parent: Option<usize>,
    pub tokens: Vec<u32>,
    /// Prompts and further stems that start right behind it.
    pub users: usize,
}

/// Finds the stems of `prompts`. Gives them, parents first, and for each prompt its longest stem. At least one token is
/// left to every prompt, so that each computes its own last row.
pub(crate) fn plan(prompts: &[&[u32]]) -> (Vec<Stem>, Vec<Option<usize>>) {
    let mut order: Vec<usize> = (0..prompts.len()).collect();
    order.sort_by_key(|&i| prompts[i]);
    let mut plan = Plan { prompts, stems: Vec::new(), stem_of: vec![None; prompts.len()] };
    plan.branch(&order, 0, None);
    (plan.stems, plan.stem_of)
}

struct Plan<'a> {
    prompts: &'a [&'a [u32]],
    stems: Vec<Stem>,
    stem_of: Vec<Option<usize>>,
}

impl Plan<'_> {
    /// `group` is sorted, and its prompts agree up to `depth`, where `parent` ends.
    fn branch(&mut self, group: &[usize], depth: usize, parent: Option<usize>) {
        let (Some(&first), Some(&last)) = (group.first(), group.last()) else { return };
        let shortest = group.iter().map(|&i| self.prompts[i].len()).min().unwrap_or(0);
        let common = self.prompts[first].iter().zip(self.prompts[last]).take_while(|(a, b)| a == b).count();
        let end = common.min(shortest.saturating_sub(1)).max(depth);
        let (mut depth, mut parent) = (depth, parent);
        if group.len() > 1 && end - depth >= FEWEST {
            if let Some(parent) = parent {
                self.stems[parent].users += 1;
            }
            self.stems.push(Stem { parent, tokens: self.prompts[first][depth..end].to_vec(), users: 0 });
            (depth, parent) = (end, Some(self.stems.len() - 1));
        }
        // Prompts that part ways right after what they have in common go on in groups of their own.
        let groups: Vec<&[usize]> =
            group.chunk_by(|&a, &b| self.prompts[a].get(common) == self.prompts[b].get(common)).collect();
        for part in groups {
            if part.len() > 1 && part.len() < group.len() {
                self.branch(part, depth, parent);
            } else {
                for &prompt in part {
                    self.stem_of[prompt] = parent;
                    parent.into_iter().for_each(|parent| self.stems[parent].users += 1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The tokens before a stem's end.
    fn path(stems: &[Stem], stem: Option<usize>) -> Vec<u32> {
        stem.map_or(Vec::new(), |i| [path(stems, stems[i].parent), stems[i].tokens.clone()].concat())
    }

    #[test]
    fn a_system_prompt_and_a_question_asked_thrice_are_shared() {
        let system: Vec<u32> = (0..20).collect();
        let ask = |question: &[u32]| [system.as_slice(), question].concat();
        let repeated = ask(&[30; 12]);
        let prompts = [ask(&[40, 41]), repeated.clone(), ask(&[50]), repeated.clone(), repeated, vec![7, 8]];
        let (stems, of) = plan(&prompts.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let paths: Vec<Vec<u32>> = of.iter().map(|stem| path(&stems, *stem)).collect();
        assert_eq!(paths[0], system);
        assert_eq!(paths[1], ask(&[30; 11]));
        assert_eq!((paths[3].len(), paths[4].len(), paths[2].len(), paths[5].len()), (31, 31, 20, 0));
        assert_eq!(stems.iter().map(|s| s.users).collect::<Vec<_>>(), [3, 3]);
    }

    proptest! {
        #[test]
        fn stems_are_true_prefixes_and_leave_a_token(
            prompts in prop::collection::vec(prop::collection::vec(0u32..2, 1..40), 1..30),
        ) {
            let slices: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
            let (stems, of) = plan(&slices);
            let mut users = vec![0; stems.len()];
            for (prompt, stem) in prompts.iter().zip(&of) {
                let path = path(&stems, *stem);
                prop_assert!(prompt.starts_with(&path) && path.len() < prompt.len());
                stem.iter().for_each(|&i| users[i] += 1);
            }
            for (i, stem) in stems.iter().enumerate() {
                prop_assert!(stem.parent.is_none_or(|p| p < i));
                stem.parent.iter().for_each(|&p| users[p] += 1);
            }
            prop_assert_eq!(users, stems.iter().map(|s| s.users).collect::<Vec<_>>());
            prop_assert!(stems.iter().all(|s| s.users > 1));
        }
    }
}
