//! The keys and values a sequence has seen, in pages that sequences can share.
//!
//! A [`Cache`] is a list of pages. Cloning one shares its pages; whoever appends next starts a page of its own, so a
//! common prefix is computed and kept once, and nothing is ever copied.

use std::sync::Arc;

use crate::files::Config;

/// Positions per page.
pub(crate) const PAGE: usize = 64;
/// Positions whose keys lie interleaved, so that a vector holds the same dimension of as many keys.
pub(crate) const BLOCK: usize = 16;

/// The sizes that fix a page's layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub layers: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
}

impl Shape {
    pub fn of(config: &Config) -> Self {
        Self { layers: config.layers, kv_heads: config.kv_heads, head_dim: config.head_dim }
    }

    /// A head's dimensions rounded up to whole vectors.
    pub fn padded_dim(&self) -> usize {
        self.head_dim.next_multiple_of(BLOCK)
    }

    fn keys_per_head(&self) -> usize {
        PAGE * self.head_dim
    }

    fn per_head(&self) -> usize {
        self.keys_per_head() + PAGE * self.padded_dim()
    }

    /// Memory one page takes.
    pub fn page_bytes(&self) -> usize {
        self.layers * self.kv_heads * self.per_head() * size_of::<f32>()
    }
}

/// Layout: `[layer][kv head]`, then keys `[block][dimension][position in block]`, then values `[position][dimension]`.
struct Page(Vec<f32>);

#[derive(Clone)]
struct Piece {
    page: Arc<Page>,
    len: usize,
}

/// A sequence's keys and values. Cloning shares what is there.
#[derive(Clone)]
pub struct Cache {
    shape: Shape,
    pieces: Vec<Piece>,
    len: usize,
}

/// The keys and values of one layer and head in one page.
pub(crate) struct View<'a> {
    /// `[block][dimension][position in block]`.
    pub keys: &'a [f32],
    /// `[position][padded dimension]`.
    pub values: &'a [f32],
    pub len: usize,
}

impl Cache {
    pub(crate) fn new(shape: Shape) -> Self {
        Self { shape, pieces: Vec::new(), len: 0 }
    }

    /// Positions held.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Forgets what lies behind the first `len` positions.
    pub(crate) fn truncate(&mut self, len: usize) {
        while self.len > len {
            let Some(last) = self.pieces.last_mut() else { break };
            let cut = last.len.min(self.len - len);
            last.len -= cut;
            self.len -= cut;
            if last.len == 0 {
                self.pieces.pop();
            }
        }
    }

    /// Makes room for `n` more positions, to be filled by [`Cache::write`] for every layer.
    pub(crate) fn extend(&mut self, n: usize) {
        let mut left = n;
        if let Some(last) = self.pieces.last_mut()
            && Arc::get_mut(&mut last.page).is_some()
        {
            let more = left.min(PAGE - last.len);
            last.len += more;
            left -= more;
        }
        while left > 0 {
            let len = left.min(PAGE);
            let page = Page(vec![0.0; self.shape.page_bytes() / size_of::<f32>()]);
            self.pieces.push(Piece { page: Arc::new(page), len });
            left -= len;
        }
        self.len += n;
    }

    /// Calls `fill(i, keys, values)` for each of the last `n` positions: `i` counts them from 0, `keys` takes one value
    /// every [`BLOCK`] entries, `values` is a row.
    pub(crate) fn write(
        &mut self,
        layer: usize,
        head: usize,
        n: usize,
        mut fill: impl FnMut(usize, &mut [f32], &mut [f32]),
    ) {
        let (shape, first) = (self.shape, self.len - n);
        let mut start = self.len;
        for piece in self.pieces.iter_mut().rev() {
            start -= piece.len;
            // Pages that hold new positions were made unshared by `extend`.
            if let Some(page) = Arc::get_mut(&mut piece.page) {
                let data = &mut page.0[(layer * shape.kv_heads + head) * shape.per_head()..][..shape.per_head()];
                let (keys, values) = data.split_at_mut(shape.keys_per_head());
                for position in first.max(start)..start + piece.len {
                    let at = position - start;
                    let keys = &mut keys[at / BLOCK * BLOCK * shape.head_dim + at % BLOCK..];
                    fill(position - first, keys, &mut values[at * shape.padded_dim()..][..shape.head_dim]);
                }
            }
            if start <= first {
                break;
            }
        }
    }

    /// What layer `layer` and key-value head `head` hold, page by page, in order of position.
    pub(crate) fn views(&self, layer: usize, head: usize) -> impl Iterator<Item = View<'_>> {
        let shape = self.shape;
        self.pieces.iter().map(move |piece| {
            let data = &piece.page.0[(layer * shape.kv_heads + head) * shape.per_head()..][..shape.per_head()];
            let (keys, values) = data.split_at(shape.keys_per_head());
            View { keys, values, len: piece.len }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { layers: 1, kv_heads: 1, head_dim: 4 };

    fn append(cache: &mut Cache, values: &[f32]) {
        cache.extend(values.len());
        cache.write(0, 0, values.len(), |i, keys, row| {
            (0..4).for_each(|d| keys[d * BLOCK] = values[i]);
            row.fill(values[i]);
        });
    }

    fn read(cache: &Cache) -> Vec<f32> {
        let views = cache.views(0, 0);
        views.flat_map(|view| (0..view.len).map(|i| view.values[i * 16]).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn a_clone_shares_the_past_and_not_the_future() {
        let mut first = Cache::new(SHAPE);
        append(&mut first, &(0..70).map(|i| i as f32).collect::<Vec<_>>());
        let mut second = first.clone();
        append(&mut first, &[100.0, 101.0]);
        append(&mut second, &[200.0]);
        append(&mut first, &[102.0]);
        let past: Vec<f32> = (0..70).map(|i| i as f32).collect();
        assert_eq!(read(&first), [past.clone(), vec![100.0, 101.0, 102.0]].concat());
        assert_eq!(read(&second), [past, vec![200.0]].concat());
        assert_eq!((first.len(), second.len()), (73, 71));
    }

    #[test]
    fn truncating_forgets_the_end_only() {
        let mut cache = Cache::new(SHAPE);
        append(&mut cache, &(0..130).map(|i| i as f32).collect::<Vec<_>>());
        let whole = cache.clone();
        cache.truncate(64);
        append(&mut cache, &[9.0]);
        assert_eq!(read(&cache), [(0..64).map(|i| i as f32).collect::<Vec<_>>(), vec![9.0]].concat());
        assert_eq!(read(&whole).len(), 130);
    }

    #[test]
    fn keys_lie_interleaved_in_blocks() {
        let mut cache = Cache::new(SHAPE);
        append(&mut cache, &(0..20).map(|i| i as f32).collect::<Vec<_>>());
        let view = cache.views(0, 0).next().unwrap();
        assert_eq!(view.keys[3 * BLOCK + 5], 5.0);
        assert_eq!(view.keys[BLOCK * 4 + 2 * BLOCK + 1], 17.0);
    }
}
