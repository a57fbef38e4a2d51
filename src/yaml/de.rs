//! Serde over [`Node`]s, collecting every fault instead of stopping at the first.
//!
//! Two means. A value of the wrong type is noted and *stood in for*: the visitor gets an empty value of the type it asked
//! for, so that reading goes on behind it. An error that a type's own `Deserialize` raises (a missing key, a number out
//! of range) cannot be passed over like that; it is noted, the value it rose from is marked, and the reading starts
//! anew with that value stood in for. What is read of a faulty tree is thrown away, so stand-ins never get out.

use super::fault::{Fault, Reading, address, gather};
use super::hint;
use super::node::{Node, Value, is_same};
use super::scalar::Meaning;
use super::stand_in::StandIn;
use crate::words;
use engine::error::{Error, Result};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Visitor};

/// Most readings of one tree; each finds at least one fault more.
const MAX_READINGS: usize = 100;

/// Reads a node as `T`, ignoring the keys in `except` (which the caller reads itself). Nothing at all reads as an empty
/// mapping where a struct is wanted. Gathers every fault.
pub fn read<T: DeserializeOwned>(node: &Node, except: &[&str]) -> Result<T> {
    let reading = Reading::default();
    for _ in 0..MAX_READINGS {
        match T::deserialize(Reader { node, except, reading: &reading }) {
            Ok(value) if reading.faults.borrow().is_empty() => return Ok(value),
            Ok(_) => break,
            Err(fault) => {
                if !reading.mark(node, fault) {
                    break;
                }
            }
        }
    }
    Err(gather(reading.faults.into_inner()).unwrap_or_else(|| node.fault("this value cannot be read")))
}

/// Reads one node.
#[derive(Clone, Copy)]
struct Reader<'a> {
    node: &'a Node,
    /// Keys the caller reads itself.
    except: &'a [&'a str],
    reading: &'a Reading,
}

impl<'a> Reader<'a> {
    fn child(&self, node: &'a Node) -> Self {
        Self { node, except: &[], reading: self.reading }
    }

    fn marked(&self) -> bool {
        self.reading.marked.borrow().contains(&address(self.node))
    }

    /// Notes that something else was wanted here.
    fn expected(&self, wanted: &str) {
        let error = self.node.fault(format!("expected {wanted}, found {}", self.node.describe()));
        self.reading.note(match self.remedy(wanted) {
            Some(remedy) => error.hint(remedy),
            None => error,
        });
    }

    fn remedy(&self, wanted: &str) -> Option<String> {
        match &self.node.value {
            Value::Scalar(s) if s.meaning() == Meaning::Null => Some("write a value, or remove the key".to_string()),
            Value::Scalar(s) if wanted == LIST => Some(format!("write it as a list: `[{}]`", s.text.trim())),
            Value::Scalar(s) if wanted == BOOL && s.meaning() == Meaning::Text => {
                Some("write `true` or `false`".to_string())
            }
            Value::Scalar(s) if NUMBERS.contains(&wanted) && s.text.trim().parse::<f64>().is_ok() => {
                (s.meaning() == Meaning::Text).then(|| "remove the quotes".to_string())
            }
            Value::Map(_) if wanted == TEXT => {
                Some("put quotes around a text that holds `: ` or starts with `{`".to_string())
            }
            Value::List(_) if wanted == TEXT => Some("give one text here, without `-` or brackets".to_string()),
            _ => None,
        }
    }

    /// The meaning of a scalar that should be a number or a truth value; nothing for lists and mappings.
    fn wanted(&self) -> Meaning {
        match &self.node.value {
            Value::Scalar(s) => s.wanted(),
            _ => Meaning::Null,
        }
    }

    fn is_excepted(&self, name: &str) -> bool {
        self.except.iter().any(|except| is_same(except, name))
    }

    fn entries(&self) -> Entries<'a> {
        let entries = self.node.entries().iter();
        let entries = entries.filter(|(key, _)| !self.is_excepted(&key.text));
        Entries {
            reader: *self,
            entries: entries.map(|(key, node)| (key.text.as_str(), Some(node))).collect::<Vec<_>>().into_iter(),
            value: None,
        }
    }
}

const TEXT: &str = "a text";
const LIST: &str = "a list";
const MAP: &str = "a mapping";
const BOOL: &str = "true or false";
const WHOLE: &str = "a whole number";
const POSITIVE: &str = "a whole number, 0 or more";
const NUMBER: &str = "a number";
const NUMBERS: [&str; 3] = [WHOLE, POSITIVE, NUMBER];

/// Methods that take some forms of a value: stand in when it is marked or has another form, and give errors their place.
macro_rules! forms {
    ($($($method:ident)* => $wanted:ident, ($self:ident, $visitor:ident) $on:expr => $forms:tt)*) => {
        $($(form!($method, $wanted, $self, $visitor, $on, $forms);)*)*
    };
}

macro_rules! form {
    ($method:ident, $wanted:ident, $self:ident, $visitor:ident, $on:expr, {$($form:pat => $visit:expr,)*}) => {
        fn $method<V: Visitor<'de>>($self, $visitor: V) -> Result<V::Value, Fault> {
            if $self.marked() {
                return StandIn.$method($visitor);
            }
            let node = $self.node;
            let read = match $on {
                $($form => $visit,)*
                _ => {
                    $self.expected($wanted);
                    StandIn.$method($visitor)
                }
            };
            read.map_err(|fault: Fault| fault.at(node))
        }
    };
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.marked() {
            return StandIn.deserialize_any(visitor);
        }
        let node = self.node;
        let read = match &node.value {
            Value::List(items) => visitor.visit_seq(Items { reader: self, items: items.iter() }),
            Value::Map(_) => visitor.visit_map(self.entries()),
            Value::Scalar(s) => match s.meaning() {
                Meaning::Null => visitor.visit_unit(),
                Meaning::Bool(b) => visitor.visit_bool(b),
                Meaning::Unsigned(n) => visitor.visit_u64(n),
                Meaning::Signed(n) => visitor.visit_i64(n),
                Meaning::Float(x) => visitor.visit_f64(x),
                Meaning::Text => visitor.visit_str(&s.text),
            },
        };
        read.map_err(|fault| fault.at(node))
    }

    forms! {
        deserialize_bool => BOOL, (self, visitor) self.wanted() => {
            Meaning::Bool(b) => visitor.visit_bool(b),
        }
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        => WHOLE, (self, visitor) self.wanted() => {
            Meaning::Unsigned(n) => visitor.visit_u64(n),
            Meaning::Signed(n) => visitor.visit_i64(n),
        }
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        => POSITIVE, (self, visitor) self.wanted() => {
            Meaning::Unsigned(n) => visitor.visit_u64(n),
        }
        deserialize_f32 deserialize_f64 => NUMBER, (self, visitor) self.wanted() => {
            Meaning::Unsigned(n) => visitor.visit_f64(n as f64),
            Meaning::Signed(n) => visitor.visit_f64(n as f64),
            Meaning::Float(x) => visitor.visit_f64(x),
        }
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_identifier => TEXT, (self, visitor) self.node.as_str() => {
            Some(text) => visitor.visit_str(text),
        }
        deserialize_seq => LIST, (self, visitor) &self.node.value => {
            Value::List(items) => visitor.visit_seq(Items { reader: self, items: items.iter() }),
        }
        deserialize_map => MAP, (self, visitor) &self.node.value => {
            Value::Map(_) => visitor.visit_map(self.entries()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.marked() || self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if !self.node.is_null() {
            self.expected("nothing");
        }
        visitor.visit_unit()
    }

    /// A struct without fields: a mapping in which nothing of its own may stand.
    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.known_entries(&[]);
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_map(self.known_entries(fields)).map_err(|fault| fault.at(self.node))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let node = self.node;
        let named = match node.entries() {
            [(key, value)] => Some((key.text.as_str(), Some(self.child(value)))),
            _ => node.as_str().map(|text| (text, None)),
        };
        match named.filter(|_| !self.marked()) {
            Some((name, value)) if variants.contains(&name) => {
                visitor.visit_enum(Variant { name, value }).map_err(|fault| fault.at(node))
            }
            found => {
                if let Some((name, _)) = found {
                    let known = || format!("one of {}", words::quoted_list(variants.iter().copied()));
                    let remedy = hint::did_you_mean(name, variants.iter().copied()).unwrap_or_else(known);
                    self.reading.note(node.fault(format!("`{name}` is not known here")).hint(remedy));
                } else {
                    self.expected(&format!("one of {}", words::quoted_list(variants.iter().copied())));
                }
                let name = variants.first().copied().unwrap_or_default();
                visitor.visit_enum(Variant { name, value: None }).map_err(|fault| fault.at(node))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

impl<'a> Reader<'a> {
    /// The entries a struct knows, each under the struct's own spelling; unknown keys are noted and left out, missing
    /// ones found before are stood in for.
    fn known_entries(self, fields: &[&'static str]) -> Entries<'a> {
        let marked = self.marked();
        if !marked && !self.node.is_map() && !self.node.is_null() {
            self.expected(MAP);
            self.reading.keyless.borrow_mut().insert(address(self.node));
        }
        let mut known: Vec<(&str, Option<&Node>)> = Vec::new();
        for (key, node) in self.node.entries() {
            let name = key.text.as_str();
            if marked || self.is_excepted(name) {
                continue;
            }
            match fields.iter().find(|field| is_same(field, name)) {
                Some(field) if known.iter().any(|(other, _)| other == field) => {
                    let error = Error::input(format!("`{name}` is given twice, once in another spelling"));
                    self.reading.note(error.at(key.place()).hint(format!("keep one of the two, as `{field}`")));
                }
                Some(field) => known.push((field, Some(node))),
                None => {
                    let error = Error::input(format!("the key `{name}` is not known here")).at(key.place());
                    self.reading.note(error.hint(self.meant(name, fields)));
                }
            }
        }
        known.sort_by_key(|(_, node)| node.is_some_and(|node| self.reading.ends_at(node)));
        if marked {
            self.reading.keyless.borrow_mut().insert(address(self.node));
        }
        let missing = self.reading.missing.borrow();
        let missing = fields.iter().filter(|field| missing.contains(&(address(self.node), **field)));
        known.extend(missing.map(|field| (*field, None)));
        Entries { reader: self, entries: known.into_iter(), value: None }
    }
}

impl Reader<'_> {
    /// The remedy for an unknown key.
    fn meant(&self, name: &str, fields: &[&'static str]) -> String {
        let free = |key: &&str| self.node.get(key).is_none();
        if let Some(field) = hint::closest(name, fields.iter().copied().filter(free)) {
            // What was meant is here in a way: its key need not be missed as well.
            self.reading.missing.borrow_mut().insert((address(self.node), field));
            return format!("did you mean `{field}`?");
        }
        let except = self.except.iter().copied().filter(free);
        hint::did_you_mean(name, except).unwrap_or_else(|| hint::known_keys(&[fields, self.except].concat()))
    }
}

struct Items<'a> {
    reader: Reader<'a>,
    items: std::slice::Iter<'a, Node>,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(node) = self.items.next() else { return Ok(None) };
        seed.deserialize(self.reader.child(node)).map(Some).map_err(|fault| fault.at(node))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// Entries of a mapping; a key without a node is stood in for.
struct Entries<'a> {
    reader: Reader<'a>,
    entries: std::vec::IntoIter<(&'a str, Option<&'a Node>)>,
    value: Option<Option<&'a Node>>,
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((key, node)) = self.entries.next() else { return Ok(None) };
        self.value = Some(node);
        seed.deserialize(de::value::StrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        match self.value.take().flatten() {
            Some(node) => seed.deserialize(self.reader.child(node)).map_err(|fault| fault.at(node)),
            None => seed.deserialize(StandIn),
        }
    }
}

/// One variant of an enum, with what it holds.
struct Variant<'a> {
    name: &'a str,
    value: Option<Reader<'a>>,
}

impl<'a, 'de> de::EnumAccess<'de> for Variant<'a> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        Ok((seed.deserialize(de::value::StrDeserializer::<Fault>::new(self.name))?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        if let Some(value) = self.value {
            value.expected("nothing");
        }
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        match self.value {
            Some(value) => seed.deserialize(value),
            None => seed.deserialize(StandIn),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        use de::Deserializer;
        match self.value {
            Some(value) => value.deserialize_tuple(length, visitor),
            None => StandIn.deserialize_any(visitor),
        }
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        use de::Deserializer;
        match self.value {
            Some(value) => value.deserialize_struct("", fields, visitor),
            None => StandIn.deserialize_struct("", fields, visitor),
        }
    }
}
