//! What the lists of models say of each.

use super::catalogue::{Catalogue, Model};
use serde_json::{Value, json};

/// `GET /v1/models`.
pub(super) fn openai_list(catalogue: &Catalogue, started: i64) -> Value {
    let cards = catalogue.listed().into_iter().map(|(id, model)| openai(catalogue, id, model, started));
    json!({ "object": "list", "data": cards.collect::<Vec<_>>() })
}

/// `GET /v1/models/{id}`.
pub(super) fn openai(catalogue: &Catalogue, id: &str, model: &Model, started: i64) -> Value {
    let more = match catalogue.auto(id) {
        Some(auto) => {
            let routes = auto.routes().routes.iter().map(|route| (route.task.clone(), json!(route.version)));
            json!({
                "version": id,
                "base": model.base,
                "promoted": false,
                "routes": routes.collect::<serde_json::Map<_, _>>(),
                "otherwise": auto.routes().otherwise,
            })
        }
        None => json!({
            "version": model.id,
            "base": model.base,
            "adapter": model.version.adapter,
            "promoted": model.promoted,
            "system": model.version.system,
        }),
    };
    json!({
        "id": id,
        "object": "model",
        "created": started,
        "owned_by": "pmtune",
        "context_length": model.context_tokens,
        "pmtune": more,
    })
}

/// `GET /api/v0/models`: the list of LM Studio's own interface, from which other tools read the context length.
pub(super) fn studio_list(catalogue: &Catalogue) -> Value {
    let cards = catalogue.listed().into_iter().map(|(id, model)| studio(id, model));
    json!({ "object": "list", "data": cards.collect::<Vec<_>>() })
}

/// `GET /api/v0/models/{id}`.
pub(super) fn studio(id: &str, model: &Model) -> Value {
    json!({
        "id": id,
        "object": "model",
        "type": "llm",
        "publisher": "pmtune",
        "arch": model.family,
        "compatibility_type": "gguf",
        "state": "loaded",
        "max_context_length": model.context_tokens,
        "loaded_context_length": model.context_tokens,
    })
}
