//! What tells one family of models from another, as data: the layers it is made of and how its files call them.
//!
//! Everything that needs a weight's name or shape (the decoder, both file formats, adapters, the estimate of a training)
//! comes from here, by way of `layout`. The decoder knows operations (a norm before or behind a half, norms of heads,
//! activations, scales, windows and rotations by layer) and no families: one that puts them together in another way, or
//! calls them otherwise, is one more table.

use std::path::Path;

use crate::error::{Error, Result};
use Size::{Head, Hidden, Inner, KeyValue, Query};

/// The families that are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Separate q, k, v, gate and up projections, no biases unless `attention_bias`.
    Llama,
    /// As llama, with biases on q, k and v.
    Qwen2,
    /// Fused `self_attn.qkv_proj` and `mlp.gate_up_proj`.
    Phi3,
    /// As llama, with norms of each query and key head.
    Qwen3,
    /// As llama, with norms behind both halves instead of before them, and of all query and all key heads at once.
    Olmo2,
    /// Norms before and behind both halves and of each head, GELU, windows on most layers.
    Gemma3,
    /// As llama, with layers that are not rotated.
    SmolLm3,
    /// As llama, with numbers that embeddings, scores, halves and logits are scaled by.
    Granite,
}

/// A family's table.
pub(crate) struct Anatomy {
    /// How config.json names it. The first that fits is what a GGUF file becomes.
    types: &'static [ModelType],
    /// How GGUF names it (`general.architecture`). The first is what a folder becomes.
    architectures: &'static [&'static str],
    pub attention: Norms,
    pub qkv: Joined,
    /// Of queries and of keys, before they are rotated: each head by itself, or all together.
    pub head_norms: Option<[(Name, Size); 2]>,
    pub output: Joined,
    pub mlp: Norms,
    pub gate_up: Joined,
    pub down: Joined,
    pub activation: Activation,
    /// Norms multiply by one more than what Hugging Face's files hold. GGUF holds what they multiply by.
    pub norms_less_one: bool,
    pub scores: Scores,
    /// Embeddings are multiplied by the root of the hidden size.
    pub embeddings_by_root: bool,
    /// Keys of config.json that the family reads beside those that all read.
    pub keys: &'static [&'static str],
    /// The same behind the architecture's name in GGUF.
    pub gguf_keys: &'static [&'static str],
    /// Dimensions of a head where the config does not say; else the hidden size over the heads.
    pub head_dim: Option<usize>,
    /// Whether embeddings are the head as well, where the config does not say.
    pub ties: bool,
    /// Base of the rotary frequencies where the config does not say.
    pub theta: f64,
    /// The same of layers with a window, where the family tells these apart.
    pub local_theta: Option<f64>,
    /// Every so manieth layer is not rotated, unless the config says otherwise.
    pub unrotated_every: Option<usize>,
    /// GGUF holds rows that are rotated in pairs rather than halves, head by head.
    pub gguf_in_pairs: bool,
    /// The tables of RoPE divisors that llama.cpp reads for it.
    pub gguf_tables: Tables,
    /// Has `attention_bias` whatever its config says.
    pub always_biased: bool,
    /// `partial_rotary_factor` may leave some of a head's dimensions unrotated.
    pub partly_rotated: bool,
    /// White space behind a control token is no text, where the tokenizer is SentencePiece's.
    pub control_strips_right: bool,
}

/// A `model_type` of config.json.
pub(crate) struct ModelType {
    pub name: &'static str,
    /// What transformers calls its class.
    pub class: &'static str,
    pub windows: Windows,
}

/// Which layers see a window only.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Windows {
    /// None, and a config that says otherwise means something else.
    Never,
    /// All, where the config says one; or this one where it is silent.
    All(Option<usize>),
    /// Those from `max_window_layers` on, where `use_sliding_window` is true.
    OnRequest,
    /// All but every so manieth.
    Most { window: usize, of: usize },
}

/// The norms before and after a half of a layer.
pub(crate) struct Norms {
    pub before: Option<Name>,
    /// Of what the half adds.
    pub after: Option<Name>,
}

/// What is applied to a gate.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Activation {
    /// x · sigmoid(x).
    Silu,
    /// GELU by its approximation with tanh.
    GeluTanh,
}

/// What products of queries and keys are multiplied by.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Scores {
    /// One over the root of a head's dimensions.
    PerHead,
    /// One over the root of `query_pre_attn_scalar`, which is this where the config does not say.
    PerQuery(f64),
    /// `attention_multiplier`, or 1.
    Multiplier,
}

/// Tables of divisors of the rotary frequencies in GGUF files.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Tables {
    No,
    /// llama3's, or longrope's where that is the scaling's type.
    ByType,
    /// longrope's.
    Long,
}

/// One name in Hugging Face's files and in GGUF, without `.weight`.
pub(crate) struct Name {
    pub name: &'static str,
    pub gguf: &'static str,
}

/// Projections that read the same input; their outputs stand side by side.
pub(crate) struct Joined {
    pub input: Size,
    pub parts: &'static [Projection],
}

/// One weight matrix of a layer.
pub(crate) struct Projection {
    pub name: Name,
    /// Its outputs are so many rows, one below the other.
    pub rows: &'static [Size],
    pub bias: Bias,
    /// All its rows take part in rotary embedding.
    pub rotated: bool,
}

/// A width that the config fixes.
#[derive(Clone, Copy)]
pub(crate) enum Size {
    Hidden,
    /// All query heads.
    Query,
    /// All key or all value heads.
    KeyValue,
    /// Of the feed-forward part.
    Inner,
    /// One head.
    Head,
}

/// Whether a projection carries a bias where the config has `attention_bias`.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Bias {
    No,
    IfThere,
    Yes,
}

pub(crate) const EMBEDDINGS: Name = Name { name: "model.embed_tokens", gguf: "token_embd" };
pub(crate) const NORM: Name = Name { name: "model.norm", gguf: "output_norm" };
pub(crate) const HEAD: Name = Name { name: "lm_head", gguf: "output" };

const LLAMA: Anatomy = Anatomy {
    types: &[
        ModelType { name: "llama", class: "LlamaForCausalLM", windows: Windows::Never },
        // Mistral is llama with a sliding window.
        ModelType { name: "mistral", class: "MistralForCausalLM", windows: Windows::All(Some(4096)) },
    ],
    architectures: &["llama"],
    attention: Norms { before: Some(Name { name: "input_layernorm", gguf: "attn_norm" }), after: None },
    qkv: Joined {
        input: Hidden,
        parts: &[
            Projection { rotated: true, ..biased("self_attn.q_proj", "attn_q", &[Query]) },
            Projection { rotated: true, ..biased("self_attn.k_proj", "attn_k", &[KeyValue]) },
            biased("self_attn.v_proj", "attn_v", &[KeyValue]),
        ],
    },
    head_norms: None,
    output: Joined {
        input: Query,
        parts: &[Projection { bias: Bias::IfThere, ..plain("self_attn.o_proj", "attn_output", &[Hidden]) }],
    },
    mlp: Norms { before: Some(Name { name: "post_attention_layernorm", gguf: "ffn_norm" }), after: None },
    gate_up: Joined {
        input: Hidden,
        parts: &[plain("mlp.gate_proj", "ffn_gate", &[Inner]), plain("mlp.up_proj", "ffn_up", &[Inner])],
    },
    down: Joined { input: Inner, parts: &[plain("mlp.down_proj", "ffn_down", &[Hidden])] },
    activation: Activation::Silu,
    norms_less_one: false,
    scores: Scores::PerHead,
    embeddings_by_root: false,
    keys: &[],
    gguf_keys: &[],
    head_dim: None,
    ties: false,
    theta: 10_000.0,
    local_theta: None,
    unrotated_every: None,
    gguf_in_pairs: true,
    gguf_tables: Tables::ByType,
    always_biased: false,
    partly_rotated: false,
    control_strips_right: false,
};

const QWEN2: Anatomy = Anatomy {
    types: &[ModelType { name: "qwen2", class: "Qwen2ForCausalLM", windows: Windows::OnRequest }],
    architectures: &["qwen2"],
    gguf_in_pairs: false,
    gguf_tables: Tables::No,
    always_biased: true,
    ..LLAMA
};

const PHI3: Anatomy = Anatomy {
    types: &[ModelType { name: "phi3", class: "Phi3ForCausalLM", windows: Windows::All(None) }],
    architectures: &["phi3"],
    qkv: Joined { input: Hidden, parts: &[plain("self_attn.qkv_proj", "attn_qkv", &[Query, KeyValue, KeyValue])] },
    gate_up: Joined { input: Hidden, parts: &[plain("mlp.gate_up_proj", "ffn_up", &[Inner, Inner])] },
    gguf_tables: Tables::Long,
    partly_rotated: true,
    control_strips_right: true,
    ..LLAMA
};

const Q_NORM: Name = Name { name: "self_attn.q_norm", gguf: "attn_q_norm" };
const K_NORM: Name = Name { name: "self_attn.k_norm", gguf: "attn_k_norm" };

const QWEN3: Anatomy = Anatomy {
    types: &[ModelType { name: "qwen3", class: "Qwen3ForCausalLM", windows: Windows::OnRequest }],
    architectures: &["qwen3"],
    head_norms: Some([(Q_NORM, Head), (K_NORM, Head)]),
    head_dim: Some(128),
    gguf_in_pairs: false,
    gguf_tables: Tables::No,
    ..LLAMA
};

const fn plain(name: &'static str, gguf: &'static str, rows: &'static [Size]) -> Projection {
    Projection { name: Name { name, gguf }, rows, bias: Bias::No, rotated: false }
}

const fn biased(name: &'static str, gguf: &'static str, rows: &'static [Size]) -> Projection {
    Projection { bias: Bias::Yes, ..plain(name, gguf, rows) }
}

const POST_ATTENTION: Name = Name { name: "post_attention_layernorm", gguf: "post_attention_norm" };
const POST_MLP: Name = Name { name: "post_feedforward_layernorm", gguf: "post_ffw_norm" };

const OLMO2: Anatomy = Anatomy {
    types: &[ModelType { name: "olmo2", class: "Olmo2ForCausalLM", windows: Windows::Never }],
    architectures: &["olmo2"],
    attention: Norms { before: None, after: Some(POST_ATTENTION) },
    head_norms: Some([(Q_NORM, Query), (K_NORM, KeyValue)]),
    mlp: Norms { before: None, after: Some(POST_MLP) },
    gguf_in_pairs: false,
    gguf_tables: Tables::No,
    ..LLAMA
};

const GEMMA3: Anatomy = Anatomy {
    types: &[ModelType {
        name: "gemma3_text",
        class: "Gemma3ForCausalLM",
        windows: Windows::Most { window: 4096, of: 6 },
    }],
    architectures: &["gemma3"],
    attention: Norms { after: Some(POST_ATTENTION), ..LLAMA.attention },
    head_norms: Some([(Q_NORM, Head), (K_NORM, Head)]),
    mlp: Norms { before: Some(Name { name: "pre_feedforward_layernorm", gguf: "ffn_norm" }), after: Some(POST_MLP) },
    activation: Activation::GeluTanh,
    norms_less_one: true,
    scores: Scores::PerQuery(256.0),
    embeddings_by_root: true,
    keys: &[
        "hidden_activation",
        "query_pre_attn_scalar",
        "final_logit_softcapping",
        "sliding_window_pattern",
        "_sliding_window_pattern",
        "rope_local_base_freq",
    ],
    gguf_keys: &["final_logit_softcapping", "attention.sliding_window_pattern", "rope.freq_base_swa"],
    head_dim: Some(256),
    ties: true,
    theta: 1e6,
    local_theta: Some(1e4),
    gguf_in_pairs: false,
    gguf_tables: Tables::No,
    ..LLAMA
};

const SMOLLM3: Anatomy = Anatomy {
    types: &[ModelType { name: "smollm3", class: "SmolLM3ForCausalLM", windows: Windows::Never }],
    architectures: &["smollm3"],
    keys: &["no_rope_layers", "no_rope_layer_interval"],
    ties: true,
    theta: 2e6,
    unrotated_every: Some(4),
    gguf_tables: Tables::No,
    ..LLAMA
};

const GRANITE: Anatomy = Anatomy {
    types: &[ModelType { name: "granite", class: "GraniteForCausalLM", windows: Windows::Never }],
    architectures: &["granite"],
    scores: Scores::Multiplier,
    keys: &["embedding_multiplier", "attention_multiplier", "residual_multiplier", "logits_scaling"],
    gguf_keys: &["embedding_scale", "attention.scale", "residual_scale", "logit_scale"],
    ..LLAMA
};

/// Every family.
const ALL: [Family; 8] = [
    Family::Llama,
    Family::Qwen2,
    Family::Phi3,
    Family::Qwen3,
    Family::Olmo2,
    Family::Gemma3,
    Family::SmolLm3,
    Family::Granite,
];

impl Family {
    pub(crate) fn anatomy(self) -> &'static Anatomy {
        match self {
            Family::Llama => &LLAMA,
            Family::Qwen2 => &QWEN2,
            Family::Phi3 => &PHI3,
            Family::Qwen3 => &QWEN3,
            Family::Olmo2 => &OLMO2,
            Family::Gemma3 => &GEMMA3,
            Family::SmolLm3 => &SMOLLM3,
            Family::Granite => &GRANITE,
        }
    }

    /// As GGUF names it.
    pub(super) fn architecture(self) -> &'static str {
        self.anatomy().architectures.first().copied().unwrap_or_default()
    }

    /// The family that GGUF files call `architecture`.
    pub(super) fn of_gguf(architecture: &str, origin: &Path) -> Result<Self> {
        let known = ALL.into_iter().find(|family| family.anatomy().architectures.contains(&architecture));
        known.ok_or_else(|| unknown(architecture, origin))
    }

    /// The family that config.json calls `model_type`.
    pub(super) fn of_config(model_type: &str, origin: &Path) -> Result<(Self, &'static ModelType)> {
        let types = ALL.into_iter().flat_map(|family| family.anatomy().types.iter().map(move |kind| (family, kind)));
        types.into_iter().find(|(_, kind)| kind.name == model_type).ok_or_else(|| unknown(model_type, origin))
    }
}

fn unknown(architecture: &str, origin: &Path) -> Error {
    let shown: String = architecture.chars().take(60).collect();
    let message =
        format!("{} holds a model of the architecture {shown:?}, which pmtune does not run", origin.display());
    // The one family whose folders may hold what its files do not.
    if architecture == "gemma3" {
        return Error::model(message).hint(
            "this Gemma sees pictures too. Its GGUF file (not the one called mmproj) holds the part that reads text, and \
             runs; or serve the whole elsewhere and name it as `openai:URL#model`",
        );
    }
    Error::model(message).hint(
        "use a dense text model of the llama (also SmolLM2, Mistral), qwen2 (also Qwen2.5), qwen3, gemma3, phi3, smollm3, \
         granite or olmo2 family, or serve it elsewhere and name it as `openai:URL#model`",
    )
}

impl Activation {
    /// As config.json calls it.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Activation::Silu => &["silu", "swish"],
            Activation::GeluTanh => &["gelu_pytorch_tanh"],
        }
    }
}

impl Anatomy {
    /// The linear layers of a layer, in the order they are computed.
    pub fn joined(&self) -> [&Joined; 4] {
        [&self.qkv, &self.output, &self.gate_up, &self.down]
    }

    /// Where config.json names the activation.
    pub fn activation_key(&self) -> &'static str {
        if self.keys.contains(&"hidden_activation") { "hidden_activation" } else { "hidden_act" }
    }

    /// What a rule of the family multiplies embeddings by.
    pub fn embedding_scale(&self, hidden: usize) -> f32 {
        if self.embeddings_by_root { (hidden as f32).sqrt() } else { 1.0 }
    }

    /// The norms of a layer, and how wide they are.
    pub fn norms(&self) -> impl Iterator<Item = (&Name, Size)> {
        let [before, after] = [[&self.attention.before, &self.mlp.before], [&self.attention.after, &self.mlp.after]];
        let of_hidden = before.into_iter().chain(after).flatten().map(|name| (name, Hidden));
        of_hidden.chain(self.head_norms.iter().flatten().map(|(name, size)| (name, *size)))
    }

    /// What config.json calls a model of the family whose layers have windows, or none.
    pub fn model_type(&self, windowed: bool) -> &'static ModelType {
        let fits = |kind: &&ModelType| !windowed || kind.windows != Windows::Never;
        self.types.iter().find(fits).unwrap_or(&self.types[0])
    }

    /// Every so manieth layer that sees everything in spite of a window, where GGUF files do not say.
    pub fn global_every(&self) -> Option<usize> {
        self.types.iter().find_map(|kind| match kind.windows {
            Windows::Most { of, .. } => Some(of),
            _ => None,
        })
    }

    /// Whether a GGUF file of the family can say that layers have windows.
    pub fn gguf_has_windows(&self) -> bool {
        self.types.iter().any(|kind| matches!(kind.windows, Windows::All(_) | Windows::Most { .. }))
    }
}
