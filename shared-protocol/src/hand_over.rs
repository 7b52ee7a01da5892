//! The order half as the fields of an ordinary HTML form (Fig 2, ¶65–66): for a shop that holds no
//! key and runs no server of ours. What it takes, it compares with the Grant by the digest.

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};

use crate::{
    Personal,
    half::{Delivery, OrderHalf},
};

/// The fields of the form, for the merchant only. Purchase and Offer stand in the Grant beside it.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderForm(Vec<(&'static str, Personal)>);

impl OrderForm {
    /// Names and values, in the order of the form.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.expose()))
    }
}

impl OrderHalf {
    /// As fields of a form. Goods that nobody carries have no `delivery.…`.
    pub fn form(&self) -> OrderForm {
        let public = |name, text: String| (name, Personal::new(text));
        let mut fields = Vec::from([
            public("quantity", self.quantity.to_string()),
            public("locale", self.locale.tag().into()),
            public("salt", hex(self.salt.as_bytes())),
            ("contact.name", self.contact.name.clone()),
            ("contact.kana", self.contact.kana.clone()),
            ("contact.email", self.contact.email.clone()),
            ("contact.phone", self.contact.phone.clone()),
        ]);
        if let Delivery::Physical(place) = &self.delivery {
            fields.extend([
                ("delivery.name", place.name.clone()),
                ("delivery.postal_code", place.postal_code.clone()),
                public("delivery.region", place.region.as_str().into()),
                ("delivery.locality", place.locality.clone()),
                ("delivery.line1", place.line1.clone()),
                ("delivery.line2", place.line2.clone()),
                ("delivery.phone", place.phone.clone()),
            ]);
        }
        OrderForm(fields)
    }
}

/// Without `format!`, which every shopper would have to download.
fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
