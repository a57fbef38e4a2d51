//! The names and shapes of a model's weights: its family's table with its config's numbers.

use super::config::Config;
use super::family::{Bias, EMBEDDINGS, HEAD, Joined, NORM, Name, Projection, Size};

/// A weight that the decoder reads.
pub(super) struct Entry {
    pub name: String,
    /// Its name in GGUF.
    pub gguf: String,
    /// Rows are outputs.
    pub shape: Vec<usize>,
    /// Only some files have it.
    pub optional: bool,
    /// The heads whose rows GGUF holds in rotation pairs.
    pub heads_in_pairs: Option<usize>,
    /// A norm of which Hugging Face's files hold one less than it multiplies by.
    pub less_one: bool,
}

impl Config {
    pub(crate) fn size(&self, size: Size) -> usize {
        match size {
            Size::Hidden => self.hidden,
            Size::Query => self.heads * self.head_dim,
            Size::KeyValue => self.kv_heads * self.head_dim,
            Size::Inner => self.intermediate,
            Size::Head => self.head_dim,
        }
    }

    /// Columns of q, k and v, side by side.
    pub(crate) fn qkv_width(&self) -> usize {
        self.size(Size::Query) + 2 * self.size(Size::KeyValue)
    }

    /// How many numbers all weights hold that every file of this config has.
    pub(crate) fn numbers(&self) -> usize {
        self.entries().iter().filter(|entry| !entry.optional).map(|entry| entry.shape.iter().product::<usize>()).sum()
    }

    fn rows(&self, part: &Projection) -> usize {
        part.rows.iter().map(|&size| self.size(size)).sum()
    }

    /// The module path and the outputs of each part of one joined layer.
    pub(crate) fn parts(&self, layer: usize, joined: &Joined) -> Vec<(String, usize)> {
        joined.parts.iter().map(|part| (path(layer, part.name.name), self.rows(part))).collect()
    }

    /// Every linear layer of layer `layer`, by module path, with its (out, in).
    pub(crate) fn modules_of(&self, layer: usize) -> impl Iterator<Item = (String, (usize, usize))> {
        self.family.anatomy().joined().into_iter().flat_map(move |joined| {
            let input = self.size(joined.input);
            self.parts(layer, joined).into_iter().map(move |(module, out)| (module, (out, input)))
        })
    }

    /// Every linear layer an adapter may add to.
    pub(crate) fn modules(&self) -> impl Iterator<Item = (String, (usize, usize))> {
        (0..self.layers).flat_map(|layer| self.modules_of(layer))
    }

    /// Every weight the decoder reads.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let whole = |Name { name, gguf }: Name, shape: &[usize]| Entry {
            name: format!("{name}.weight"),
            gguf: format!("{gguf}.weight"),
            shape: shape.to_vec(),
            optional: false,
            heads_in_pairs: None,
            less_one: false,
        };
        let less_one = self.family.anatomy().norms_less_one;
        let norm = Entry { less_one, ..whole(NORM, &[self.hidden]) };
        let mut all = vec![whole(EMBEDDINGS, &[self.vocab, self.hidden]), norm];
        if !self.tie_embeddings {
            all.push(whole(HEAD, &[self.vocab, self.hidden]));
        }
        (0..self.layers).for_each(|layer| self.add_layer(layer, &mut all));
        all
    }

    fn add_layer(&self, layer: usize, all: &mut Vec<Entry>) {
        let anatomy = self.family.anatomy();
        let entry = |name: &Name, kind: &str, shape: Vec<usize>| Entry {
            name: format!("{}.{kind}", path(layer, name.name)),
            gguf: format!("blk.{layer}.{}.{kind}", name.gguf),
            shape,
            optional: false,
            heads_in_pairs: None,
            less_one: false,
        };
        for (norm, size) in anatomy.norms() {
            all.push(Entry { less_one: anatomy.norms_less_one, ..entry(norm, "weight", vec![self.size(size)]) });
        }
        for joined in anatomy.joined() {
            for part in joined.parts {
                let rows = self.rows(part);
                let heads_in_pairs = (anatomy.gguf_in_pairs && part.rotated).then_some(rows / self.head_dim);
                let weight = entry(&part.name, "weight", vec![rows, self.size(joined.input)]);
                all.push(Entry { heads_in_pairs, ..weight });
                if self.attention_bias && part.bias != Bias::No {
                    let optional = part.bias == Bias::IfThere;
                    all.push(Entry { heads_in_pairs, optional, ..entry(&part.name, "bias", vec![rows]) });
                }
            }
        }
    }
}

/// `model.layers.3.self_attn.q_proj`.
pub(crate) fn path(layer: usize, module: &str) -> String {
    format!("model.layers.{layer}.{module}")
}
