//! Every page in a real browser: held against axe-core's rules for everyone's eyes and hands, on a phone's width, on paper,
//! and with five thousand cases.

mod axe;
mod fixture;
mod large;
mod looks;
