//! An empty value of whatever type is asked for, so that reading goes on behind a fault.

use super::fault::Fault;
use serde::de::{self, DeserializeSeed, Visitor};
use serde::forward_to_deserialize_any;

/// Gives 0, false, an empty text, list or mapping, the first variant of an enum, every field of a struct. A type may
/// refuse that; such an error is silent, because the fault that called for the stand-in is noted already.
#[derive(Clone, Copy)]
pub(super) struct StandIn;

macro_rules! empty {
    ($($($method:ident)* => $visit:ident($value:expr);)*) => {$($(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit($value).map_err(Fault::silent)
        }
    )*)*};
}

impl<'de> de::Deserializer<'de> for StandIn {
    type Error = Fault;

    empty! {
        deserialize_bool => visit_bool(false);
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 => visit_i64(0);
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 => visit_u64(0);
        deserialize_f32 deserialize_f64 => visit_f64(0.0);
        deserialize_str deserialize_string deserialize_identifier => visit_str("");
        deserialize_char => visit_char(' ');
        deserialize_bytes deserialize_byte_buf => visit_bytes(b"");
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit().map_err(Fault::silent)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_none().map_err(Fault::silent)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self).map_err(Fault::silent)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(Repeat(0)).map_err(Fault::silent)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(Repeat(length)).map_err(Fault::silent)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(Fields(&[])).map_err(Fault::silent)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_map(Fields(fields)).map_err(Fault::silent)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let first = variants.first().copied().unwrap_or_default();
        visitor.visit_enum(de::value::StrDeserializer::<Fault>::new(first)).map_err(Fault::silent)
    }

    forward_to_deserialize_any! { unit unit_struct ignored_any }
}

/// So many stand-ins.
struct Repeat(usize);

impl<'de> de::SeqAccess<'de> for Repeat {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        if self.0 == 0 {
            return Ok(None);
        }
        self.0 -= 1;
        seed.deserialize(StandIn).map(Some)
    }
}

/// A stand-in under each of these keys.
struct Fields(&'static [&'static str]);

impl<'de> de::MapAccess<'de> for Fields {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(None) };
        self.0 = rest;
        seed.deserialize(de::value::StrDeserializer::new(first)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(StandIn)
    }
}
