//! Which layers see a window only, as `config.json` says it, by transformers' rules.

use std::path::Path;

use serde::Deserialize;

use super::config::MOST_LAYERS;
use super::family::{ModelType, Windows};
use super::keys::unsupported;
use crate::error::Result;

/// What a `config.json` says of windows.
#[derive(Deserialize)]
pub(super) struct WindowFile {
    num_hidden_layers: usize,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    max_window_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
    sliding_window_pattern: Option<usize>,
    #[serde(rename = "_sliding_window_pattern")]
    old_sliding_window_pattern: Option<usize>,
}

/// The window, and the layers that see everything all the same; `said` is whether the config speaks of a window at all.
///
/// Mistral and Qwen have 4096 unless told otherwise; Qwen uses its window on request only and from some layer on (28 unless
/// told otherwise). Of Gemma's layers every sixth has none, unless told otherwise.
pub(super) fn windows(
    file: &WindowFile,
    kind: &ModelType,
    said: bool,
    path: &Path,
) -> Result<(Option<usize>, Vec<usize>)> {
    let default = match kind.windows {
        Windows::Never => None,
        Windows::All(default) => default,
        Windows::OnRequest => Some(4096),
        Windows::Most { window, .. } => Some(window),
    };
    let window = if said { file.sliding_window } else { default };
    if let Some(window) = window.filter(|_| kind.windows == Windows::Never) {
        return Err(unsupported(path, "sliding_window", &format!("{window} in a {} model", kind.name)));
    }
    let unasked = kind.windows == Windows::OnRequest && file.use_sliding_window != Some(true);
    let window = window.filter(|_| !unasked);
    check_layer_types(file, kind.windows, window, path)?;
    let pattern = file.sliding_window_pattern.or(file.old_sliding_window_pattern);
    if pattern == Some(0) {
        return Err(unsupported(path, "sliding_window_pattern", "0"));
    }
    let by_rule = |layer: usize| match kind.windows {
        Windows::Most { of, .. } => !(layer + 1).is_multiple_of(pattern.unwrap_or(of)),
        Windows::OnRequest => layer >= file.max_window_layers.unwrap_or(28),
        Windows::Never | Windows::All(_) => true,
    };
    let types = file.layer_types.as_ref();
    let slides = |layer: usize| match types {
        Some(types) => types.get(layer).is_some_and(|kind| kind == "sliding_attention"),
        None => by_rule(layer),
    };
    let layers = file.num_hidden_layers.min(MOST_LAYERS);
    Ok((window, (0..layers).filter(|layer| !slides(*layer)).collect()))
}

/// A list of layer types must be as long as the model is deep and name what is known. The layers of some families do what
/// it says; those of the others do what their window says, so that the two must agree.
fn check_layer_types(file: &WindowFile, windows: Windows, window: Option<usize>, path: &Path) -> Result<()> {
    let Some(types) = &file.layer_types else { return Ok(()) };
    let refuse = |what: String| Err(unsupported(path, "layer_types", &what));
    if types.len() != file.num_hidden_layers {
        return refuse(format!("a list of {} for {} layers", types.len(), file.num_hidden_layers));
    }
    let obeyed = !matches!(windows, Windows::Never | Windows::All(_));
    for kind in types {
        match (kind.as_str(), window) {
            ("full_attention", None) => {}
            ("full_attention", Some(_)) if obeyed => {}
            ("sliding_attention", Some(_)) => {}
            (kind, Some(window)) => return refuse(format!("{kind:?} beside a sliding window of {window}")),
            (kind, None) => return refuse(format!("{kind:?} without a sliding window")),
        }
    }
    Ok(())
}
