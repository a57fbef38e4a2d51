//! Which vector instructions everything here runs on: the widest that the machine has, or what `PMTUNE_SIMD` names.
//!
//! Every result is the same to the last bit with each of them: products are chains of fused multiply-adds in one order
//! ([`super::kernel`]), and sums run over sixteen interleaved partial sums however long a vector is ([`super::ops`]).

use crate::error::{Error, Result};
use pulp::Arch;
use std::sync::OnceLock;

/// What the environment may ask for.
const VARIABLE: &str = "PMTUNE_SIMD";

/// A set of vector instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simd {
    /// None: correct everywhere, and slow.
    Scalar,
    /// AVX2 with fused multiply-add: processors of 2013 and later.
    Avx2,
    /// Processors of servers, and some of laptops.
    Avx512,
    /// Arm's, as in every Mac since 2020.
    Neon,
}

impl Simd {
    const ALL: [Self; 4] = [Self::Scalar, Self::Avx2, Self::Avx512, Self::Neon];

    /// As `PMTUNE_SIMD` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    /// Those that this machine has, the slowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|simd| simd.arch().is_some())
    }

    /// The one that is used.
    ///
    /// # Errors
    /// `PMTUNE_SIMD` names none, or one that this machine has not.
    pub fn used() -> Result<Self> {
        match std::env::var(VARIABLE) {
            Ok(name) if !name.is_empty() => Self::named(&name),
            _ => Ok(Self::available().last().unwrap_or(Self::Scalar)),
        }
    }

    fn named(name: &str) -> Result<Self> {
        Self::available().find(|simd| simd.name() == name).ok_or_else(|| {
            let known: Vec<&str> = Self::available().map(Self::name).collect();
            Error::usage(format!("{VARIABLE} asks for `{name}`, which is none of this machine's"))
                .hint(format!("use one of {}, or unset it for the fastest", known.join(", ")))
        })
    }

    fn arch(self) -> Option<Arch> {
        match self {
            Self::Scalar => Some(Arch::Scalar),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => pulp::x86::V3::try_new().map(Arch::V3),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => pulp::x86::V4::try_new().map(Arch::V4),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => pulp::aarch64::Neon::try_new().map(Arch::Neon),
            #[allow(unreachable_patterns)]
            _ => None,
        }
    }
}

/// What to hand vectorised work to. Whoever starts a program asks [`Simd::used`] first; a name that is none means the
/// fastest here.
pub(crate) fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(|| Simd::used().ok().and_then(Simd::arch).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_is_used_and_another_may_be_named() {
        assert_eq!(Simd::named("scalar").unwrap(), Simd::Scalar);
        let said = Simd::named("avx1024").unwrap_err().to_string();
        assert!(said.contains("none of this machine's") && said.contains("scalar"), "{said}");
        assert!(Simd::available().all(|simd| Simd::named(simd.name()).unwrap() == simd));
    }
}
