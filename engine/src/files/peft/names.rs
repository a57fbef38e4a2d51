//! The names of an adapter's tensors, and what those that are no plain LoRA's give away.

use crate::error::Error;

/// `q_proj` of `model.layers.0.self_attn.q_proj`.
pub(crate) fn last_part(module: &str) -> &str {
    module.rsplit('.').next().unwrap_or(module)
}

pub(super) fn tensor_name(module: &str, which: &str) -> String {
    format!("base_model.model.{module}.{which}.weight")
}

/// `base_model.model.PATH.lora_A.weight` → `PATH`.
pub(super) fn module_of(name: &str) -> Option<&str> {
    let path = name.strip_prefix("base_model.model.")?;
    path.strip_suffix(".lora_A.weight").or_else(|| path.strip_suffix(".lora_B.weight"))
}

/// Why a tensor cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    NamedAfterAdapter,
    Mlx,
    Dora,
    Bias,
    OtherMethod,
    Prompt,
    AdaLora,
    Embedding,
    Head,
    Whole,
    Unprefixed,
    OtherBase,
}

impl Reason {
    /// Of a tensor that is no pair's of the base.
    pub fn of(name: &str) -> Self {
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        let ends = |parts: &[&str]| parts.iter().any(|part| name.ends_with(part));
        match () {
            () if has(&["lora_magnitude_vector", "lora_m."]) => Self::Dora,
            () if ends(&["lora_A.bias", "lora_B.bias"]) => Self::Bias,
            () if has(&["lora_embedding_A", "lora_embedding_B"]) => Self::Embedding,
            () if has(&["lora_E", "ranknum"]) => Self::AdaLora,
            () if ends(&[".lora_a", ".lora_b"]) => Self::Mlx,
            () if has(&["prompt_embeddings", "prompt_encoder", "prefix_encoder", "prompt_encoder"]) => Self::Prompt,
            () if has(&["hada_w", "lokr_w", "ia3_", "oft_", "boft_", "vera_", "randlora_", "bone_", "miss_"]) => {
                Self::OtherMethod
            }
            () if has(&[".lora_A.", ".lora_B."]) && module_of(name).is_none() => {
                match name.ends_with(".lora_A.weight") || name.ends_with(".lora_B.weight") {
                    true => Self::Unprefixed,
                    false => Self::NamedAfterAdapter,
                }
            }
            () if has(&["lm_head.lora_"]) => Self::Head,
            () if module_of(name).is_none() => Self::Whole,
            () => Self::OtherBase,
        }
    }

    /// What `name`, the first of `count` such tensors, says.
    pub fn error(self, name: &str, count: usize) -> Error {
        let name: String = name.chars().take(160).collect();
        let (what, way_out) = match self {
            Self::NamedAfterAdapter => (
                "the weights are named after the adapter, as they are inside a running PEFT model",
                "save the adapter with PEFT's `model.save_pretrained(FOLDER)`, which leaves that name out",
            ),
            Self::Mlx => ("this is mlx-lm's format", super::form::MLX_WAY_OUT),
            Self::Dora => ("this is DoRA, which scales the base's weights as well", MERGE),
            Self::Bias => ("the adapter trained a bias beside its matrices (lora_bias)", MERGE),
            Self::OtherMethod => ("this is another method than LoRA", MERGE),
            Self::Prompt => {
                ("the adapter is a trained prompt, not LoRA", "it cannot be merged into its base; train a plain LoRA")
            }
            Self::AdaLora => ("this is AdaLoRA", MERGE),
            Self::Embedding => ("the adapter changes the embeddings", MERGE),
            Self::Head => ("the adapter changes the output head", MERGE),
            Self::Whole => ("the adapter trained whole weights (modules_to_save, or tokens that were added)", MERGE),
            Self::Unprefixed => (
                "the name lacks `base_model.model.`, with which PEFT's names begin",
                "save the adapter with PEFT's `model.save_pretrained(FOLDER)`",
            ),
            Self::OtherBase => ("the base has no such linear layer", "use the base it was trained on"),
        };
        let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
        Error::model(format!("{name}{more}: {what}")).hint(way_out)
    }
}

const MERGE: &str =
    "merge it into its base with PEFT's merge_and_unload and use the result as a base, or train a plain LoRA";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_tensor_has_its_own_reason() {
        let layer = "base_model.model.model.layers.0.self_attn.q_proj";
        for (name, reason) in [
            (format!("{layer}.lora_A.default.weight"), Reason::NamedAfterAdapter),
            (format!("{layer}.lora_B.my-adapter.weight"), Reason::NamedAfterAdapter),
            ("model.layers.0.self_attn.q_proj.lora_a".into(), Reason::Mlx),
            (format!("{layer}.lora_magnitude_vector"), Reason::Dora),
            (format!("{layer}.lora_magnitude_vector.default.weight"), Reason::Dora),
            (format!("{layer}.lora_B.bias"), Reason::Bias),
            (format!("{layer}.hada_w1_a"), Reason::OtherMethod),
            (format!("{layer}.lokr_w1"), Reason::OtherMethod),
            (format!("{layer}.ia3_l"), Reason::OtherMethod),
            ("prompt_embeddings".into(), Reason::Prompt),
            (format!("{layer}.lora_E"), Reason::AdaLora),
            ("base_model.model.model.embed_tokens.lora_embedding_A".into(), Reason::Embedding),
            ("base_model.model.lm_head.lora_A.weight".into(), Reason::Head),
            ("base_model.model.lm_head.weight".into(), Reason::Whole),
            ("base_model.model.model.embed_tokens.weight".into(), Reason::Whole),
            ("base_model.model.model.norm.modules_to_save.default.weight".into(), Reason::Whole),
            ("model.layers.0.self_attn.q_proj.lora_A.weight".into(), Reason::Unprefixed),
            ("base_model.model.model.layers.90.self_attn.q_proj.lora_A.weight".into(), Reason::OtherBase),
        ] {
            assert_eq!(Reason::of(&name), reason, "{name}");
        }
    }
}
