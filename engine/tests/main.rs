//! Everything that is tested from outside, in one program.

mod decoder;
mod embed;
mod generate;
mod model_files;
mod model_folder;
mod tiny;
mod train_composite;
mod train_oracle;
