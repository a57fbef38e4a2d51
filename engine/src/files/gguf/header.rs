//! The header of a GGUF file, read with every count and length checked against the bytes that are really there.
//!
//! Arrays stay where they are in the file and are decoded when asked for, so reading a header allocates no more than a
//! small multiple of its own size, whatever a hostile file claims.

use std::collections::HashMap;
use std::ops::Range;

use candle_core::quantized::GgmlDType;

const MAGIC: &[u8; 4] = b"GGUF";
const DEFAULT_ALIGNMENT: u64 = 32;
/// Arrays of arrays are in the format but in no file we know of.
const MAX_DEPTH: usize = 4;
const MAX_DIMS: u32 = 4;

/// What is wrong with a header, and at which byte of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub at: usize,
    pub what: String,
}

type Parsed<T> = Result<T, Fault>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    Text,
    Array,
    U64,
    I64,
    F64,
}

impl Kind {
    const ALL: [Kind; 13] = [
        Kind::U8,
        Kind::I8,
        Kind::U16,
        Kind::I16,
        Kind::U32,
        Kind::I32,
        Kind::F32,
        Kind::Bool,
        Kind::Text,
        Kind::Array,
        Kind::U64,
        Kind::I64,
        Kind::F64,
    ];

    /// Bytes of one value; for strings and arrays, of the shortest possible one.
    fn least_bytes(self) -> usize {
        match self {
            Kind::U8 | Kind::I8 | Kind::Bool => 1,
            Kind::U16 | Kind::I16 => 2,
            Kind::U32 | Kind::I32 | Kind::F32 => 4,
            Kind::U64 | Kind::I64 | Kind::F64 | Kind::Text => 8,
            Kind::Array => 12,
        }
    }
}

/// One metadata value; arrays remember where their elements lie.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Integer(i128),
    Float(f64),
    Bool(bool),
    Text(String),
    Array { kind: Kind, count: usize, at: usize },
}

/// Where one tensor lies and how it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Info {
    /// Slowest dimension first, as candle and Hugging Face write shapes; the file has them the other way round.
    pub shape: Vec<usize>,
    pub dtype: GgmlDType,
    /// Bytes of the file.
    pub bytes: Range<usize>,
    /// Which of the files of a model in parts, from 0.
    pub part: usize,
}

#[derive(Debug)]
pub(crate) struct Header {
    metadata: HashMap<String, Value>,
    /// Every key in the order of the file, and where the kind and value behind it lie.
    pub raw_keys: Vec<(String, Range<usize>)>,
    pub tensors: HashMap<String, Info>,
}

impl Header {
    /// Reads the header of `file`, the whole content of a GGUF file.
    pub(crate) fn parse(file: &[u8]) -> Parsed<Self> {
        let mut cursor = Cursor { file, at: 0 };
        preamble(&mut cursor)?;
        let tensor_count = cursor.count("tensors", 24)?;
        let value_count = cursor.count("metadata values", 13)?;
        let (mut metadata, mut raw_keys) = (HashMap::new(), Vec::new());
        for _ in 0..value_count {
            let at = cursor.at;
            let key = cursor.text("a metadata key")?;
            let start = cursor.at;
            let value = cursor.value()?;
            raw_keys.push((key.clone(), start..cursor.at));
            if metadata.insert(key.clone(), value).is_some() {
                return Err(Fault { at, what: format!("the metadata key {} is there twice", shown(&key)) });
            }
        }
        let mut header = Self { metadata, raw_keys, tensors: HashMap::new() };
        let alignment = header.alignment(cursor.at)?;
        let mut unplaced = Vec::new();
        for _ in 0..tensor_count {
            unplaced.push(cursor.tensor()?);
        }
        let data = (cursor.at as u64).next_multiple_of(alignment);
        for tensor in unplaced {
            let (name, at) = (tensor.name.clone(), tensor.at);
            let info = tensor.place(data, alignment, file.len() as u64)?;
            if header.tensors.insert(name.clone(), info).is_some() {
                return Err(Fault { at, what: format!("the tensor {} is there twice", shown(&name)) });
            }
        }
        Ok(header)
    }

    fn alignment(&self, at: usize) -> Parsed<u64> {
        match self.metadata.get("general.alignment") {
            None => Ok(DEFAULT_ALIGNMENT),
            Some(Value::Integer(n)) if (8..=65536).contains(n) && (n & (n - 1)) == 0 => Ok(*n as u64),
            Some(_) => Err(Fault { at, what: "`general.alignment` is not a power of two between 8 and 65536".into() }),
        }
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.metadata.contains_key(key)
    }

    /// All metadata keys, in no order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.metadata.keys().map(String::as_str)
    }

    /// Zero, false and what is empty.
    pub(crate) fn says_nothing(&self, key: &str) -> bool {
        match self.metadata.get(key) {
            None | Some(Value::Integer(0) | Value::Bool(false) | Value::Array { count: 0, .. }) => true,
            Some(Value::Float(number)) => *number == 0.0,
            Some(Value::Text(text)) => text.is_empty(),
            Some(Value::Integer(_) | Value::Bool(true) | Value::Array { .. }) => false,
        }
    }

    /// A value for the eye.
    pub(crate) fn shown(&self, key: &str) -> String {
        match self.metadata.get(key) {
            None => "missing".to_string(),
            Some(Value::Integer(number)) => number.to_string(),
            Some(Value::Float(number)) => number.to_string(),
            Some(Value::Bool(value)) => value.to_string(),
            Some(Value::Text(text)) => shown(text),
            Some(Value::Array { count, .. }) => format!("a list of {count}"),
        }
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn bool(&self, key: &str) -> Option<bool> {
        match self.metadata.get(key) {
            Some(Value::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    /// A non-negative integer of whatever width.
    pub(crate) fn integer(&self, key: &str) -> Option<u64> {
        match self.metadata.get(key) {
            Some(Value::Integer(value)) => u64::try_from(*value).ok(),
            _ => None,
        }
    }

    pub(crate) fn float(&self, key: &str) -> Option<f64> {
        match self.metadata.get(key) {
            Some(Value::Float(value)) => Some(*value),
            Some(Value::Integer(value)) => Some(*value as f64),
            _ => None,
        }
    }

    /// The strings of an array; `file` is what was parsed.
    pub(crate) fn texts<'a>(&self, file: &'a [u8], key: &str) -> Option<Vec<&'a str>> {
        let (mut cursor, count) = self.array(file, key, &[Kind::Text])?;
        // Strings were checked when the header was read.
        (0..count).map(|_| cursor.str("a string").ok()).collect()
    }

    pub(crate) fn floats(&self, file: &[u8], key: &str) -> Option<Vec<f32>> {
        let (mut cursor, count) = self.array(file, key, &[Kind::F32])?;
        (0..count).map(|_| cursor.bytes().ok().map(f32::from_le_bytes)).collect()
    }

    /// The integers of an array of 32-bit numbers, signed or not.
    pub(crate) fn integers(&self, file: &[u8], key: &str) -> Option<Vec<i64>> {
        let (mut cursor, count) = self.array(file, key, &[Kind::I32, Kind::U32])?;
        (0..count).map(|_| cursor.bytes().ok().map(|b| i64::from(i32::from_le_bytes(b)))).collect()
    }

    /// A list of yes and no.
    pub(crate) fn flags(&self, file: &[u8], key: &str) -> Option<Vec<bool>> {
        let (mut cursor, count) = self.array(file, key, &[Kind::Bool])?;
        (0..count).map(|_| cursor.bytes().ok().map(|[flag]| flag != 0)).collect()
    }

    /// Whether [`Header::integers`] can read it.
    pub(crate) fn is_list_of_integers(&self, key: &str) -> Option<()> {
        self.array(&[], key, &[Kind::I32, Kind::U32]).map(drop)
    }

    fn array<'a>(&self, file: &'a [u8], key: &str, kinds: &[Kind]) -> Option<(Cursor<'a>, usize)> {
        match self.metadata.get(key) {
            Some(Value::Array { kind, count, at }) if kinds.contains(kind) => Some((Cursor { file, at: *at }, *count)),
            _ => None,
        }
    }
}

/// Checks magic and version; what follows is the same in versions 2 and 3.
fn preamble(cursor: &mut Cursor) -> Parsed<()> {
    let magic = cursor.file.get(..4).unwrap_or(cursor.file);
    if magic != MAGIC {
        let what = format!("it begins with {:?}, not with \"GGUF\"", String::from_utf8_lossy(magic));
        return Err(Fault { at: 0, what });
    }
    cursor.at = 4;
    let version = cursor.u32()?;
    match version {
        2 | 3 => Ok(()),
        _ if matches!(version.swap_bytes(), 2 | 3) => {
            Err(Fault { at: 4, what: "it was written for big-endian machines, which pmtune does not read".into() })
        }
        _ => Err(Fault { at: 4, what: format!("it is GGUF version {version}; pmtune reads versions 2 and 3") }),
    }
}

/// A tensor description before its place in the file is checked.
struct Unplaced {
    name: String,
    at: usize,
    dims: Vec<u64>,
    kind: u32,
    offset: u64,
}

impl Unplaced {
    fn place(self, data: u64, alignment: u64, file_len: u64) -> Parsed<Info> {
        let fault = |what: String| Fault { at: self.at, what: format!("the tensor {} {what}", shown(&self.name)) };
        let dtype = dtype(self.kind).map_err(|name| {
            fault(format!("is stored as {name}, which pmtune does not read; use F32, F16, BF16, Q8_0, Q4_0 to Q5_1 or Q2_K to Q6_K"))
        })?;
        let elements = self.dims.iter().try_fold(1u64, |n, d| n.checked_mul(*d)).filter(|n| *n <= u64::MAX >> 8);
        let (row, elements) = match (self.dims.first(), elements) {
            (Some(row), Some(n)) if n > 0 => (*row, n),
            _ => return Err(fault(format!("has the impossible shape {:?}", self.dims))),
        };
        let block = dtype.block_size() as u64;
        if row % block != 0 {
            return Err(fault(format!("has rows of {row} values, which {dtype:?} cannot store in blocks of {block}")));
        }
        if !self.offset.is_multiple_of(alignment) {
            return Err(fault(format!("starts at offset {}, not a multiple of {alignment}", self.offset)));
        }
        let size = elements / block * dtype.type_size() as u64;
        let start = data.checked_add(self.offset);
        let end = start.and_then(|s| s.checked_add(size)).filter(|end| *end <= file_len);
        let (Some(start), Some(end)) = (start, end) else {
            return Err(fault(format!("needs {size} bytes, more than the file has left; it may be cut short")));
        };
        let shape = self.dims.iter().rev().map(|d| *d as usize).collect();
        Ok(Info { shape, dtype, bytes: start as usize..end as usize, part: 0 })
    }
}

/// The storage type by its number in the file, or its name when we cannot read it.
fn dtype(kind: u32) -> Result<GgmlDType, String> {
    Ok(match kind {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return Err(unread_type(kind)),
    })
}

fn unread_type(kind: u32) -> String {
    let name = match kind {
        9 => "Q8_1",
        15 => "Q8_K",
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        20 => "IQ4_NL",
        21 => "IQ3_S",
        22 => "IQ2_S",
        23 => "IQ4_XS",
        24 => "I8",
        25 => "I16",
        26 => "I32",
        27 => "I64",
        28 => "F64",
        29 => "IQ1_M",
        34 => "TQ1_0",
        35 => "TQ2_0",
        39 => "MXFP4",
        _ => return format!("unknown type {kind}"),
    };
    name.to_string()
}

struct Cursor<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn left(&self) -> usize {
        self.file.len().saturating_sub(self.at)
    }

    fn take(&mut self, count: usize, what: &str) -> Parsed<&'a [u8]> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.file.len());
        let Some(end) = end else {
            let what = format!("{what} needs {count} bytes, but only {} are left; it may be cut short", self.left());
            return Err(Fault { at: self.at, what });
        };
        let bytes = &self.file[self.at..end];
        self.at = end;
        Ok(bytes)
    }

    fn bytes<const N: usize>(&mut self) -> Parsed<[u8; N]> {
        let bytes = self.take(N, "a number")?;
        let mut array = [0; N];
        array.copy_from_slice(bytes);
        Ok(array)
    }

    fn u32(&mut self) -> Parsed<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Parsed<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// A count of things that take at least `least` bytes each, so that it cannot exceed what is left.
    fn count(&mut self, things: &str, least: usize) -> Parsed<usize> {
        let at = self.at;
        let count = self.u64()?;
        let most = self.left() / least;
        usize::try_from(count).ok().filter(|n| *n <= most).ok_or_else(|| Fault {
            at,
            what: format!("it claims {count} {things}, but what is left of the file holds {most} at most"),
        })
    }

    fn str(&mut self, what: &str) -> Parsed<&'a str> {
        let length = self.count("bytes of text", 1)?;
        let at = self.at;
        std::str::from_utf8(self.take(length, what)?)
            .map_err(|_| Fault { at, what: format!("{what} is not valid UTF-8") })
    }

    fn text(&mut self, what: &str) -> Parsed<String> {
        self.str(what).map(str::to_string)
    }

    fn kind(&mut self) -> Parsed<Kind> {
        let at = self.at;
        let kind = self.u32()?;
        let known = usize::try_from(kind).ok().and_then(|kind| Kind::ALL.get(kind)).copied();
        known.ok_or_else(|| Fault { at, what: format!("unknown kind of metadata value {kind}") })
    }

    fn value(&mut self) -> Parsed<Value> {
        Ok(match self.kind()? {
            Kind::U8 => Value::Integer(self.bytes().map(u8::from_le_bytes)?.into()),
            Kind::I8 => Value::Integer(self.bytes().map(i8::from_le_bytes)?.into()),
            Kind::U16 => Value::Integer(self.bytes().map(u16::from_le_bytes)?.into()),
            Kind::I16 => Value::Integer(self.bytes().map(i16::from_le_bytes)?.into()),
            Kind::U32 => Value::Integer(self.u32()?.into()),
            Kind::I32 => Value::Integer(self.bytes().map(i32::from_le_bytes)?.into()),
            Kind::U64 => Value::Integer(self.u64()?.into()),
            Kind::I64 => Value::Integer(self.bytes().map(i64::from_le_bytes)?.into()),
            Kind::F32 => Value::Float(self.bytes().map(f32::from_le_bytes)?.into()),
            Kind::F64 => Value::Float(self.bytes().map(f64::from_le_bytes)?),
            Kind::Bool => Value::Bool(self.bytes::<1>()? != [0]),
            Kind::Text => Value::Text(self.text("a metadata value")?),
            Kind::Array => self.skip_array(0)?,
        })
    }

    /// Walks over an array, checking it, and gives where its elements lie.
    fn skip_array(&mut self, depth: usize) -> Parsed<Value> {
        if depth == MAX_DEPTH {
            return Err(Fault { at: self.at, what: format!("arrays are nested more than {MAX_DEPTH} deep") });
        }
        let kind = self.kind()?;
        let count = self.count("array elements", kind.least_bytes())?;
        let at = self.at;
        match kind {
            Kind::Text => {
                for _ in 0..count {
                    self.str("a string in an array")?;
                }
            }
            Kind::Array => {
                for _ in 0..count {
                    self.skip_array(depth + 1)?;
                }
            }
            // No overflow: the count fits what is left of the file.
            _ => drop(self.take(count * kind.least_bytes(), "an array")?),
        }
        Ok(Value::Array { kind, count, at })
    }

    fn tensor(&mut self) -> Parsed<Unplaced> {
        let at = self.at;
        let name = self.text("a tensor's name")?;
        let rank = self.u32()?;
        if rank == 0 || rank > MAX_DIMS {
            let what = format!("the tensor {} has {rank} dimensions; 1 to {MAX_DIMS} are possible", shown(&name));
            return Err(Fault { at, what });
        }
        let dims = (0..rank).map(|_| self.u64()).collect::<Parsed<Vec<_>>>()?;
        let (kind, offset) = (self.u32()?, self.u64()?);
        Ok(Unplaced { name, at, dims, kind, offset })
    }
}

/// A name from the file, safe and short enough for a message.
fn shown(name: &str) -> String {
    let short: String = name.chars().take(80).collect();
    format!("{short:?}")
}
