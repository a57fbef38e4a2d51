//! A frozen linear layer with its trainable addition: y = x Wᵀ + b + scale · (x Aᵀ) Bᵀ for each of its parts.

use super::super::dropout::Mask;
use super::super::kernel;
use super::super::linear::{Linear, Low, View, narrow_product, outer_product};
use super::super::panels::Panels;
use crate::files::{LoraPair, LoraWeights};

/// Where the pairs of one joined layer are among all.
pub(super) struct Site {
    /// For each part of the layer.
    pairs: Vec<Option<LoraPair>>,
    rank: usize,
    scale: f32,
}

impl Site {
    pub fn new(linear: &Linear, lora: &LoraWeights) -> Self {
        let pairs = linear.parts().iter().map(|part| lora.pair(&part.name).cloned()).collect();
        Self { pairs, rank: lora.config.rank, scale: lora.config.scale() }
    }

    /// Columns of a part's share of the low-rank values: the rank, rounded up to whole vectors.
    fn share(&self) -> usize {
        self.rank.next_multiple_of(kernel::vector())
    }

    /// First columns of the parts that are trained, side by side.
    fn columns(&self) -> impl Iterator<Item = Option<(usize, &LoraPair)>> {
        let share = self.share();
        let mut next = 0;
        self.pairs.iter().map(move |pair| {
            pair.as_ref().map(|pair| {
                next += share;
                (next - share, pair)
            })
        })
    }

    fn trained(&self) -> impl Iterator<Item = (usize, usize, &LoraPair)> {
        self.columns().enumerate().filter_map(|(part, column)| column.map(|(from, pair)| (part, from, pair)))
    }

    /// Columns of the low-rank values; 0 when nothing here is trained.
    fn width(&self) -> usize {
        self.share() * self.trained().count()
    }

    /// The A of all trained parts, one below the other, rows of zeros between: (width, k).
    fn joined_a(&self, values: &[f32], k: usize) -> Vec<f32> {
        let mut joined = vec![0.0; self.width() * k];
        for (_, from, pair) in self.trained() {
            joined[from * k..(from + self.rank) * k].copy_from_slice(&values[pair.a.clone()]);
        }
        joined
    }

    /// x (tokens, k) → y (tokens, n), added to `residual` if given, and scale · x Aᵀ, (tokens, width), for the way back.
    pub fn forward(
        &self,
        linear: &Linear,
        values: &[f32],
        x: &[f32],
        residual: Option<&[f32]>,
        mask: Option<Mask>,
    ) -> (Vec<f32>, Vec<f32>) {
        let (k, _) = linear.shape();
        let width = self.width();
        if width == 0 {
            return (linear.product(x, residual, None), Vec::new());
        }
        let dropped = mask.map(|mask| mask.applied(x));
        let a = Panels::of_rows(&self.joined_a(values, k), width, k, kernel::narrowest(width));
        let low = narrow_product(View::all(dropped.as_deref().unwrap_or(x), k), &a, self.scale);
        let b = |pair: &LoraPair| Panels::of_rows(&values[pair.b.clone()], pair.out, self.rank, kernel::width());
        let parts: Vec<_> = self.columns().map(|column| column.map(|(from, pair)| (from, b(pair)))).collect();
        (linear.product(x, residual, Some(&Low { values: &low, width, parts: &parts })), low)
    }

    /// The gradient of x, (tokens, k), given that of y; adds those of A and B to `gradients`.
    pub fn backward(
        &self,
        linear: &Linear,
        values: &[f32],
        saved: Saved<'_>,
        dy: &[f32],
        gradients: &mut [f32],
    ) -> Vec<f32> {
        let Back { dx, dlow } = self.input_gradient(linear, values, saved.low, dy, saved.mask, gradients);
        self.a_gradient(linear, saved, &dlow, gradients);
        dx
    }

    /// The gradient of x, for which x itself is not needed; adds that of B to `gradients`.
    pub fn input_gradient(
        &self,
        linear: &Linear,
        values: &[f32],
        low: &[f32],
        dy: &[f32],
        mask: Option<Mask>,
        gradients: &mut [f32],
    ) -> Back {
        let ((k, n), width) = (linear.shape(), self.width());
        if width == 0 {
            return Back { dx: linear.product_back(dy, None), dlow: Vec::new() };
        }
        let dlow = self.low_gradient(linear, values, dy); // (tokens, width)
        for (part, from, pair) in self.trained() {
            let dy = View { values: dy, stride: n, from: linear.parts()[part].offset };
            let db = outer_product(View { values: low, stride: width, from }, self.rank, dy, pair.out); // (rank, out)
            for (column, db) in db.chunks_exact(pair.out).enumerate() {
                let gradients = gradients[pair.b.clone()].iter_mut().skip(column).step_by(self.rank);
                gradients.zip(db).for_each(|(g, db)| *g += db);
            }
        }
        let a = Panels::of_columns(&self.joined_a(values, k), k, width, kernel::width());
        let Some(mask) = mask else { return Back { dx: linear.product_back(dy, Some((&dlow, &a))), dlow } };
        let mut dx = linear.product_back(dy, None);
        let mut through_low = narrow_product(View::all(&dlow, width), &a, 1.0);
        mask.apply(&mut through_low);
        add(&mut dx, &through_low);
        Back { dx, dlow }
    }

    /// Adds the gradient of A to `gradients`.
    pub fn a_gradient(&self, linear: &Linear, saved: Saved<'_>, dlow: &[f32], gradients: &mut [f32]) {
        let ((k, _), width) = (linear.shape(), self.width());
        if width == 0 {
            return;
        }
        let dropped = saved.mask.map(|mask| mask.applied(saved.x));
        let x = View::all(dropped.as_deref().unwrap_or(saved.x), k);
        let da = outer_product(View::all(dlow, width), width, x, k); // (width, k)
        for (_, from, pair) in self.trained() {
            add(&mut gradients[pair.a.clone()], &da[from * k..(from + self.rank) * k]);
        }
    }

    /// scale · dy B for each trained part, side by side.
    fn low_gradient(&self, linear: &Linear, values: &[f32], dy: &[f32]) -> Vec<f32> {
        let ((_, n), width) = (linear.shape(), self.width());
        let mut all = vec![0.0; dy.len() / n * width];
        for (part, from, pair) in self.trained() {
            let b = Panels::of_columns(&values[pair.b.clone()], self.rank, pair.out, kernel::narrowest(self.rank));
            let dy = View { values: dy, stride: n, from: linear.parts()[part].offset };
            let of_part = narrow_product(dy, &b, self.scale);
            for (all, of_part) in all.chunks_exact_mut(width).zip(of_part.chunks_exact(self.rank)) {
                all[from..from + self.rank].copy_from_slice(of_part);
            }
        }
        all
    }
}

/// What the forward pass leaves for the way back.
pub(super) struct Saved<'a> {
    pub x: &'a [f32],
    pub low: &'a [f32],
    pub mask: Option<Mask>,
}

/// The gradients of a layer's input and of its low-rank values.
pub(super) struct Back {
    pub dx: Vec<f32>,
    pub dlow: Vec<f32>,
}

fn add(to: &mut [f32], values: &[f32]) {
    to.iter_mut().zip(values).for_each(|(to, value)| *to += value);
}
