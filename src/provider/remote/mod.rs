//! An OpenAI-compatible endpoint (LM Studio, Ollama, llama.cpp's server, vLLM, …) as a provider.
//!
//! `endpoint` reads `openai:URL#model` and the key; `wire` is the JSON both ways; `choices` asks multiple-choice
//! questions in words, since an endpoint cannot score texts; `client` asks one question, again where `retry` says so;
//! `workers` asks several at a time. What an endpoint cannot tell stays empty: no likelihoods, and 0 tokens where it
//! reports no usage.

mod choices;
mod client;
mod endpoint;
mod retry;
#[cfg(test)]
mod tests;
mod wire;
mod workers;

pub use workers::{Remote, RemoteOptions};
