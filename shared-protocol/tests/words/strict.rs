//! The codec reads what it writes and nothing else, for every message and its signed form.

use shared_protocol::{DecodeError, Half, OrderHalf, PaymentHalf};

use crate::{
    effort::{did, did_from_seed, seed, times},
    examples,
    labelled::{Kind, Piece, join, varint},
    messages::{self, Spoken},
    party::{Deal, Seeded},
};

type Again = fn(&[u8]) -> Result<Vec<u8>, DecodeError>;

/// An encoding, how it is read, and how long it may be.
struct Case {
    name: String,
    pieces: Vec<Piece>,
    bytes: Vec<u8>,
    again: Again,
    len_max: usize,
}

fn cases() -> Vec<Case> {
    messages::all(&Deal::new()).into_iter().flat_map(cases_of).collect()
}

fn cases_of(message: Spoken) -> Vec<Case> {
    let mut cases = Vec::new();
    for example in message.examples {
        let (name, again, len_max) = (message.name.to_string(), message.again, message.len_max);
        cases.push(Case { name, pieces: example.pieces, bytes: example.bytes, again, len_max });
        if let (Some(form), Some(signed)) = (&message.signed, example.signed) {
            let name = format!("signed {}", message.name);
            let (again, len_max) = (form.again, form.len_max);
            cases.push(Case { name, pieces: signed.pieces, bytes: signed.bytes, again, len_max });
        }
    }
    cases
}

/// The same bytes with one piece written otherwise.
fn with_piece(pieces: &[Piece], at: usize, bytes: Vec<u8>) -> Vec<u8> {
    let mut pieces = pieces.to_vec();
    pieces[at].bytes = bytes;
    join(&pieces)
}

#[test]
fn what_is_written_is_read_again_to_the_byte() {
    let cases = cases();
    for Case { name, pieces, bytes, again, .. } in &cases {
        assert_eq!(again(bytes).as_ref(), Ok(bytes), "{name}");
        assert_eq!(&join(pieces), bytes, "{name}: the wire rules say otherwise");
    }
    did("messages written and read", cases.len());
}

#[test]
fn one_byte_more_is_refused() {
    for Case { name, bytes, again, len_max, .. } in cases() {
        let expected =
            if bytes.len() < len_max { DecodeError::TrailingBytes } else { DecodeError::TooLong };
        for extra in 0..=u8::MAX {
            let longer = [bytes.as_slice(), &[extra]].concat();
            assert_eq!(again(&longer), Err(expected), "{name} and {extra:02x}");
        }
    }
}

#[test]
fn every_shorter_beginning_is_refused() {
    let mut tried = 0;
    for Case { name, bytes, again, .. } in cases() {
        for length in 0..bytes.len() {
            let read = again(&bytes[..length]);
            assert_eq!(read, Err(DecodeError::Malformed), "{name} cut to {length}");
            tried += 1;
        }
    }
    did("truncations refused", tried);
}

#[test]
fn more_than_the_limit_is_not_looked_at() {
    for Case { name, bytes, again, len_max, .. } in cases() {
        assert!(bytes.len() <= len_max, "{name}: {} bytes, at most {len_max}", bytes.len());
        assert_eq!(again(&vec![0; len_max + 1]), Err(DecodeError::TooLong), "{name}");
        let mut padded = bytes.clone();
        padded.resize(len_max + 1, 0);
        assert_eq!(again(&padded), Err(DecodeError::TooLong), "{name}");
    }
}

#[test]
fn a_varint_longer_than_it_need_be_is_refused() {
    let mut tried = 0;
    for Case { name, pieces, again, .. } in cases() {
        for (at, piece) in pieces.iter().enumerate() {
            if !matches!(piece.kind, Kind::Number | Kind::Zigzag | Kind::Length | Kind::Variant) {
                continue;
            }
            let mut longer = piece.bytes.clone();
            for _ in 0..10 {
                *longer.last_mut().unwrap() |= 0x80;
                longer.push(0);
                let read = again(&with_piece(&pieces, at, longer.clone()));
                assert!(read.is_err(), "{name}: {} as {longer:02x?}", piece.field);
                tried += 1;
            }
        }
    }
    did("over-long varints refused", tried);
}

#[test]
fn a_flag_is_nothing_but_0_or_1_and_a_variant_one_of_those_there_are() {
    for Case { name, pieces, again, .. } in cases() {
        for (at, piece) in pieces.iter().enumerate() {
            let others: Vec<Vec<u8>> = match piece.kind {
                Kind::Flag => (2..=u8::MAX).map(|byte| vec![byte]).collect(),
                Kind::Variant => (16..=u64::from(u16::MAX)).step_by(97).map(varint).collect(),
                _ => continue,
            };
            for other in others {
                let read = again(&with_piece(&pieces, at, other));
                assert!(read.is_err(), "{name}: {}", piece.field);
            }
        }
    }
}

#[test]
fn a_text_is_utf_8_and_an_id_is_written_one_way() {
    for Case { name, pieces, again, .. } in cases() {
        for (at, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.kind == Kind::Text) {
            if piece.bytes.is_empty() {
                continue;
            }
            let mut broken = piece.bytes.clone();
            broken[0] = 0xff;
            assert!(again(&with_piece(&pieces, at, broken)).is_err(), "{name}: {}", piece.field);
            let lower = piece.bytes.to_ascii_lowercase();
            let closed = ["handling_number", "currency"].iter().any(|f| piece.field.ends_with(f));
            if closed {
                assert_ne!(lower, piece.bytes, "{name}: {} has no capitals", piece.field);
                assert!(again(&with_piece(&pieces, at, lower)).is_err(), "{name}: {}", piece.field);
            }
        }
    }
}

#[test]
fn bytes_of_fixed_length_have_no_other() {
    let fixed = [
        "purchase",
        "nonce",
        "signature",
        "_key",
        "order",
        "offer",
        "payment",
        "challenge",
        "tally",
    ];
    let mut tried = 0;
    for Case { name, pieces, again, .. } in cases() {
        for (at, pair) in pieces.windows(2).enumerate() {
            let is_fixed = fixed.iter().any(|end| pair[1].field.ends_with(end));
            if pair[0].kind != Kind::Length || pair[1].kind != Kind::Bytes || !is_fixed {
                continue;
            }
            for other in [&pair[1].bytes[1..], &[pair[1].bytes.as_slice(), &[0]].concat()] {
                let mut pieces = pieces.clone();
                pieces[at].bytes = varint(other.len() as u64);
                pieces[at + 1].bytes = other.to_vec();
                assert!(again(&join(&pieces)).is_err(), "{name}: {}", pair[1].field);
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "only {tried}");
}

#[test]
fn an_amount_above_the_most_is_refused() {
    let mut tried = 0;
    for Case { name, pieces, again, .. } in cases() {
        let minors = pieces.iter().enumerate().filter(|(_, piece)| piece.field.ends_with("minor"));
        for (at, piece) in minors {
            for (minor, fits) in [((1 << 53) - 1, true), (1 << 53, false), (u64::MAX, false)] {
                let read = again(&with_piece(&pieces, at, varint(minor)));
                assert_eq!(read.is_ok(), fits, "{name}: {} as {minor}", piece.field);
                tried += 1;
            }
        }
    }
    assert!(tried >= 20, "only {tried}");
}

#[test]
fn whatever_bytes_are_read_are_written_the_same() {
    let (mut tried, mut readable) = (0, 0);
    for Case { name, pieces, bytes, again, .. } in cases() {
        for bit in telling_bits(&pieces) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            tried += 1;
            if let Ok(written) = again(&flipped) {
                assert_eq!(written, flipped, "{name}, bit {bit}");
                readable += 1;
            }
        }
    }
    did("single-bit flips read strictly", tried);
    assert!(readable > 0 && readable < tried);
}

/// All bits, but of long byte strings, which any bytes may be, only some.
fn telling_bits(pieces: &[Piece]) -> Vec<usize> {
    let mut bits = Vec::new();
    let mut start = 0;
    for piece in pieces {
        let end = start + piece.bytes.len() * 8;
        let step = if piece.kind == Kind::Bytes && piece.bytes.len() > 64 { 61 } else { 1 };
        bits.extend((start..end).step_by(step));
        start = end;
    }
    bits
}

#[test]
fn random_bytes_never_panic_and_are_seldom_a_message() {
    let mut rng = Seeded(seed());
    let mut tried = 0;
    for message in messages::all(&Deal::new()) {
        for _ in 0..times(500) {
            let mut bytes = vec![0; usize::from(random_byte(&mut rng))];
            rand_core::Rng::fill_bytes(&mut rng, &mut bytes);
            if let Ok(written) = (message.again)(&bytes) {
                assert_eq!(written, bytes, "{}", message.name);
            }
            tried += 1;
        }
    }
    did_from_seed("random inputs read", tried);
}

fn random_byte(rng: &mut Seeded) -> u8 {
    (rand_core::Rng::next_u32(rng) >> 24) as u8
}

#[test]
fn the_plaintext_of_a_half_is_read_as_strictly() {
    let deal = Deal::new();
    let sealed = deal.split_and_seal();
    let check = sealed.order_check();
    let order = check.order.open(&check.context, &deal.merchant.opening).unwrap();
    refuses_all_but::<OrderHalf>(&order.to_plaintext());
    for half in examples::payment_halves(&deal) {
        refuses_all_but::<PaymentHalf>(&half.to_plaintext());
    }
}

fn refuses_all_but<T: Half>(plaintext: &[u8]) {
    assert!(T::from_plaintext(plaintext).is_some());
    for length in 0..plaintext.len() {
        assert!(T::from_plaintext(&plaintext[..length]).is_none(), "cut to {length}");
    }
    assert!(T::from_plaintext(&[plaintext, &[0]].concat()).is_none());
    // The first byte is the length of the purchase id: the same, longer than it need be.
    let longer = [&[plaintext[0] | 0x80, 0], &plaintext[1..]].concat();
    assert!(T::from_plaintext(&longer).is_none());
    for bit in 0..plaintext.len() * 8 {
        let mut flipped = plaintext.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Some(half) = T::from_plaintext(&flipped) {
            assert_eq!(*half.to_plaintext(), flipped, "bit {bit}");
        }
    }
}
