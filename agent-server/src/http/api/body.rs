//! What a body is: its media type, its schema, and how long it can be.

use shared_protocol::Message;
use utoipa::{
    ToSchema,
    openapi::{
        Ref, RefOr, Type,
        schema::{KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat},
    },
};

/// A body as it is described.
#[derive(Clone)]
pub struct Body {
    /// Its media type.
    pub kind: String,
    /// The message in it, as PROTOCOL.md calls it.
    pub message: Option<&'static str>,
    /// The most bytes that are read or sent.
    pub most: Option<usize>,
    /// What is in it.
    pub schema: RefOr<Schema>,
    /// What that schema refers to.
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

impl Body {
    /// A message: canonical postcard bytes.
    pub fn message<M: Message>() -> Self {
        let message = Some(M::NAME);
        Self { message, most: Some(M::LEN_MAX), ..Self::bytes(M::media_type()) }
    }

    /// Bytes that are not described further.
    pub fn bytes(kind: impl Into<String>) -> Self {
        let format = Some(SchemaFormat::KnownFormat(KnownFormat::Binary));
        let bytes = ObjectBuilder::new().schema_type(Type::String).format(format).build();
        Self::of(kind, bytes.into())
    }

    /// Text.
    pub fn text(kind: impl Into<String>) -> Self {
        Self::of(kind, Object::with_type(Type::String).into())
    }

    /// JSON that is described elsewhere.
    pub fn object(kind: impl Into<String>) -> Self {
        Self::of(kind, Object::with_type(Type::Object).into())
    }

    /// JSON like this.
    pub fn json<T: ToSchema>() -> Self {
        let mut schemas = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut schemas);
        let schema = Ref::from_schema_name(T::name()).into();
        Self { schemas, ..Self::of("application/json", schema) }
    }

    /// The same under another media type.
    pub fn named(self, kind: &str) -> Self {
        Self { kind: kind.into(), ..self }
    }

    /// So many bytes at most.
    pub fn up_to(self, most: usize) -> Self {
        Self { most: Some(most), ..self }
    }

    fn of(kind: impl Into<String>, schema: RefOr<Schema>) -> Self {
        Self { kind: kind.into(), message: None, most: None, schema, schemas: Vec::new() }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.kind)
    }
}
