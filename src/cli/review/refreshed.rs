use crate::cli::out;
use crate::run::Run;
use crate::words;

/// Says where the scores stand now. None of them is printed: whoever has answers left to score should not know yet which
/// version is ahead.
pub fn refreshed(runs: &[Run]) {
    match runs {
        [] => {}
        [_] => out::paragraph("The run's report shows the scores so far."),
        [a, b, ..] => out::paragraph(format!(
            "The runs' reports show the scores so far. Both together are shown by `pmtune compare {} {}`.",
            words::shell(&a.manifest.id),
            words::shell(&b.manifest.id)
        )),
    }
}
