//! What tells one family of models from another, as data: the layers it is made of and how its files call them.
//!
//! Everything that needs a weight's name or shape (the decoder, both file formats, adapters, the estimate of a training)
//! comes from here, by way of `layout`. A family whose layers compute the same things under other names is one more
//! table.

use std::path::Path;

use crate::error::{Error, Result};
use Size::{Hidden, Inner, KeyValue, Query};

/// The families the decoder knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Separate q, k, v, gate and up projections, no biases unless `attention_bias`.
    Llama,
    /// As llama, with biases on q, k and v.
    Qwen2,
    /// Fused `self_attn.qkv_proj` and `mlp.gate_up_proj`.
    Phi3,
}

/// A family's table.
pub(crate) struct Anatomy {
    /// How files name it (`general.architecture`, `model_type`).
    architectures: &'static [&'static str],
    pub attention_norm: Name,
    pub qkv: Joined,
    pub output: Joined,
    pub mlp_norm: Name,
    pub gate_up: Joined,
    pub down: Joined,
    /// GGUF holds rows that are rotated in pairs rather than halves, head by head.
    pub gguf_in_pairs: bool,
    /// Has `attention_bias` whatever its config says.
    pub always_biased: bool,
    /// Declares a sliding window that it does not use unless told so.
    pub window_on_request: bool,
    /// `partial_rotary_factor` may leave some of a head's dimensions unrotated.
    pub partly_rotated: bool,
    /// White space behind a control token is no text, where the tokenizer is SentencePiece's.
    pub control_strips_right: bool,
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
    // Mistral is llama with a sliding window.
    architectures: &["llama", "mistral"],
    attention_norm: Name { name: "input_layernorm", gguf: "attn_norm" },
    qkv: Joined {
        input: Hidden,
        parts: &[
            Projection { rotated: true, ..biased("self_attn.q_proj", "attn_q", &[Query]) },
            Projection { rotated: true, ..biased("self_attn.k_proj", "attn_k", &[KeyValue]) },
            biased("self_attn.v_proj", "attn_v", &[KeyValue]),
        ],
    },
    output: Joined {
        input: Query,
        parts: &[Projection { bias: Bias::IfThere, ..plain("self_attn.o_proj", "attn_output", &[Hidden]) }],
    },
    mlp_norm: Name { name: "post_attention_layernorm", gguf: "ffn_norm" },
    gate_up: Joined {
        input: Hidden,
        parts: &[plain("mlp.gate_proj", "ffn_gate", &[Inner]), plain("mlp.up_proj", "ffn_up", &[Inner])],
    },
    down: Joined { input: Inner, parts: &[plain("mlp.down_proj", "ffn_down", &[Hidden])] },
    gguf_in_pairs: true,
    always_biased: false,
    window_on_request: false,
    partly_rotated: false,
    control_strips_right: false,
};

const QWEN2: Anatomy =
    Anatomy { architectures: &["qwen2"], gguf_in_pairs: false, always_biased: true, window_on_request: true, ..LLAMA };

const PHI3: Anatomy = Anatomy {
    architectures: &["phi3"],
    qkv: Joined { input: Hidden, parts: &[plain("self_attn.qkv_proj", "attn_qkv", &[Query, KeyValue, KeyValue])] },
    gate_up: Joined { input: Hidden, parts: &[plain("mlp.gate_up_proj", "ffn_up", &[Inner, Inner])] },
    partly_rotated: true,
    control_strips_right: true,
    ..LLAMA
};

const fn plain(name: &'static str, gguf: &'static str, rows: &'static [Size]) -> Projection {
    Projection { name: Name { name, gguf }, rows, bias: Bias::No, rotated: false }
}

const fn biased(name: &'static str, gguf: &'static str, rows: &'static [Size]) -> Projection {
    Projection { bias: Bias::Yes, ..plain(name, gguf, rows) }
}

impl Family {
    pub(crate) fn anatomy(self) -> &'static Anatomy {
        match self {
            Family::Llama => &LLAMA,
            Family::Qwen2 => &QWEN2,
            Family::Phi3 => &PHI3,
        }
    }

    /// As GGUF names it.
    pub(super) fn architecture(self) -> &'static str {
        self.anatomy().architectures.first().copied().unwrap_or_default()
    }

    /// The family of an architecture as files name it.
    pub(super) fn of(architecture: &str, origin: &Path) -> Result<Self> {
        let all = [Family::Llama, Family::Qwen2, Family::Phi3];
        let known = all.into_iter().find(|family| family.anatomy().architectures.contains(&architecture));
        known.ok_or_else(|| {
            let shown: String = architecture.chars().take(60).collect();
            let message =
                format!("{} holds a model of the architecture {shown:?}, which pmtune does not run", origin.display());
            Error::model(message).hint(
                "use a model of the llama (also SmolLM2, Mistral), qwen2 (also Qwen2.5) or phi3 family, or serve it \
                 elsewhere and name it as `openai:URL#model`",
            )
        })
    }
}

impl Anatomy {
    /// The linear layers of a layer, in the order they are computed.
    pub fn joined(&self) -> [&Joined; 4] {
        [&self.qkv, &self.output, &self.gate_up, &self.down]
    }
}
