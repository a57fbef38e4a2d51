//! `pmtune serve`, asked over a socket as other programs ask it. The base is tiny and random, its context 256 tokens.

mod answers;
mod capture;
mod entrance;
mod evaluated;
pub mod fixture;
mod life;
mod lists;
mod page;
mod refused;
