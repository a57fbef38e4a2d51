//! What to write into the settings of other programs so that they ask this server.

use super::catalogue::Catalogue;
use super::server::Address;
use engine::generate::Sampling;

/// A program that can use the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Client {
    Continue,
    Cline,
    #[value(name = "anythingllm")]
    AnythingLlm,
    OpenWebui,
    OpenaiPython,
}

/// The settings for one client, as text to paste.
pub fn settings(client: Client, address: Address, catalogue: &Catalogue, with_token: bool) -> String {
    let id = catalogue.usual_id();
    let model = catalogue.usual();
    let context = model.map_or(0, |model| model.context_tokens);
    let longest = model.map_or(Sampling::default().max_tokens, |model| model.version.sampling.max_tokens).min(context);
    let base = address.base();
    let root = base.trim_end_matches("/v1");
    // Some clients show no models at all while the key is empty.
    let key = if with_token { "YOUR-TOKEN" } else { "any" };
    match client {
        Client::Continue => format!(
            "\
# ~/.continue/config.yaml
name: pmtune
version: 0.0.1
schema: v1
models:
  - name: {id} (pmtune)
    provider: openai
    model: {id}
    apiBase: {base}
    apiKey: {key}
    roles: [chat, edit]
    capabilities: []
    defaultCompletionOptions:
      contextLength: {context}
      maxTokens: {longest}"
        ),
        Client::Cline => format!(
            "\
API Provider        OpenAI Compatible
Base URL            {base}
API Key             {key}
Model ID            {id}
Context Window      {context}
Max Output Tokens   {longest}

# Or the provider \"LM Studio\" with the base URL {root}
# Cline's agent begins with about 10,000 tokens of instructions.{}",
            cline(context)
        ),
        Client::AnythingLlm => format!(
            "\
LLM_PROVIDER=generic-openai
GENERIC_OPEN_AI_BASE_PATH={base}
GENERIC_OPEN_AI_MODEL_PREF={id}
GENERIC_OPEN_AI_MODEL_TOKEN_LIMIT={context}
GENERIC_OPEN_AI_MAX_TOKENS={longest}
GENERIC_OPEN_AI_API_KEY={key}
# Where AnythingLLM runs in Docker, write host.docker.internal for
# 127.0.0.1, and start pmtune serve --allow-host host.docker.internal"
        ),
        Client::OpenWebui => format!(
            "\
ENABLE_OPENAI_API=true
OPENAI_API_BASE_URLS={base}
OPENAI_API_KEYS={key}
ENABLE_TITLE_GENERATION=false
ENABLE_TAGS_GENERATION=false
ENABLE_FOLLOW_UP_GENERATION=false
# After its first start Open WebUI keeps these in its own database:
# change them under Admin Panel > Settings > Connections.
# The last three stop questions that it asks the model by itself."
        ),
        Client::OpenaiPython => format!(
            "\
from openai import OpenAI

client = OpenAI(base_url=\"{base}\", api_key=\"{key}\")
answer = client.chat.completions.create(
    model=\"{id}\",
    messages=[{{\"role\": \"user\", \"content\": \"Write a status update.\"}}],
)
print(answer.choices[0].message.content)"
        ),
    }
}

fn cline(context_tokens: usize) -> String {
    match context_tokens {
        0..16_384 => format!(
            "\n# This model holds {context_tokens}, so the agent cannot work with it;\n# use Continue for chat and edits instead."
        ),
        _ => "\n# Switch on \"Use compact prompt\".".to_string(),
    }
}
