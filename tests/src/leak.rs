//! Finds a secret in bytes, however it was written: plain, URL, base64 at three offsets, base64url,
//! hex, UTF-16, JSON-escaped, reversed, or as an unsalted digest (TRUST.md T40).

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ring::digest;

/// A secret and every way in which it could be written down.
pub struct Marker {
    /// Which field it was typed into.
    pub name: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Marker {
    /// A marker for a value; short values would be found by chance, so they are refused.
    pub fn new(name: &str, value: &str) -> Self {
        assert!(value.len() >= 7, "{name}: {value:?} is too short to be told from chance");
        Self { name: name.into(), forms: forms(value) }
    }

    /// A marker for an amount in minor units, as people and as messages write it.
    pub fn amount(name: &str, minor: u64) -> Self {
        let digits = minor.to_string();
        let mut marker = Self::new(name, &digits);
        let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(<[u8]>::to_vec).collect();
        marker.forms.push(("digits in groups", groups.join(&b',')));
        let message = varint(minor);
        // Fewer bytes would be found by chance.
        if message.len() >= 5 {
            marker.forms.push(("message, hex", hex(&message)));
            marker.forms.push(("message", message));
        }
        marker
    }

    /// A marker for bytes that nobody types.
    pub fn of_bytes(name: &str, value: &[u8]) -> Self {
        assert!(value.len() >= 16, "{name} is too short to be told from chance");
        Self { name: name.into(), forms: forms_of_bytes(value) }
    }

    /// In which forms the secret stands in `bytes`.
    pub fn found_in(&self, bytes: &[u8]) -> Vec<&'static str> {
        let stands = |(kind, form): &&(&str, Vec<u8>)| {
            let is_number = matches!(*kind, "plain" | "reversed") && is_digits(form);
            memchr::memmem::find_iter(bytes, form)
                .any(|at| !is_number || !is_within_number(bytes, at, form.len()))
        };
        self.forms.iter().filter(stands).map(|(kind, _)| *kind).collect()
    }
}

/// Moments and ids are long numbers, in which a postal code stands by chance once in a while.
fn is_within_number(bytes: &[u8], at: usize, len: usize) -> bool {
    is_digits(&bytes[at.saturating_sub(1)..at])
        || bytes.get(at + len).is_some_and(u8::is_ascii_digit)
}

fn is_digits(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)
}

fn forms(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = value.as_bytes();
    let mut forms = forms_of_bytes(bytes);
    forms.extend([
        ("reversed", value.chars().rev().collect::<String>().into_bytes()),
        ("UTF-16LE", value.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16BE", value.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ]);
    if !value.bytes().all(|b| b.is_ascii_alphanumeric()) {
        forms.push(("URL", url(value, false)));
        forms.push(("URL, lower case", url(value, true)));
    }
    if !value.is_ascii() {
        forms.push(("JSON", json(value)));
    }
    forms
}

fn forms_of_bytes(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![
        ("plain", bytes.to_vec()),
        ("hex", hex(bytes)),
        ("hex, upper case", hex(bytes).to_ascii_uppercase()),
    ];
    for (kind, offset) in [("base64", 0), ("base64 + 1", 1), ("base64 + 2", 2)] {
        let form = base64_inside(bytes, offset);
        let url_safe = form.iter().map(|b| match b {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        });
        forms.push(("base64url", url_safe.collect()));
        forms.push((kind, form));
    }
    for (kind, algorithm) in [
        ("SHA-1", &digest::SHA1_FOR_LEGACY_USE_ONLY),
        ("SHA-256", &digest::SHA256),
        ("SHA-512", &digest::SHA512),
    ] {
        let digest = digest::digest(algorithm, bytes);
        forms.push((kind, digest.as_ref().to_vec()));
        forms.push((kind, hex(digest.as_ref())));
        forms.push((kind, base64_inside(digest.as_ref(), 0)));
    }
    forms
}

/// LEB128, as messages hold whole numbers.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

fn url(value: &str, lower: bool) -> Vec<u8> {
    let escape = |byte: u8| match byte {
        b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => char::from(b).to_string(),
        b if lower => format!("%{b:02x}"),
        b => format!("%{b:02X}"),
    };
    value.bytes().flat_map(|byte| escape(byte).into_bytes()).collect()
}

fn json(value: &str) -> Vec<u8> {
    let escape = |unit: u16| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    value.encode_utf16().flat_map(|unit| escape(unit).into_bytes()).collect()
}

/// The part of base64 text that does not depend on what stands before and after: every character
/// whose six bits are all the marker's own.
fn base64_inside(bytes: &[u8], offset: usize) -> Vec<u8> {
    let mut shifted = vec![0; offset];
    shifted.extend_from_slice(bytes);
    let whole = BASE64.encode(&shifted);
    let (begin, end) = ((offset * 8).div_ceil(6), shifted.len() * 8 / 6);
    whole.as_bytes()[begin..end].to_vec()
}

#[cfg(test)]
mod tests {
    use shared_protocol::{Amount, Currency, PlanInquiry, encode};

    use super::*;

    #[test]
    fn every_form_is_found_and_nothing_else() {
        let marker = Marker::new("name", "山田花子マーカー");
        for (kind, form) in &marker.forms {
            let mut bytes = b"before ".to_vec();
            bytes.extend_from_slice(form);
            bytes.extend_from_slice(b" after");
            assert!(marker.found_in(&bytes).contains(kind), "{kind} is not found");
        }
        assert!(marker.found_in(b"nothing of the kind is in here").is_empty());
    }

    #[test]
    fn digits_within_a_longer_number_are_that_number() {
        let marker = Marker::new("postal code", "1508765");
        for text in ["1508765", "〒1508765 渋谷区", "'1508765'", "5678051"] {
            assert!(!marker.found_in(text.as_bytes()).is_empty(), "{text}");
        }
        for text in ["1795000001508765", "15087651", "71508765'", "95678051"] {
            assert!(marker.found_in(text.as_bytes()).is_empty(), "{text}");
        }
    }

    #[test]
    fn no_form_is_short_enough_to_stand_somewhere_by_chance() {
        for value in ["1508765", "C483920175604"] {
            for (kind, form) in Marker::new("number", value).forms {
                assert!(form.len() >= 7, "{value} as {kind} is {} bytes", form.len());
            }
        }
    }

    #[test]
    fn an_amount_is_found_in_a_message_and_on_a_page() {
        let marker = Marker::amount("total", 3_610_333_332);
        let inquiry = PlanInquiry {
            merchant: "mrc_tea".parse().expect("an id"),
            amount: Amount { minor: 3_610_333_332, currency: Currency::JPY },
            accepted: Vec::new(),
        };
        assert_eq!(marker.found_in(&encode(&inquiry)), ["message"]);
        assert_eq!(marker.found_in("¥3,610,333,332".as_bytes()), ["digits in groups"]);
        assert_eq!(marker.found_in(b"('total', 3610333332)"), ["plain"]);
    }

    #[test]
    fn base64_is_found_wherever_it_begins() {
        let marker = Marker::new("number", "C483920175604");
        for before in ["", "x", "xy", "xyz"] {
            let text = BASE64.encode(format!("{before}C483920175604 and more"));
            assert!(!marker.found_in(text.as_bytes()).is_empty(), "after {before:?}");
        }
    }

    #[test]
    fn bytes_are_found_too() {
        let marker = Marker::of_bytes("key", &[0xfe; 16]);
        for (kind, form) in &marker.forms {
            assert!(marker.found_in(&[b"x", form.as_slice()].concat()).contains(kind), "{kind}");
        }
        assert!(marker.found_in(&[0xfe; 15]).is_empty());
    }
}
