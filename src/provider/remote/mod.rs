//! An OpenAI-compatible endpoint (LM Studio, Ollama, llama.cpp's server, vLLM, …) as a provider.
//!
//! `endpoint` reads `openai:URL#model` and the key; `request` is the JSON that is sent, in the dialect that the endpoint
//! takes; `reply` reads what comes back, leniently (`json`), and `fault` says in words why nothing did; `choices` asks
//! multiple-choice questions in words and `likelihood` weighs them where the server can; `client` asks one question, again
//! where `retry` says so; `workers` asks several at a time;
//! `batch` asks by files that another program answers. What an endpoint cannot tell stays empty: no likelihoods, and 0
//! tokens where it reports no usage. What is worth knowing of it is told once (`notes`).

mod batch;
mod choices;
mod client;
mod endpoint;
mod fault;
mod json;
mod likelihood;
mod notes;
mod reply;
mod request;
mod retry;
mod settings;
#[cfg(test)]
mod odd_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod weigh_tests;
mod workers;

pub use batch::{Batch, BatchLine, Replies};
pub use choices::choice_label;
pub use request::Parameter;
pub use settings::EndpointSettings;
pub use workers::{Remote, RemoteOptions};
