use super::*;
use crate::report::fixture::training;

fn falling(steps: usize) -> Vec<f64> {
    let noise = |i: usize| 1.0 + 0.12 * ((i * 7919 % 101) as f64 / 50.0 - 1.0);
    (0..steps).map(|i| (0.8 + 1.7 * (-8.0 * i as f64 / steps as f64).exp()) * noise(i)).collect()
}

/// Trainings of every shape that a drawing must bear.
fn shapes() -> Vec<(&'static str, Vec<Entry>)> {
    let mut broken = falling(60);
    broken.splice(30..33, [5.0, 80.0, f64::NAN]);
    let mut first = falling(60);
    first[0] = 45.0;
    let many: Vec<f64> = [1.9, 1.7, 1.5, 1.4, 1.35, 1.3, 1.3, 1.28, 1.27].repeat(3);
    vec![
        ("usual", training(&falling(60), &[2.3, 1.5, 1.12, 1.2])),
        ("long", training(&falling(2000), &[2.3, 1.5, 1.2, 1.12, 1.1])),
        ("five", training(&[2.4, 2.0, 1.8, 1.7, 1.6], &[2.3, 1.7])),
        ("one", training(&[2.4], &[])),
        ("none", Vec::new()),
        ("broken", training(&broken, &[2.3, 1.5, f64::NAN])),
        ("all broken", training(&[f64::NAN, f64::INFINITY], &[f64::NAN, f64::NAN])),
        ("first", training(&first, &[2.3, 1.5, 1.3])),
        ("epochs", training(&falling(270), &many)),
        ("worse", training(&falling(60), &[1.2, 1.5, 1.7, 2.0])),
        ("zero", training(&[0.0; 12], &[0.0, 0.0])),
        ("tiny", training(&[0.02, 0.01, 0.004, 0.001, 0.0005], &[])),
        ("vast", training(&[1e300, 1e308, 3.0], &[1e308, 2.0])),
    ]
}

fn drawn(name: &str) -> String {
    let (_, entries) = shapes().into_iter().find(|(shape, _)| *shape == name).unwrap();
    loss_svg(&entries).unwrap()
}

#[test]
fn every_shape_is_drawn_within_its_frame_and_in_the_colours_of_its_style() {
    let number = regex::Regex::new(r#" (?:x|y|cx|cy|x1|x2|y1|y2)="(-?\d+)""#).unwrap();
    let class = regex::Regex::new(r#"class="([a-z-]+)""#).unwrap();
    for (name, entries) in shapes() {
        let svg = loss_svg(&entries).unwrap();
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" ") && svg.contains("<style>"), "{name}");
        assert!(!svg.contains("=\"#"), "{name}: a colour that ignores dark mode");
        assert!(svg.len() < 80_000, "{name}: {} bytes", svg.len());
        for at in number.captures_iter(&svg) {
            let at: i32 = at[1].parse().unwrap();
            assert!((0..=WIDTH).contains(&at), "{name}: {at}");
        }
        for class in class.captures_iter(&svg) {
            assert!(STYLE.contains(&format!(".{} {{", &class[1])), "{name}: {} has no style", &class[1]);
        }
    }
}

#[test]
fn epochs_steps_and_the_best_are_marked() {
    let svg = drawn("usual");
    for words in ["epoch 1", "epoch 3", "best: 1.12", ">\nvalidation\n", ">\nstep\n", ">\nloss\n", "after epoch 2"] {
        assert!(svg.contains(words), "{words} in {svg}");
    }
    // Each step and the legend's, the ring around the best and the legend's.
    assert_eq!(svg.matches("<circle").count(), 60 + 1 + 2);
    assert_eq!(svg.matches("<polygon").count(), 4 + 1, "validations and the legend's");
    assert!(!drawn("one").contains("validation"));
    assert!(drawn("epochs").contains("step (above: epoch)"));
}

#[test]
fn what_the_axis_cannot_hold_is_said() {
    assert!(drawn("first").contains("▲ off the scale: 1, up to 45.00"));
    let broken = drawn("broken");
    assert!(broken.contains("▲ off the scale: 2, up to 80.00") && broken.contains("not a number at step 33"));
    assert!(drawn("zero").contains(">\n0.0025\n") && drawn("tiny").contains(">\n0.005\n"), "marks are not rounded");
    assert!(drawn("vast").contains("e308\n</text>"));
    for name in ["usual", "worse", "tiny", "none"] {
        assert!(!drawn(name).contains("off the scale"), "{name}");
    }
}

#[test]
fn scales_end_at_a_mark_above_the_losses() {
    let scale = |losses: &[f64]| Scale::of([training(losses, &[]).as_slice()]);
    assert_eq!(scale(&[2.45, 1.82, 1.54, 1.31]), Scale { top: 3.0, tick: 1.0 });
    assert_eq!(scale(&[1.9, 1.2]), Scale { top: 2.0, tick: 0.5 });
    assert_eq!(scale(&[]), Scale { top: 1.0, tick: 0.25 });
    assert_eq!(scale(&[2.0, 2.1, 2.2, 2.0, 45.0]).top, 3.0);
    let both = [training(&[2.4, 2.0], &[]), training(&[0.9, 0.8], &[])];
    assert_eq!(Scale::of(both.iter().map(Vec::as_slice)), scale(&[2.4, 2.0]));
}

#[test]
fn smoothing_begins_at_the_first_loss_and_breaks_where_numbers_end() {
    let points = |losses: &[f64]| Curve::of(&training(losses, &[])).training;
    let constant = smoothed(&points(&[1.5; 40]), 9.0);
    assert!(constant[0].len() == 40 && constant[0].iter().all(|p| (p.loss - 1.5).abs() < 1e-12), "no bias");
    let parts = smoothed(&points(&[4.0, 1.0, f64::NAN, 1.0]), 9.0);
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    // Weights 2/3 · 1/3 and 1/3, over their sum.
    assert!((parts[0][1].loss - (4.0 * 2.0 / 9.0 + 1.0 / 3.0) / (5.0 / 9.0)).abs() < 1e-12);
    assert_eq!(smoothed(&points(&[45.0, 1.0]), 3.0)[0][0].loss, 3.0, "off the scale");
    let long = smoothed(&points(&[1.0; 2001]), 9.0);
    assert!(long[0].len() <= SINGLE && long[0].last().unwrap().step == 2001);
}
