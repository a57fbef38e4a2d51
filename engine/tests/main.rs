//! Everything that is tested from outside, in one program.

mod composite;
mod decoder;
mod embed;
mod export;
mod generate;
mod gguf_rope;
mod json;
mod model_files;
mod model_folder;
mod not_finite;
mod open_batch;
mod tiny;
mod train_composite;
mod train_oracle;
