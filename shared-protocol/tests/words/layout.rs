//! How every message and half is laid out, and how variants are numbered: read off the pieces of
//! the examples, for PROTOCOL.md.

use std::collections::BTreeMap;

use crate::{
    examples,
    labelled::{Kind, Piece},
    messages,
    party::Deal,
    twins::{cut_assertion, cut_order, cut_payment},
};

/// One line for each: name, then its fields in the order of the wire.
pub fn layouts(deal: &Deal) -> String {
    let mut text = String::new();
    for (name, cases) in everything(deal) {
        let fields = merged(&cases).join("\n    ");
        text += &format!("{name}\n    {fields}\n");
    }
    text
}

/// Where variants are chosen, and by which numbers.
pub fn variants(deal: &Deal) -> Vec<Vec<String>> {
    let mut found: BTreeMap<String, BTreeMap<u8, String>> = BTreeMap::new();
    let everything = everything(deal);
    for piece in everything.iter().flat_map(|(_, cases)| cases).flatten() {
        if piece.kind == Kind::Variant {
            let field = plain(&piece.field);
            let place = field.rsplit('.').next().unwrap().trim_end_matches("[]").to_string();
            let name = piece.value.as_str().unwrap().to_string();
            found.entry(place).or_default().insert(piece.bytes[0], name);
        }
    }
    // The same word for the order's delivery and the offer's: the numbers are the same too.
    let numbers = |names: &BTreeMap<u8, String>| {
        assert!(names.keys().copied().eq(0..names.len() as u8), "a variant without example");
        names.iter().map(|(n, name)| format!("{n} {name}")).collect::<Vec<_>>().join(" · ")
    };
    found.iter().map(|(place, names)| vec![format!("`{place}`"), numbers(names)]).collect()
}

/// The protocol's own signatures are 64 bytes; a passkey's has the length of its algorithm.
fn is_passkeys(last: &str, piece: &Piece) -> bool {
    last == "signature" && piece.bytes.len() != 64
}

/// Byte strings whose length is not always the same.
const VARIES: [&str; 7] = [
    "bytes",
    "body",
    "ciphertext",
    "credential_id",
    "authenticator_data",
    "client_data",
    "user_handle",
];

fn everything(deal: &Deal) -> Vec<(String, Vec<Vec<Piece>>)> {
    let check = deal.split_and_seal().order_check();
    let order = check.order.open(&check.context, &deal.merchant.opening).unwrap();
    let intangible = shared_protocol::OrderHalf {
        delivery: shared_protocol::Delivery::Intangible,
        locale: shared_protocol::Locale::En,
        ..order.clone()
    };
    let orders = vec![cut_order(&order), cut_order(&intangible)];
    let payments = examples::payment_halves(deal).iter().map(cut_payment).collect();
    let mut all: Vec<_> = messages::all(deal)
        .into_iter()
        .map(|message| {
            let cases = message.examples.into_iter().map(|example| example.pieces);
            (message.name.to_string(), cases.collect())
        })
        .collect();
    all.push(("order-half (sealed to the merchant)".into(), orders));
    all.push(("payment-half (sealed to the agent)".into(), payments));
    let assertion = vec![cut_assertion(&examples::passkey_assertion())];
    all.push(("passkey-assertion (sealed to the agent)".into(), assertion));
    all
}

/// Every field that any example has, each where it stands.
fn merged(cases: &[Vec<Piece>]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for pieces in cases {
        let mut at = 0;
        for line in lines_of(pieces) {
            match lines.iter().position(|known| *known == line) {
                Some(known) => at = known + 1,
                None => {
                    // After what other variants have in this place.
                    let parent = line.rsplit_once('.').map(|(parent, _)| format!("{parent}."));
                    while parent.as_ref().is_some_and(|p| {
                        lines[at..].first().is_some_and(|l| l.starts_with(p.as_str()))
                    }) {
                        at += 1;
                    }
                    lines.insert(at, line);
                    at += 1;
                }
            }
        }
    }
    lines
}

fn lines_of(pieces: &[Piece]) -> Vec<String> {
    let mut lines = Vec::new();
    for piece in pieces {
        let field = plain(&piece.field);
        let last = field.rsplit('.').next().unwrap();
        let how = match piece.kind {
            Kind::Number => "varint".into(),
            Kind::Zigzag => "zigzag varint".into(),
            Kind::Variant => "variant".into(),
            Kind::Flag if piece.value.is_boolean() => "flag".into(),
            Kind::Flag => "flag, then the value if 1".into(),
            Kind::Text => "text".into(),
            Kind::Bytes if piece.value.is_number() => "one byte".into(),
            Kind::Bytes if VARIES.contains(&last) || is_passkeys(last, piece) => {
                "byte string".into()
            }
            Kind::Bytes => format!("byte string of {}", piece.bytes.len()),
            Kind::Length => continue,
        };
        let line = format!("{field}: {how}");
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// "zones[1].regions[0] (length)" is "zones[].regions[]".
fn plain(field: &str) -> String {
    let field = field.trim_end_matches(" (variant)").trim_end_matches(" (length)");
    let mut plain = String::new();
    for part in field.split_inclusive(['[', ']']) {
        if !part.strip_suffix(']').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())) {
            plain += part;
        } else {
            plain.push(']');
        }
    }
    plain
}
