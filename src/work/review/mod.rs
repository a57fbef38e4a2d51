//! Runs → sheets to read → ratings. A [`Reading`] is one run or two that are to be read, and how their answers are dealt
//! out; people score them in a session, on sheets sent to them, or a model judges (`judge`).

mod exchange;
mod judge;
mod reading;

pub use exchange::{Sent, import};
pub use reading::{Reading, ReadingOptions, Standing, refresh};
