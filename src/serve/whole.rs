//! An answer that goes out in one piece.

use super::answer::Head;
use super::capture::Recording;
use super::refusal::Refusal;
use super::worker::{Told, ended};
use axum::http::StatusCode;
use serde_json::Value;
use tokio::sync::mpsc;

/// Waits for the whole answer.
pub(super) async fn whole(
    head: &Head,
    mut told: mpsc::Receiver<Told>,
    recording: Option<Recording>,
) -> Result<Value, Refusal> {
    let mut text = String::new();
    loop {
        match told.recv().await {
            Some(Told::Text(more)) => text.push_str(&more),
            Some(Told::Failed(error)) => return Err(Refusal::of(&error)),
            Some(Told::Written(end)) => {
                if let Some(mut recording) = recording {
                    recording.text(&text);
                    recording.end(end);
                }
                return Ok(head.whole(&text, end));
            }
            None => {
                return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", ended().to_string()).lasting());
            }
        }
    }
}
