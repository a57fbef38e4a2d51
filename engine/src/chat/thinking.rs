//! Thoughts: what some models write before they answer, and the switch that their templates have for it.

/// The variable by which templates are told (Qwen3, SmolLM3); left alone they mostly let the model think.
const SWITCH: &str = "enable_thinking";
const OFF: &str = "{%- set enable_thinking = false %}";
const ON: &str = "{%- set enable_thinking = true %}";
const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// `template` with its switch set: as asked, else as it was set before, else off. As it is where it has no switch. A
/// template carries it into every file that is made of it, since programs that read such files set the variable as they
/// please.
pub(super) fn switched(template: &str, thinks: Option<bool>) -> String {
    let bare = bare(template);
    if !has_switch(bare) {
        return bare.to_string();
    }
    format!("{}{bare}", if thinks.unwrap_or(is_on(template)) { ON } else { OFF })
}

/// Whether `template` asks whether to let the model think.
pub(super) fn has_switch(template: &str) -> bool {
    template.contains(SWITCH)
}

/// Whether the switch of `template` was set to on.
pub(super) fn is_on(template: &str) -> bool {
    template.starts_with(ON)
}

/// `template` without a switch that was set.
pub(super) fn bare(template: &str) -> &str {
    [OFF, ON].iter().find_map(|set| template.strip_prefix(set)).unwrap_or(template)
}

/// Whether a prompt ends where thoughts have begun.
pub(super) fn begun(prompt: &str) -> bool {
    prompt.trim_end().ends_with(OPEN)
}

/// The thoughts at the beginning of what a model wrote, and the answer behind them. `begun`: the prompt has opened them,
/// so that all is thoughts until they are closed.
///
/// A closing mark with no opening one before it closes what the prompt had opened.
pub fn apart(text: &str, begun: bool) -> (&str, &str) {
    let inside = text.trim_start().strip_prefix(OPEN);
    let (inside, open) = (inside.unwrap_or(text), begun || inside.is_some());
    match inside.split_once(CLOSE) {
        Some((thoughts, answer)) if open || !thoughts.contains(OPEN) => (thoughts.trim(), answer.trim_start()),
        _ if open => (inside.trim(), ""),
        _ => ("", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_set_once_and_only_where_there_is_one() {
        let template = "{% if enable_thinking %}t{% endif %}";
        let (off, on) = (switched(template, None), switched(template, Some(true)));
        assert_eq!((&off, &on), (&format!("{OFF}{template}"), &format!("{ON}{template}")));
        assert_eq!((switched(&off, None), switched(&on, None)), (off.clone(), on.clone()));
        assert_eq!((switched(&on, Some(false)), switched(&off, Some(true))), (off, on));
        assert_eq!(switched("{{ messages }}", Some(true)), "{{ messages }}");
    }

    #[test]
    fn thoughts_come_apart_from_the_answer() {
        assert_eq!(apart("<think>\nhm\n</think>\n\nYes.", false), ("hm", "Yes."));
        assert_eq!(apart("<think>\n\n</think>\n\nYes.", false), ("", "Yes."));
        assert_eq!(apart("hm</think>Yes.", true), ("hm", "Yes."));
        assert_eq!(apart("hm</think>Yes.", false), ("hm", "Yes."));
        assert_eq!(apart("<think>no end", false), ("no end", ""));
        assert_eq!(apart("no end", true), ("no end", ""));
        assert_eq!(apart(" Yes.", false), ("", " Yes."));
        assert_eq!(apart("Write <think>x</think>.", false), ("", "Write <think>x</think>."));
        assert!(begun("<|im_start|>assistant\n<think>\n") && !begun("<think>\n\n</think>\n\n"));
    }
}
