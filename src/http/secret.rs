//! What only somebody knows who was told.

use engine::error::{Error, Kind, Result};
use engine::store;
use rand::TryRngCore;
use rand::rngs::OsRng;

/// A text that opens something.
pub struct Secret(String);

impl Secret {
    /// 256 random bits in hexadecimal.
    ///
    /// # Errors
    /// The operating system gives no random numbers.
    pub fn random() -> Result<Self> {
        let mut bytes = [0u8; 32];
        OsRng.try_fill_bytes(&mut bytes).map_err(|e| {
            Error::new(Kind::Io, "this computer gave no random numbers").caused_by(e).hint("try the command again")
        })?;
        Ok(Self(store::hex(&bytes)))
    }

    /// One that a person chose.
    pub fn chosen(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Takes as long for a near miss as for a far one.
    pub fn is(&self, said: &str) -> bool {
        let (own, said) = (self.0.as_bytes(), said.as_bytes());
        own.len() == said.len() && own.iter().zip(said).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}
