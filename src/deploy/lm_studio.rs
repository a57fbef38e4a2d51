//! Under which name LM Studio's server has a model.

use serde_json::Value;
use std::time::Duration;
use ureq::Agent;

/// The largest list of models that is read.
const LARGEST_BYTES: u64 = 1 << 20;

/// The id that a running LM Studio at `server` (`http://127.0.0.1:1234`) gives the file; `None` where none runs there, or
/// where it does not know the file.
pub fn served_as(server: &str, file_stem: &str) -> Option<String> {
    let agent = Agent::config_builder().timeout_global(Some(Duration::from_secs(3))).proxy(None).build().new_agent();
    let mut response = agent.get(format!("{}/api/v0/models", server.trim_end_matches('/'))).call().ok()?;
    let text = response.body_mut().with_config().limit(LARGEST_BYTES).read_to_string().ok()?;
    let list: Value = serde_json::from_str(&text).ok()?;
    let plain = |text: &str| text.to_lowercase().replace([' ', '_'], "-");
    let wanted = plain(file_stem);
    let ids = list.get("data")?.as_array()?.iter().filter_map(|model| model.get("id")?.as_str());
    // It leaves the type away where a model is there in one type only.
    let version =
        wanted.rsplit_once("-q").or(wanted.rsplit_once("-f")).or(wanted.rsplit_once("-bf")).map(|(name, _)| name);
    let matches = |id: &&str| {
        let id = plain(id);
        let name = id.rsplit('/').next().unwrap_or_default();
        let name = name.split('@').next().unwrap_or_default();
        name == wanted || Some(name) == version
    };
    ids.into_iter().find(matches).map(str::to_string)
}
