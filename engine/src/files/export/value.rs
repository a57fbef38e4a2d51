//! Metadata values as GGUF writes them: the number of their kind, then the value, all little-endian.

/// A value of a kind that GGUF knows.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The kind most sizes and ids have.
    U32(u32),
    /// A size that may be below zero.
    I32(i32),
    /// The kind of most fractions.
    F32(f32),
    /// Yes or no.
    Bool(bool),
    /// UTF-8.
    Text(String),
    /// A list of texts, such as tokens or tags.
    Texts(Vec<String>),
    /// A list of numbers, such as token types.
    I32s(Vec<i32>),
    /// A list of fractions, such as a vocabulary's scores.
    F32s(Vec<f32>),
}

const U32: u32 = 4;
const I32: u32 = 5;
const F32: u32 = 6;
const BOOL: u32 = 7;
const TEXT: u32 = 8;
const ARRAY: u32 = 9;

impl Value {
    /// Kind and value.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let kind = |kind: u32| kind.to_le_bytes().to_vec();
        let array = |of: u32, count: usize, elements: Vec<u8>| {
            [kind(ARRAY), kind(of), (count as u64).to_le_bytes().to_vec(), elements].concat()
        };
        match self {
            Self::U32(value) => [kind(U32), value.to_le_bytes().to_vec()].concat(),
            Self::I32(value) => [kind(I32), value.to_le_bytes().to_vec()].concat(),
            Self::F32(value) => [kind(F32), value.to_le_bytes().to_vec()].concat(),
            Self::Bool(value) => [kind(BOOL), vec![u8::from(*value)]].concat(),
            Self::Text(value) => [kind(TEXT), text(value)].concat(),
            Self::Texts(values) => array(TEXT, values.len(), values.iter().flat_map(|value| text(value)).collect()),
            Self::I32s(values) => array(I32, values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Self::F32s(values) => array(F32, values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        }
    }
}

/// Length, then the text.
pub(super) fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}
