//! Everything that is tested from outside, in one program: linking it once is what keeps a test run short.

mod architecture;
mod base;
mod check_families;
mod cli;
mod data_check;
mod data_commands;
mod desk;
mod docs;
mod end_to_end;
mod endpoint;
mod gate;
mod history;
mod kill;
mod lint;
mod models;
mod models_kill;
mod overfit;
mod people_in_reports;
mod real_model;
mod real_tokenizer;
mod review;
mod review_kill;
mod schema;
mod suites;
mod supervised;
mod train;
