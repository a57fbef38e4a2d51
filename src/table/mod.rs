//! Tables as spreadsheets save them: comma-separated values in whatever encoding, with whatever separator and line ends.
//!
//! [`decode`] makes text of bytes and says where it had to guess; [`read`] makes rows of text, each with its line. What
//! no reader can know the meaning of is refused: a column's name twice, a row with other columns than the header, a
//! quote that is never closed. Training data, sheets of scores and other
//! tools' exports come in by the same door; [`PassedOver`] names what of a
//! file nothing reads.

mod decode;
mod fault;
mod passed_over;
mod quotes;
mod read;

pub use decode::{Decoded, decode};
pub use fault::Fault;
pub use passed_over::PassedOver;
pub use read::{Row, Table, read, read_repeated};
