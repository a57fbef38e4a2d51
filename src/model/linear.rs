//! A frozen linear layer: one or several weights that read the same input, and what adapters add to it.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Shape, Tensor};
use rayon::prelude::*;
use std::cell::RefCell;
use std::ops::Range;

use super::adapter::Lora;
use super::kernel::{self, Aligned, Onto, Output};
use super::ops;
use super::panels::{CHUNK, Panels};
use super::weights::{Weight, Weights};
use crate::error::{Error, Result};

/// Into how many pieces a product is cut at least, if it has as many panels.
const PIECES: usize = 256;

/// Projections of one input, joined: y = x Wᵀ + b, with x (tokens, k) and y (tokens, n), the parts side by side.
pub(crate) struct Linear {
    k: usize,
    n: usize,
    parts: Vec<Part>,
    bias: Option<Vec<f32>>,
}

/// One weight of the file within a joined layer.
pub(crate) struct Part {
    /// The module's path, such as `model.layers.0.self_attn.q_proj`.
    pub name: String,
    /// Where its columns start in the joined output.
    pub offset: usize,
    pub panels: Panels,
}

/// A low-rank addition to one part, for some rows of the batch.
pub(crate) struct Delta<'a> {
    pub rows: Range<usize>,
    pub part: &'a Part,
    pub lora: &'a Lora,
}

impl Linear {
    /// Loads and packs `parts`, each a module path and its number of outputs. A bias is taken where the file has one.
    pub fn load(weights: &dyn Weights, parts: &[(String, usize)], k: usize) -> Result<Self> {
        let n = parts.iter().map(|(_, n)| n).sum();
        let (mut packed, mut bias, mut offset) = (Vec::new(), None, 0);
        for (name, n_part) in parts {
            let weight = weights.get(&format!("{name}.weight"), &[*n_part, k])?;
            packed.push(Part { name: name.clone(), offset, panels: Panels::pack(&weight, *n_part, k)? });
            let bias_name = format!("{name}.bias");
            if weights.contains(&bias_name) {
                let values = vector(weights, &bias_name, *n_part)?;
                bias.get_or_insert_with(|| vec![0.0; n])[offset..offset + n_part].copy_from_slice(&values);
            }
            offset += n_part;
        }
        Ok(Self { k, n, parts: packed, bias })
    }

    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// x (tokens, k) → (tokens, n); `deltas` are added to their rows and columns.
    pub fn forward(&self, x: &Tensor, deltas: &[Delta<'_>]) -> Result<Tensor> {
        Ok(x.apply_op1_no_bwd(&Forward { linear: self, deltas })?)
    }

    /// The same, added to `residual` (tokens, n).
    pub fn forward_onto(&self, residual: &Tensor, x: &Tensor, deltas: &[Delta<'_>]) -> Result<Tensor> {
        Ok(x.apply_op2_no_bwd(residual, &Forward { linear: self, deltas })?)
    }

    /// The column of the first largest value in each row of `forward(x)`, which is never held whole.
    pub fn argmax(&self, x: &Tensor) -> Result<Vec<u32>> {
        let (storage, layout) = x.storage_and_layout();
        let candle_core::Storage::Cpu(storage) = &*storage else {
            return Err(Error::model("expected values in main memory"));
        };
        let x = ops::slice(storage, layout)?;
        let rows = x.len() / self.k;
        let none = || vec![(f32::NEG_INFINITY, u32::MAX); rows];
        let found = self.tasks(rows).fold(none, |mut best, (part, panel)| {
            multiply_panel(x, &part.panels, panel, |sums| {
                let (column, lanes) = (part.offset + panel * kernel::width(), part.panels.lanes(panel));
                let bias = self.bias.as_ref().map(|bias| &bias[column..][..lanes]);
                for (best, sums) in best.iter_mut().zip(sums.chunks_exact_mut(kernel::width())) {
                    let logits = &mut sums[..lanes];
                    bias.into_iter().for_each(|bias| add(logits, bias));
                    let (lane, most) = ops::first_max(logits);
                    *best = larger(*best, (most, (column + lane) as u32));
                }
            });
            best
        });
        let best = found.reduce(none, |a, b| a.into_iter().zip(b).map(|(a, b)| larger(a, b)).collect());
        Ok(best.into_iter().map(|(_, column)| column).collect())
    }

    /// x Wᵀ + b, added to `residual` if there is one.
    fn product(&self, x: &[f32], residual: Option<&[f32]>) -> Vec<f32> {
        let rows = x.len() / self.k;
        let mut y = Vec::with_capacity(rows * self.n);
        let onto = Onto { matrix: residual, row: self.bias.as_deref() };
        let out = Output::new(&mut y.spare_capacity_mut()[..rows * self.n], self.n, onto);
        self.tasks(rows).for_each(|(part, panel)| {
            let (column, lanes) = (part.offset + panel * kernel::width(), part.panels.lanes(panel));
            // SAFETY: every task has columns of its own, and `y` stays borrowed until all are done.
            multiply_panel(x, &part.panels, panel, |sums| unsafe { out.write(sums, column, lanes) });
        });
        // SAFETY: the panels' columns are all columns.
        unsafe { y.set_len(rows * self.n) };
        y
    }

    /// Every panel, with the part it belongs to.
    fn tasks(&self, rows: usize) -> impl ParallelIterator<Item = (&Part, usize)> {
        let tasks: Vec<(&Part, usize)> =
            self.parts.iter().flat_map(|part| (0..part.panels.count()).map(move |panel| (part, panel))).collect();
        // With few rows a panel is quick work, so hand out several at a time; else few, lest a thread be left with many
        // when the others are done.
        let least = (16 / rows.max(1)).max(1);
        let most = (tasks.len() / PIECES).max(least);
        tasks.into_par_iter().with_min_len(least).with_max_len(most)
    }
}

#[derive(Default)]
struct Scratch {
    chunk: Aligned,
    sums: Aligned,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The larger value with its column; of equal ones the first.
fn larger(a: (f32, u32), b: (f32, u32)) -> (f32, u32) {
    if b.0 > a.0 || (b.0 == a.0 && b.1 < a.1) { b } else { a }
}

/// Lends `then` the product of all rows with one panel, (rows, [`kernel::width`]).
fn multiply_panel(x: &[f32], panels: &Panels, panel: usize, then: impl FnOnce(&mut [f32])) {
    SCRATCH.with_borrow_mut(|Scratch { chunk, sums }| {
        let (k, width) = (panels.k, kernel::width());
        let sums = sums.at_least(x.len() / k * width);
        sums.fill(0.0);
        for start in (0..k).step_by(CHUNK) {
            let inputs = start..k.min(start + CHUNK);
            let weights = panels.chunk(panel, inputs.clone(), chunk);
            kernel::multiply(x, k, start, weights, sums, panels.ahead(panel, inputs));
        }
        then(sums);
    });
}

/// x (rows, k) times `panels` (n, k) on this thread: (rows, n).
fn product_here(x: &[f32], panels: &Panels) -> Vec<f32> {
    let values = x.len() / panels.k * panels.n;
    let mut y = Vec::with_capacity(values);
    let out = Output::new(&mut y.spare_capacity_mut()[..values], panels.n, Onto::default());
    for panel in 0..panels.count() {
        let (column, lanes) = (panel * kernel::width(), panels.lanes(panel));
        // SAFETY: only this thread knows `y`.
        multiply_panel(x, panels, panel, |sums| unsafe { out.write(sums, column, lanes) });
    }
    // SAFETY: the panels' columns are all columns.
    unsafe { y.set_len(values) };
    y
}

struct Forward<'a> {
    linear: &'a Linear,
    deltas: &'a [Delta<'a>],
}

impl Forward<'_> {
    /// Adds to `residual` (tokens, n) if given.
    fn run(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
        residual: Option<&[f32]>,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let (k, n) = (self.linear.k, self.linear.n);
        let x = ops::slice(storage, layout)?;
        let (tokens, width) = layout.shape().dims2()?;
        let sums = residual.map_or(tokens * n, <[f32]>::len);
        if width != k || sums != tokens * n {
            candle_core::bail!("a linear layer ({k} to {n}) was given ({tokens}, {width}) and {sums} sums");
        }
        let mut y = self.linear.product(x, residual);
        for Delta { rows, part, lora } in self.deltas {
            let mut low = product_here(&x[rows.start * k..rows.end * k], &lora.a); // (rows, r)
            low.iter_mut().for_each(|value| *value *= lora.scale);
            let added = product_here(&low, &lora.b); // (rows, n of the part)
            for (row, added) in rows.clone().zip(added.chunks_exact(lora.b.n)) {
                add(&mut y[row * n + part.offset..][..lora.b.n], added);
            }
        }
        Ok((CpuStorage::F32(y), Shape::from((tokens, n))))
    }
}

fn add(y: &mut [f32], x: &[f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
}

impl CustomOp1 for Forward<'_> {
    fn name(&self) -> &'static str {
        "frozen_linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        self.run(x, layout, None)
    }
}

impl CustomOp2 for Forward<'_> {
    fn name(&self) -> &'static str {
        "frozen_linear_onto"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        self.run(x, layout, Some(ops::slice(residual, residual_layout)?))
    }
}

/// A weight vector (n) as f32.
pub(crate) fn vector(weights: &dyn Weights, name: &str, n: usize) -> Result<Vec<f32>> {
    let tensor = match weights.get(name, &[n])? {
        Weight::Dense(tensor) => tensor,
        Weight::Quantized(tensor) => tensor.dequantize(&candle_core::Device::Cpu)?,
    };
    Ok(tensor.flatten_all()?.to_dtype(candle_core::DType::F32)?.to_vec1()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{DType, Device};
    use std::collections::HashMap;
    use std::sync::Arc;

    struct Given(HashMap<String, Weight>);

    impl Weights for Given {
        fn get(&self, name: &str, _: &[usize]) -> Result<Weight> {
            self.0.get(name).cloned().ok_or_else(|| Error::missing(name))
        }
        fn contains(&self, name: &str) -> bool {
            self.0.contains_key(name)
        }
    }

    fn noise(n: usize, seed: u32) -> Vec<f32> {
        let mut state = seed.wrapping_mul(2654435761) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as f32 / u32::MAX as f32 - 0.5
        };
        (0..n).map(|_| next()).collect()
    }

    fn linear(weight: Weight, n: usize, k: usize, bias: bool) -> Linear {
        let mut given = HashMap::from([("p.weight".to_string(), weight)]);
        if bias {
            let values = Tensor::from_vec(noise(n, 5), n, &Device::Cpu).unwrap();
            given.insert("p.bias".to_string(), Weight::Dense(values));
        }
        Linear::load(&Given(given), &[("p".to_string(), n)], k).unwrap()
    }

    /// Against a product in f64 of the same (dequantised) weights, with odd sizes.
    #[test]
    fn equals_a_plain_product_for_every_storage() {
        let (n, k, tokens) = (101, 256, 13);
        let dense = Tensor::from_vec(noise(n * k, 1), (n, k), &Device::Cpu).unwrap();
        let x = noise(tokens * k, 2);
        let input = Tensor::from_vec(x.clone(), (tokens, k), &Device::Cpu).unwrap();
        let quantized = |dtype| Weight::Quantized(Arc::new(QTensor::quantize(&dense, dtype).unwrap()));
        let weights = [
            Weight::Dense(dense.clone()),
            Weight::Dense(dense.to_dtype(DType::F16).unwrap()),
            Weight::Dense(dense.to_dtype(DType::BF16).unwrap()),
            quantized(GgmlDType::Q4_1),
            quantized(GgmlDType::Q8_0),
            quantized(GgmlDType::Q4K),
            quantized(GgmlDType::Q6K),
        ];
        for weight in weights {
            let plain = match &weight {
                Weight::Dense(tensor) => tensor.to_dtype(DType::F32).unwrap(),
                Weight::Quantized(tensor) => tensor.dequantize(&Device::Cpu).unwrap(),
            };
            let plain = plain.to_vec2::<f32>().unwrap();
            let layer = linear(weight, n, k, true);
            let y = layer.forward(&input, &[]).unwrap().to_vec2::<f32>().unwrap();
            let bias = noise(n, 5);
            for (t, row) in y.iter().enumerate() {
                for (o, &got) in row.iter().enumerate() {
                    let dot: f64 = (0..k).map(|i| f64::from(x[t * k + i]) * f64::from(plain[o][i])).sum();
                    let want = dot + f64::from(bias[o]);
                    assert!((f64::from(got) - want).abs() < 1e-5, "row {t} output {o}: {got} against {want}");
                }
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_its_batch() {
        let (n, k, tokens) = (96, 160, 21);
        let weight = Weight::Dense(Tensor::from_vec(noise(n * k, 3), (n, k), &Device::Cpu).unwrap());
        let layer = linear(weight, n, k, false);
        let input = Tensor::from_vec(noise(tokens * k, 4), (tokens, k), &Device::Cpu).unwrap();
        let together = layer.forward(&input, &[]).unwrap().to_vec2::<f32>().unwrap();
        for (t, row) in together.iter().enumerate() {
            let alone = layer.forward(&input.narrow(0, t, 1).unwrap(), &[]).unwrap().to_vec2::<f32>().unwrap();
            assert_eq!(&alone[0], row);
        }
    }

    #[test]
    fn rows_of_the_weight_come_back_for_embeddings() {
        let dense = Tensor::from_vec(noise(70 * 64, 6), (70, 64), &Device::Cpu).unwrap();
        let quantized = QTensor::quantize(&dense, GgmlDType::Q8_0).unwrap();
        let want = quantized.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
        let panels = Panels::pack(&Weight::Quantized(Arc::new(quantized)), 70, 64).unwrap();
        for (row, want) in want.iter().enumerate() {
            let mut got = vec![0.0; 64];
            panels.row(row, &mut got);
            assert_eq!(&got, want);
        }
    }
}
