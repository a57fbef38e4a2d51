//! What a user asks for: one name for a whole file.

use candle_core::quantized::GgmlDType;

use crate::error::{Error, Result};

/// How a file's large matrices are stored; `mix` makes exceptions. Norms and biases keep their 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// 32 bits: nothing is rounded.
    F32,
    /// 16 bits.
    F16,
    /// 16 bits with the range of 32.
    BF16,
    /// 8.5 bits a weight.
    Q8_0,
    /// 6.6 bits a weight.
    Q6K,
    /// 5.5 bits a weight, 6.6 where it matters most.
    Q5KM,
    /// 6 bits a weight.
    Q5_1,
    /// 5.5 bits a weight.
    Q5_0,
    /// 4.5 bits a weight, 6.6 where it matters most.
    Q4KM,
    /// 5 bits a weight.
    Q4_1,
    /// 4.5 bits a weight.
    Q4_0,
}

impl FileType {
    /// All of them, the most exact first.
    pub const ALL: [Self; 11] = [
        Self::F32,
        Self::F16,
        Self::BF16,
        Self::Q8_0,
        Self::Q6K,
        Self::Q5_1,
        Self::Q5KM,
        Self::Q5_0,
        Self::Q4_1,
        Self::Q4KM,
        Self::Q4_0,
    ];

    /// As hubs and tools write it, such as `Q4_K_M`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::BF16 => "BF16",
            Self::Q8_0 => "Q8_0",
            Self::Q6K => "Q6_K",
            Self::Q5KM => "Q5_K_M",
            Self::Q5_1 => "Q5_1",
            Self::Q5_0 => "Q5_0",
            Self::Q4KM => "Q4_K_M",
            Self::Q4_1 => "Q4_1",
            Self::Q4_0 => "Q4_0",
        }
    }

    /// By its name, in whatever case.
    ///
    /// # Errors
    /// A name that is none of these; the error lists them.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|file_type| file_type.name().eq_ignore_ascii_case(name.trim()));
        found.ok_or_else(|| {
            let shown: String = name.chars().take(40).collect();
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            Error::usage(format!("there is no file type {shown:?}")).hint(format!("choose one of {}", names.join(", ")))
        })
    }

    /// The number of `general.file_type` (`llama_ftype` in llama.h).
    pub(super) fn number(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q4_1 => 3,
            Self::Q8_0 => 7,
            Self::Q5_0 => 8,
            Self::Q5_1 => 9,
            Self::Q4KM => 15,
            Self::Q5KM => 17,
            Self::Q6K => 18,
            Self::BF16 => 32,
        }
    }

    /// How a matrix is stored for which `mix` makes no exception.
    pub(super) fn storage(self) -> GgmlDType {
        match self {
            Self::F32 => GgmlDType::F32,
            Self::F16 => GgmlDType::F16,
            Self::BF16 => GgmlDType::BF16,
            Self::Q8_0 => GgmlDType::Q8_0,
            Self::Q6K => GgmlDType::Q6K,
            Self::Q5KM => GgmlDType::Q5K,
            Self::Q5_1 => GgmlDType::Q5_1,
            Self::Q5_0 => GgmlDType::Q5_0,
            Self::Q4KM => GgmlDType::Q4K,
            Self::Q4_1 => GgmlDType::Q4_1,
            Self::Q4_0 => GgmlDType::Q4_0,
        }
    }
}
