//! Sentence vectors: what a text means as a point, so that texts that mean much the same lie close together.
//!
//! A BERT encoder such as all-MiniLM-L6-v2 reads each text; the vector is the mean over its tokens, brought to length 1
//! (mean pooling of Reimers and Gurevych 2019, as sentence-transformers has it). The encoder runs on the kernels of `model`.

mod bert;
mod embedder;
mod weights;

pub use embedder::{Embedder, cosine};
