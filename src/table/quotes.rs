//! Quotes that a reader of CSV would bend into some text or other, without a word.

use super::fault::Fault;

/// Where a quoted field is never closed, or goes on after its closing quote.
pub(super) fn check(text: &str, separator: u8, first_line: usize) -> Result<(), Fault> {
    let (mut line, mut opened) = (first_line, first_line);
    let mut state = State::Begin;
    for byte in text.bytes() {
        let ends = byte == separator || byte == b'\n';
        state = match (state, byte) {
            (State::Begin, b'"') => {
                opened = line;
                State::Quoted
            }
            (State::Quoted, b'"') => State::Closed,
            (State::Quoted, _) => State::Quoted,
            (State::Closed, b'"') => State::Quoted,
            (State::Closed, b' ') => State::Closed,
            (_, _) if ends => State::Begin,
            (State::Closed, _) => {
                let what = "after a closing quote comes neither a separator nor the line's end";
                return Err(Fault::new(line, what.into(), "a quote inside a quoted text is written twice"));
            }
            _ => State::Plain,
        };
        line += usize::from(byte == b'\n');
    }
    match state {
        State::Quoted => {
            let what = "a quote is opened here and never closed";
            Err(Fault::new(opened, what.into(), "close it; a quote inside a quoted text is written twice"))
        }
        _ => Ok(()),
    }
}

/// Where in a field a byte stands.
enum State {
    Begin,
    Plain,
    Quoted,
    Closed,
}
