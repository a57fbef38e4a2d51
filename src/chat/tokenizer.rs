//! Contract only; the body follows.
#![allow(unused_variables)]

use super::Message;
use crate::error::{Error, Result};

/// Tokenizer, chat template and stop ids of one model.
pub struct Chat {
    stop: Vec<u32>,
}

/// Turns ids into text piece by piece, holding bytes back until they are complete UTF-8.
pub struct Streaming;

impl Chat {
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        Err(Error::model("no tokenizer"))
    }
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        Err(Error::model("no tokenizer"))
    }
    pub fn decoder(&self) -> Streaming {
        Streaming
    }
    pub fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        Err(Error::model("no template"))
    }
    pub fn prompt_ids(&self, messages: &[Message]) -> Result<Vec<u32>> {
        Err(Error::model("no template"))
    }
    pub fn answer_ids(&self, text: &str) -> Result<Vec<u32>> {
        Err(Error::model("no tokenizer"))
    }
    pub fn stop_ids(&self) -> &[u32] {
        &self.stop
    }
    pub fn end_of_turn(&self) -> u32 {
        0
    }
    pub fn template_hash(&self) -> &str {
        ""
    }
    pub fn token_text(&self, id: u32) -> String {
        String::new()
    }
}

impl Streaming {
    pub fn push(&mut self, id: u32) -> String {
        String::new()
    }
    pub fn finish(self) -> String {
        String::new()
    }
}
