//! The order half as form fields: whoever has the fields and the Grant writes the very bytes that
//! the digest is of. Here by a shop that knows nothing but the fields and PROTOCOL.md's rule.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize};
use shared_protocol::{Delivery, Half as _, Locale, OrderHalf, Personal, Salt};

use crate::{
    golden::{kept, labelled_sha256},
    hex::{hex, unhex},
    party::{Deal, form},
};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct FormCase {
    /// As in the Grant.
    purchase: String,
    offer_digest: String,
    /// Names and values, as a form sends them.
    fields: Vec<(String, String)>,
    /// What is hashed, and its digest as in the Grant.
    plaintext: String,
    order_digest: String,
}

#[test]
fn the_fields_of_a_form_give_the_digest_that_stands_in_the_grant() {
    let cases: Vec<_> = halves().iter().map(case).collect();
    for case in kept("order-form", &cases) {
        let plaintext = plaintext_of(&case);
        assert_eq!(hex(&plaintext), case.plaintext);
        let digest = unhex(&labelled_sha256("order-half", &plaintext));
        assert_eq!(BASE64URL.encode(digest), case.order_digest);
    }
}

#[test]
fn any_field_that_is_changed_left_out_or_added_gives_another_digest() {
    for half in halves() {
        let whole = case(&half);
        for at in 0..whole.fields.len() {
            let (name, value) = whole.fields[at].clone();
            // A shop takes no second spelling of a number or a language: these do not parse.
            if ["quantity", "locale", "salt"].contains(&name.as_str()) {
                continue;
            }
            let mut other = case(&half);
            other.fields[at].1 = format!("{value}x");
            assert_ne!(hex(plaintext_of(&other)), whole.plaintext, "{name}");
        }
        let mut more = case(&half);
        more.fields[0].1 = (half.quantity + 1).to_string();
        assert_ne!(hex(plaintext_of(&more)), whole.plaintext);
    }
}

/// A usual one, one without delivery, one whose texts need two bytes for their length.
fn halves() -> [OrderHalf; 3] {
    let deal = Deal::new();
    let check = deal.split_and_seal().order_check();
    let usual = check.order.open(&check.context, &deal.merchant.opening).unwrap();
    let mut long = OrderHalf { quantity: 300, locale: Locale::En, ..usual.clone() };
    long.contact.name = Personal::new("寿限無".repeat(20));
    let intangible = OrderHalf {
        delivery: Delivery::Intangible,
        contact: form().contact,
        salt: Salt::new([0x5a; 32]),
        ..usual.clone()
    };
    [usual, intangible, long]
}

fn case(half: &OrderHalf) -> FormCase {
    let fields = half.form();
    let fields = fields.fields().map(|(name, value)| (name.into(), value.into())).collect();
    FormCase {
        purchase: half.purchase.to_string(),
        offer_digest: BASE64URL.encode(half.offer.as_bytes()),
        fields,
        plaintext: hex(half.to_plaintext()),
        order_digest: BASE64URL.encode(half.digest().as_bytes()),
    }
}

/// PROTOCOL.md, "The order half as a form".
fn plaintext_of(case: &FormCase) -> Vec<u8> {
    let get = |name: &str| {
        let found = case.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    let mut bytes = vec![16];
    let symbols = case.purchase.strip_prefix("pur_").unwrap();
    let number = symbols.chars().fold(0u128, |number, symbol| {
        let value = "0123456789abcdefghjkmnpqrstvwxyz".find(symbol).unwrap();
        (number << 5) | value as u128
    });
    bytes.extend(number.to_be_bytes());
    bytes.push(32);
    bytes.extend(BASE64URL.decode(&case.offer_digest).unwrap());
    varint(&mut bytes, get("quantity").unwrap().parse().unwrap());
    for name in ["contact.name", "contact.kana", "contact.email", "contact.phone"] {
        text(&mut bytes, get(name).unwrap());
    }
    match get("delivery.region") {
        None => bytes.push(1),
        Some(_) => {
            bytes.push(0);
            let place = ["name", "postal_code", "region", "locality", "line1", "line2", "phone"];
            for part in place {
                text(&mut bytes, get(&format!("delivery.{part}")).unwrap());
            }
        }
    }
    bytes.push(["ja", "en"].iter().position(|tag| get("locale") == Some(tag)).unwrap() as u8);
    bytes.push(32);
    bytes.extend(unhex(get("salt").unwrap()));
    bytes
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    varint(bytes, text.len());
    bytes.extend(text.as_bytes());
}

/// Seven bits a byte, lowest first; the highest bit says that more follow.
fn varint(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 128 {
        bytes.push((number % 128 + 128) as u8);
        number /= 128;
    }
    bytes.push(number as u8);
}
