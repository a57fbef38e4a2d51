//! Two runs paired case by case: flips, intervals, exact and resampled tests, and a verdict in words.

mod comparison;

pub use comparison::{
    CasePair, Comparison, Finding, Flip, Group, Half, Interval, Mean, Outcomes, PassTest, Power, Rate, ScoreTest,
    Settings, Side, Trial,
};
