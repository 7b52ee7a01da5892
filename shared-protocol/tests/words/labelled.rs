//! Cuts a message into its pieces, each with its field's name. Written from the wire rules of
//! PROTOCOL.md alone and without the crate's codec, so that the two check each other.

use serde::{
    Serialize, Serializer,
    ser::{
        Error as _, Impossible, SerializeSeq, SerializeStruct, SerializeStructVariant,
        SerializeTuple, SerializeTupleStruct,
    },
};
use serde_json::{Error, Value, json};

/// One piece of an encoding.
#[derive(Clone, Debug)]
pub struct Piece {
    pub field: String,
    pub kind: Kind,
    pub value: Value,
    pub bytes: Vec<u8>,
}

/// How a piece is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A varint that stands for a number.
    Number,
    /// A varint that stands for a number with a sign (zigzag).
    Zigzag,
    /// A varint that says how many bytes or elements follow.
    Length,
    /// A varint that says which variant follows.
    Variant,
    /// One byte, 0 or 1: a bool, or whether an optional value follows.
    Flag,
    /// UTF-8.
    Text,
    /// Bytes as they are.
    Bytes,
}

/// The pieces of `value`, in the order of the wire.
pub fn cut(value: &impl Serialize) -> Vec<Piece> {
    let mut cutter = Cutter::default();
    value.serialize(&mut cutter).unwrap();
    cutter.pieces
}

/// The pieces put together again.
pub fn join(pieces: &[Piece]) -> Vec<u8> {
    pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect()
}

#[derive(Default)]
struct Cutter {
    path: String,
    pieces: Vec<Piece>,
}

impl Cutter {
    fn put(&mut self, kind: Kind, value: Value, bytes: Vec<u8>) {
        let suffix = match kind {
            Kind::Length => " (length)",
            Kind::Variant => " (variant)",
            _ => "",
        };
        let field = format!("{}{suffix}", self.path);
        self.pieces.push(Piece { field, kind, value, bytes });
    }

    fn inside<T: ?Sized + Serialize>(&mut self, step: &str, value: &T) -> Result<(), Error> {
        let before = self.path.len();
        if !self.path.is_empty() && !step.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(step);
        value.serialize(&mut *self)?;
        self.path.truncate(before);
        Ok(())
    }

    fn variant(&mut self, index: u32, name: &str) {
        self.put(Kind::Variant, json!(name), varint(u64::from(index)));
    }
}

/// Seven bits a byte, lowest first, the high bit on all but the last.
pub fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 128 {
        bytes.push((number % 128) as u8 | 128);
        number /= 128;
    }
    bytes.push(number as u8);
    bytes
}

/// A struct, its variant or a list on its way; `first` is its first piece.
struct Within<'a> {
    cutter: &'a mut Cutter,
    first: usize,
    count: usize,
}

impl Within<'_> {
    fn element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        let step = format!("[{}]", self.count);
        self.count += 1;
        self.cutter.inside(&step, value)
    }

    /// A list of single bytes reads better as one piece.
    fn join_bytes(self) {
        let pieces = &mut self.cutter.pieces;
        let single = |piece: &Piece| piece.kind == Kind::Bytes && piece.bytes.len() == 1;
        if pieces.len() > self.first && pieces[self.first..].iter().all(single) {
            let bytes = join(&pieces[self.first..]);
            pieces.truncate(self.first);
            self.cutter.put(Kind::Bytes, Value::Null, bytes);
        }
    }
}

macro_rules! refuse {
    ($($method:ident($($type:ty),*))*) => {$(
        fn $method(self, $(_: $type),*) -> Result<Self::Ok, Error> {
            Err(Error::custom(concat!("not on this wire: ", stringify!($method))))
        }
    )*};
}

impl<'a> Serializer for &'a mut Cutter {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Within<'a>;
    type SerializeTuple = Within<'a>;
    type SerializeTupleStruct = Within<'a>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Within<'a>;
    type SerializeStructVariant = Within<'a>;

    refuse! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_f32(f32)
        serialize_f64(f64) serialize_char(char) serialize_unit() serialize_unit_struct(&'static str)
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.put(Kind::Flag, json!(value), vec![u8::from(value)]);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.put(Kind::Bytes, json!(value), vec![value]);
        Ok(())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.serialize_u64(u64::from(value))
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.serialize_u64(u64::from(value))
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.put(Kind::Number, json!(value), varint(value));
        Ok(())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        let zigzag = if value < 0 { !(value as u64) * 2 + 1 } else { value as u64 * 2 };
        self.put(Kind::Zigzag, json!(value), varint(zigzag));
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.put(Kind::Length, json!(text.len()), varint(text.len() as u64));
        self.put(Kind::Text, json!(text), text.as_bytes().to_vec());
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.put(Kind::Length, json!(bytes.len()), varint(bytes.len() as u64));
        self.put(Kind::Bytes, Value::Null, bytes.to_vec());
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.put(Kind::Flag, json!("none"), vec![0]);
        Ok(())
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Error> {
        self.put(Kind::Flag, json!("some"), vec![1]);
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        name: &'static str,
    ) -> Result<(), Error> {
        self.variant(index, name);
        Ok(())
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        index: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(index, name);
        self.inside(name, value)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Within<'a>, Error> {
        let len = len.ok_or_else(|| Error::custom("a list of unknown length"))?;
        self.put(Kind::Length, json!(len), varint(len as u64));
        let first = self.pieces.len();
        Ok(Within { cutter: self, first, count: 0 })
    }

    fn serialize_tuple(self, _: usize) -> Result<Within<'a>, Error> {
        let first = self.pieces.len();
        Ok(Within { cutter: self, first, count: 0 })
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Within<'a>, Error> {
        self.serialize_tuple(len)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>, Error> {
        Err(Error::custom("no variant of this wire has nameless fields"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Impossible<(), Error>, Error> {
        Err(Error::custom("there are no maps on this wire"))
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Within<'a>, Error> {
        self.serialize_tuple(len)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        name: &'static str,
        len: usize,
    ) -> Result<Within<'a>, Error> {
        self.variant(index, name);
        self.serialize_tuple(len)
    }
}

impl SerializeSeq for Within<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    fn end(self) -> Result<(), Error> {
        self.join_bytes();
        Ok(())
    }
}

impl SerializeTuple for Within<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl SerializeTupleStruct for Within<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl SerializeStruct for Within<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.cutter.inside(name, value)
    }
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl SerializeStructVariant for Within<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.cutter.inside(name, value)
    }
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}
