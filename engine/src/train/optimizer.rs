use rayon::prelude::*;

/// Numbers that one task handles. Fixed, so that a sum over all never depends on how many threads there are.
const CHUNK: usize = 1 << 14;

const BETAS: (f64, f64) = (0.9, 0.999);
const EPSILON: f64 = 1e-8;

/// AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101), in the order of operations
/// of PyTorch's `torch.optim.AdamW`. All weights lie in one run; the moments lie beside them.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamW {
    /// The running mean of each gradient.
    pub m: Vec<f32>,
    /// The running mean of its square.
    pub v: Vec<f32>,
}

impl AdamW {
    /// For `count` weights, as before the first step.
    pub fn new(count: usize) -> Self {
        Self { m: vec![0.0; count], v: vec![0.0; count] }
    }

    /// One step. `step` counts from 1; `rate` is the learning rate of this step.
    pub fn update(&mut self, values: &mut [f32], gradients: &[f32], step: usize, rate: f64, weight_decay: f64) {
        let power = |beta: f64| libm::pow(beta, step as f64);
        let size = (rate / (1.0 - power(BETAS.0))) as f32;
        let correction = (1.0 - power(BETAS.1)).sqrt() as f32;
        let keep = (1.0 - rate * weight_decay) as f32;
        let (rise, beta) = ((1.0 - BETAS.0) as f32, BETAS.1 as f32);
        let (square, epsilon) = ((1.0 - BETAS.1) as f32, EPSILON as f32);
        let moments = self.m.par_chunks_mut(CHUNK).zip(self.v.par_chunks_mut(CHUNK));
        let weights = values.par_chunks_mut(CHUNK).zip(gradients.par_chunks(CHUNK));
        moments.zip(weights).for_each(|((m, v), (values, gradients))| {
            for (((m, v), value), g) in m.iter_mut().zip(v).zip(values).zip(gradients) {
                *m += rise * (g - *m);
                *v = *v * beta + square * (g * g);
                *value = *value * keep - size * (*m / (v.sqrt() / correction + epsilon));
            }
        });
    }
}

/// Shortens the gradient so that its Euclidean norm is at most `most`, as PyTorch's `clip_grad_norm_` does. Gives the
/// norm from before, which is not finite when a gradient is not.
pub fn clip(gradients: &mut [f32], most: f64) -> f64 {
    let sums: Vec<f64> =
        gradients.par_chunks(CHUNK).map(|chunk| chunk.iter().map(|g| f64::from(*g) * f64::from(*g)).sum()).collect();
    let norm = sums.iter().sum::<f64>().sqrt();
    let factor = (most / (norm + 1e-6)) as f32;
    if factor < 1.0 {
        gradients.par_chunks_mut(CHUNK).for_each(|chunk| chunk.iter_mut().for_each(|g| *g *= factor));
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn numbers(value: &Value) -> Vec<f32> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
    }

    fn close(ours: &[f32], theirs: &Value, what: &str) {
        for (a, b) in ours.iter().zip(numbers(theirs)) {
            assert!((a - b).abs() <= 1e-6 * b.abs().max(0.1), "{what}: {a} against {b}");
        }
    }

    #[test]
    fn twenty_steps_are_those_of_pytorch() {
        let all: Value = serde_json::from_str(include_str!("../../tests/oracle/optimizer.json")).unwrap();
        for case in all["adamw"].as_array().unwrap() {
            let (decay, most) = (case["weight_decay"].as_f64().unwrap(), case["clip"].as_f64().unwrap());
            let mut values: Vec<f32> = (0..7).map(|i| ((1.0 + f64::from(i)).sin() * 0.5) as f32).collect();
            let mut optimizer = AdamW::new(values.len());
            let mut clipped = 0;
            for (step, want) in case["steps"].as_array().unwrap().iter().enumerate() {
                let gradient = |i: usize| match i {
                    3 => 0.0,
                    _ => (0.7 * step as f64 + 1.3 * i as f64).cos() * (0.05 + 0.2 * (step % 5) as f64),
                };
                let mut gradients: Vec<f32> = (0..7).map(|i| gradient(i) as f32).collect();
                let norm = clip(&mut gradients, most);
                close(&[norm as f32], &Value::from(vec![want["norm"].as_f64().unwrap()]), "norm");
                clipped += usize::from(norm > most);
                optimizer.update(&mut values, &gradients, step + 1, want["rate"].as_f64().unwrap(), decay);
                close(&values, &want["values"], "values");
                close(&optimizer.m, &want["m"], "first moment");
                close(&optimizer.v, &want["v"], "second moment");
            }
            assert!((1..20).contains(&clipped), "{clipped} of 20 steps were clipped");
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let gradients: Vec<f32> = (0..100_000).map(|i| ((i * 7919) % 1000) as f32 / 500.0 - 1.0).collect();
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let (mut values, mut gradients) = (vec![0.25; gradients.len()], gradients.clone());
                let mut optimizer = AdamW::new(values.len());
                let norm = clip(&mut gradients, 1.0);
                optimizer.update(&mut values, &gradients, 1, 1e-3, 0.1);
                (norm.to_bits(), values, optimizer)
            })
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn a_gradient_that_is_no_number_is_seen_and_not_spread() {
        let mut gradients = vec![1.0, f32::NAN, 3.0];
        assert!(clip(&mut gradients, 0.5).is_nan());
        assert_eq!((gradients[0], gradients[2]), (1.0, 3.0));
    }
}
