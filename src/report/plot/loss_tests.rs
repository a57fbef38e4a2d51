use super::*;
use crate::report::fixture::training;

fn entries(losses: &[f64], validation: &[f64]) -> Vec<Entry> {
    training(losses, validation)
}

fn falling(steps: usize) -> Vec<f64> {
    let noise = |i: usize| 1.0 + 0.12 * ((i * 7919 % 101) as f64 / 50.0 - 1.0);
    (0..steps).map(|i| (0.8 + 1.7 * (-8.0 * i as f64 / steps as f64).exp()) * noise(i)).collect()
}

/// Writes the drawings to a folder to look at.
#[test]
fn drawn_to_look_at() {
    let Ok(folder) = std::env::var("LOOK") else { return };
    let mut broken = falling(60);
    broken.splice(30..33, [5.0, 80.0, f64::NAN]);
    let mut first = falling(60);
    first[0] = 45.0;
    let many: Vec<f64> = [1.9, 1.7, 1.5, 1.4, 1.35, 1.3, 1.3, 1.28, 1.27].repeat(3);
    let all = [
        ("usual", entries(&falling(60), &[2.3, 1.5, 1.12, 1.2])),
        ("long", entries(&falling(2000), &[2.3, 1.5, 1.2, 1.12, 1.1])),
        ("five", entries(&[2.4, 2.0, 1.8, 1.7, 1.6], &[2.3, 1.7])),
        ("one", entries(&[2.4], &[])),
        ("none", entries(&[], &[])),
        ("broken", entries(&broken, &[2.3, 1.5, f64::NAN])),
        ("first", entries(&first, &[2.3, 1.5, 1.3])),
        ("epochs", entries(&falling(270), &many)),
        ("worse", entries(&falling(60), &[1.2, 1.5, 1.7, 2.0])),
        ("tiny", entries(&[0.02, 0.01, 0.004, 0.001, 0.0005], &[])),
    ];
    for (name, entries) in all {
        std::fs::write(format!("{folder}/{name}.svg"), loss_svg(&entries).unwrap()).unwrap();
    }
}
