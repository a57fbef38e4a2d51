//! Numbers, counts, dates and lists as people read them.
//!
//! Every room speaks through this one, so that a figure is written the same wherever it stands: `1 case` and never
//! "1 cases", `−0.03` with a real minus, `62 %` on one line. It takes plain numbers; what a number means stays with those
//! who know.

mod count;
mod number;
mod shell;
mod text;
mod time;

pub use count::{count, count_of, either, noun, thousands};
pub use number::{
    bytes, chance, decimal, decimal_to, percent, percent_exact, percent_range, range, short_number, signed,
    signed_range, signed_to, times_in_100,
};
pub use shell::shell;
pub use text::{begin, clip, clip_apart, few, list, list_at_most, quoted_list, short_hash};
pub use time::{day, duration, local_day, moment, rough_duration};
