//! The bytes that a token stands for, as the tokenizer's decoder would write them in the middle of a text.

use tokenizers::DecoderWrapper;

/// What SentencePiece writes for a blank.
const BLANK: char = '▁';

/// How the words of a vocabulary write bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// One letter for every byte (GPT-2).
    ByteLevel,
    /// Text with `▁` for a blank (SentencePiece); with `byte_tokens`, `<0xE4>` is one byte.
    Pieces { byte_tokens: bool },
    /// What a token stands for depends on its neighbours, or nobody says.
    Unknown,
}

impl Spelling {
    pub fn of(decoder: Option<&DecoderWrapper>) -> Self {
        let steps = decoder.map(steps).unwrap_or_default();
        if steps.iter().any(|step| matches!(step, DecoderWrapper::ByteLevel(_))) {
            return Self::ByteLevel;
        }
        let pieces = steps.iter().any(|step| match step {
            DecoderWrapper::Metaspace(step) => step.get_replacement() == BLANK,
            DecoderWrapper::Replace(step) => step.content == " ",
            _ => false,
        });
        match pieces {
            true => Self::Pieces { byte_tokens: steps.iter().any(|s| matches!(s, DecoderWrapper::ByteFallback(_))) },
            false => Self::Unknown,
        }
    }

    /// The bytes of a word; `None` where they cannot be told.
    pub fn bytes(self, word: &str) -> Option<Vec<u8>> {
        match self {
            // A word with letters outside the alphabet was added; the decoder leaves it as it is.
            Self::ByteLevel => Some(word.chars().map(byte_of).collect::<Option<_>>().unwrap_or_else(|| word.into())),
            Self::Pieces { byte_tokens } => match byte_token(word).filter(|_| byte_tokens) {
                Some(byte) => Some(vec![byte]),
                None => Some(word.replace(BLANK, " ").into_bytes()),
            },
            Self::Unknown => None,
        }
    }
}

fn steps(decoder: &DecoderWrapper) -> Vec<&DecoderWrapper> {
    match decoder {
        DecoderWrapper::Sequence(steps) => steps.get_decoders().iter().flat_map(self::steps).collect(),
        step => vec![step],
    }
}

fn byte_token(word: &str) -> Option<u8> {
    let digits = word.strip_prefix("<0x")?.strip_suffix('>').filter(|digits| digits.len() == 2)?;
    u8::from_str_radix(digits, 16).ok()
}

/// The byte that GPT-2's byte-level alphabet writes as `c`: printable Latin-1 stands for itself, the other 68 bytes for
/// U+0100 onwards in order (`bytes_to_unicode` in GPT-2's encoder.py).
fn byte_of(c: char) -> Option<u8> {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    match u32::from(c) {
        code @ 0..=0xFF => u8::try_from(code).ok().filter(|byte| printable(*byte)),
        code => (0..=255).filter(|byte| !printable(*byte)).nth((code - 0x100) as usize),
    }
}
