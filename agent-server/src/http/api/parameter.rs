//! What stands in an address: of which form, and an example.

use serde_json::Value;
use shared_protocol::Problem;
use utoipa::openapi::{
    Type,
    schema::{ObjectBuilder, Schema},
};

/// One place in an address.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Of which form it is.
    pub kind: Kind,
    /// Whether it stands in the path, not after the question mark.
    pub in_path: bool,
    /// Whether it must be there.
    pub required: bool,
}

/// A form that values have.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The key of its text.
    pub text: &'static str,
    /// For example.
    pub example: &'static str,
    /// What it is refused with where there is no such thing.
    pub unknown: Option<Problem>,
    form: Form,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Text(&'static str),
    Whole { least: i64, most: i64 },
}

impl Kind {
    /// The example as JSON.
    pub fn shown(&self) -> Value {
        match self.form {
            Form::Text(_) => self.example.into(),
            Form::Whole { .. } => self.example.parse::<i64>().map_or(Value::Null, Value::from),
        }
    }

    /// As JSON Schema.
    pub fn schema(&self) -> Schema {
        let schema = ObjectBuilder::new();
        match self.form {
            Form::Text(pattern) => schema.schema_type(Type::String).pattern(Some(pattern)),
            Form::Whole { least, most } => {
                schema.schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most))
            }
        }
        .build()
        .into()
    }
}

/// All that stand in our addresses.
pub mod kinds {
    use shared_protocol::Problem;

    use super::{Form, Kind};

    /// A purchase.
    pub const PURCHASE: Kind = Kind {
        text: "docs.of_purchase",
        example: "pur_2jkm8e4x6v0w3q9r5t7y1z0abc",
        unknown: Some(Problem::PurchaseUnknown),
        form: Form::Text("^pur_[0-7][0-9a-hjkmnp-tv-z]{25}$"),
    };
    /// A merchant.
    pub const MERCHANT: Kind = Kind {
        text: "docs.of_merchant",
        example: "mrc_tea",
        unknown: Some(Problem::UnknownMerchant),
        form: Form::Text("^mrc_[a-z0-9_]{1,36}$"),
    };
    /// A merchant, or a picture of its Mark.
    pub const MARK: Kind = Kind {
        text: "docs.of_mark",
        example: "mrc_tea.svg",
        unknown: Some(Problem::UnknownMerchant),
        form: Form::Text("^mrc_[a-z0-9_]{1,36}([.](svg|png))?$"),
    };
    /// An item.
    pub const ITEM: Kind = Kind {
        text: "docs.of_item",
        example: "TEAPOT-01",
        unknown: Some(Problem::UnknownItem),
        form: Form::Text("^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"),
    };
    /// A picture.
    pub const PICTURE: Kind = Kind {
        text: "docs.of_picture",
        example: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
        unknown: None,
        form: Form::Text("^[A-Za-z0-9_-]{43}$"),
    };
    /// A name that the merchant chose.
    pub const NAME: Kind = Kind {
        text: "docs.of_name",
        example: "shipment-1",
        unknown: None,
        form: Form::Text("^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"),
    };
    /// A payout.
    pub const PAYOUT: Kind = Kind {
        text: "docs.of_payout",
        example: "pay_1882199441408000001",
        unknown: None,
        form: Form::Text("^pay_[0-9]{1,19}$"),
    };
    /// A day.
    pub const DAY: Kind = Kind {
        text: "docs.of_day",
        example: "2026-12-01",
        unknown: None,
        form: Form::Text("^(19[7-9]|[2-9][0-9]{2})[0-9]-[0-9]{2}-[0-9]{2}$"),
    };
    /// A currency.
    pub const CURRENCY: Kind = Kind {
        text: "docs.of_currency",
        example: "JPY",
        unknown: None,
        form: Form::Text("^[A-Z]{3}$"),
    };
    /// A language.
    pub const LOCALE: Kind = Kind {
        text: "docs.of_locale",
        example: "en",
        unknown: None,
        form: Form::Text("^(ja|en)$"),
    };
    /// The place up to which somebody has read.
    pub const PLACE: Kind = Kind {
        text: "docs.of_place",
        example: "0",
        unknown: None,
        form: Form::Whole { least: -1, most: i64::MAX },
    };
    /// A key.
    pub const KEY: Kind = Kind {
        text: "docs.of_key",
        example: "",
        unknown: None,
        form: Form::Text("^[A-Za-z0-9_-]{0,64}$"),
    };
    /// A handling number.
    pub const NUMBER: Kind = Kind {
        text: "docs.of_number",
        example: "0000-0000-0000",
        unknown: None,
        form: Form::Text("^[0-9A-Za-z-]{1,24}$"),
    };
    /// How a purchase stands.
    pub const STATE: Kind = Kind {
        text: "docs.of_state",
        example: "confirmed",
        unknown: None,
        form: Form::Text("^(granted|accepted|confirmed|declined|refused|cancelled|expired)$"),
    };
    /// The last digits of a contract's number.
    pub const TAIL: Kind =
        Kind { text: "docs.of_tail", example: "01", unknown: None, form: Form::Text("^[0-9]{2}$") };
    /// Which contracts.
    pub const WHICH: Kind = Kind {
        text: "docs.of_which",
        example: "locked",
        unknown: None,
        form: Form::Text("^(any|suspended|locked)$"),
    };
    /// What became of a letter.
    pub const DELIVERY: Kind = Kind {
        text: "docs.of_delivery",
        example: "dead",
        unknown: None,
        form: Form::Text("^(waiting|done|dead)$"),
    };
    /// A webhook.
    pub const EVENT: Kind = Kind {
        text: "docs.of_event",
        example: "evt_1882199441408000001",
        unknown: None,
        form: Form::Text("^evt_[0-9]{1,19}$"),
    };
    /// A proposal.
    pub const PROPOSAL: Kind = Kind {
        text: "docs.of_proposal",
        example: "1882199441408000001",
        unknown: None,
        form: Form::Text("^[0-9]{1,19}$"),
    };
    /// What an older page begins before.
    pub const BEFORE: Kind = Kind {
        text: "docs.of_before",
        example: "9223372036854775807",
        unknown: None,
        form: Form::Whole { least: 0, most: i64::MAX },
    };
    /// Seconds.
    pub const SECONDS: Kind = Kind {
        text: "docs.of_seconds",
        example: "10",
        unknown: None,
        form: Form::Whole { least: 0, most: 15 },
    };
}
