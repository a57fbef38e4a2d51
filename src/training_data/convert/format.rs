/// What a file of training examples may look like when written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Ours: one object a line with `instruction`, `input`, `output` and the optional keys; where there are several
    /// turns, `messages`, which training reads too.
    Examples,
    /// `{"messages": [{"role": "user", "content": …}, …]}` a line, as OpenAI and most trainers take it.
    Chat,
    /// `{"conversations": [{"from": "human", "value": …}, …]}` a line.
    ShareGpt,
    /// One JSON list of objects with `instruction`, `input` and `output`, earlier turns in `history`.
    Alpaca,
    /// `{"prompt": …, "completion": …}` a line.
    PromptCompletion,
}
