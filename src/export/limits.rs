use engine::files::export::FileType;
use serde::{Deserialize, Serialize};

/// What a file's speech may differ by from the version's own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest mean divergence, nats a token.
    pub mean_divergence: f64,
    /// Least share of positions where both find the same token likeliest.
    pub same_top: f64,
}

impl Limits {
    /// About three times what rounding cost on the default base (docs/log.md, "Exported files"); more is no rounding.
    pub fn of(file_type: FileType) -> Self {
        let (mean_divergence, same_top) = match file_type {
            FileType::F32 | FileType::F16 => (0.0003, 0.99),
            FileType::BF16 | FileType::Q8_0 => (0.003, 0.97),
            FileType::Q6K | FileType::Q5_1 | FileType::Q5KM | FileType::Q5_0 => (0.05, 0.88),
            FileType::Q4_1 | FileType::Q4KM | FileType::Q4_0 => (0.15, 0.80),
        };
        Self { mean_divergence, same_top }
    }
}
