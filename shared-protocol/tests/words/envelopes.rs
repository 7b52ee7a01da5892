//! An envelope opens for its reader, its purpose and its purchase, and for nothing else.

use hpke::{
    Deserializable, Kem as _, OpModeS, PskBundle, Serializable,
    aead::ChaCha20Poly1305,
    kdf::{HkdfSha256, HkdfSha512},
    kem::X25519HkdfSha256,
    single_shot_seal_with_rng,
};
use shared_protocol::{
    GrantRequest, Half, OpeningKey, OrderCheck, OrderHalf, Personal, Problem, SIZE_CLASSES,
    SealContext, Sealed, SealingKey, decode, encode,
};

use crate::{
    effort::{did, times},
    hex::unhex,
    labelled::{cut, varint},
    party::{Deal, Seeded, purchase},
};

const LABEL: &str = "warifu/1 order-half shopper>merchant";

type Kem = X25519HkdfSha256;
type PublicKey = <Kem as hpke::Kem>::PublicKey;

/// A usual order half, its context and its envelope.
fn order() -> (Deal, OrderHalf, SealContext, Sealed<OrderHalf>) {
    let deal = Deal::new();
    let OrderCheck { context, order } = deal.split_and_seal().order_check();
    let half = order.open(&context, &deal.merchant.opening).unwrap();
    (deal, half, context, order)
}

/// An envelope of any bytes, as it might come over the wire.
fn envelope(context: &SealContext, encapped: &[u8], ciphertext: &[u8]) -> Sealed<OrderHalf> {
    let bytes = [
        encode(context),
        varint(encapped.len() as u64),
        encapped.to_vec(),
        varint(ciphertext.len() as u64),
        ciphertext.to_vec(),
    ]
    .concat();
    decode::<OrderCheck>(&bytes).unwrap().order
}

/// An envelope of any padded plaintext under any label, by the hpke crate alone.
fn sealed_by_hand(deal: &Deal, label: &str, aad: &[u8], padded: &[u8]) -> Sealed<OrderHalf> {
    let (encapped, ciphertext) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeS::Base,
        &PublicKey::from_bytes(deal.merchant.opening.sealing_key().as_bytes()).unwrap(),
        label.as_bytes(),
        padded,
        aad,
        &mut Seeded(5),
    )
    .unwrap();
    let context = deal.split_and_seal().context;
    envelope(&context, &encapped.to_bytes(), &ciphertext)
}

fn padded(plaintext: &[u8], class: usize) -> Vec<u8> {
    let mut padded = (plaintext.len() as u16).to_be_bytes().to_vec();
    padded.extend_from_slice(plaintext);
    padded.resize(class - 16, 0);
    padded
}

fn refused(what: &str, opened: Result<OrderHalf, Problem>) {
    assert_eq!(opened.err(), Some(Problem::EnvelopeInvalid), "{what}");
}

#[test]
fn only_the_reader_s_key_opens_it() {
    let (deal, half, context, order) = order();
    assert!(order.open(&context, &deal.merchant.opening).unwrap() == half);
    refused("the agent's key", order.open(&context, &deal.agent.opening));
    for seed in 0..times(100) {
        let key = OpeningKey::from_bytes(&[(seed % 251) as u8; 32]).unwrap();
        if key.sealing_key() != deal.merchant.opening.sealing_key() {
            refused("a stranger's key", order.open(&context, &key));
        }
    }
}

#[test]
fn it_opens_for_no_other_purchase_merchant_or_agent() {
    let (deal, _, context, order) = order();
    let others = [
        SealContext { purchase: purchase(43), ..context.clone() },
        SealContext { merchant: "mrc_te".parse().unwrap(), ..context.clone() },
        SealContext { merchant: "mrc_teaa".parse().unwrap(), ..context.clone() },
        SealContext { agent: "agt_demo2".parse().unwrap(), ..context.clone() },
        SealContext { agent: "agt_dem".parse().unwrap(), ..context.clone() },
    ];
    for other in others {
        refused("another context", order.open(&other, &deal.merchant.opening));
    }
}

#[test]
fn one_half_s_envelope_is_never_the_other_half_s() {
    let (deal, ..) = order();
    let sealed = deal.split_and_seal();
    let (check, request) = (sealed.order_check(), sealed.grant_request());
    let cut_check = cut(&check);
    let envelope_start = cut_check.len() - 4;
    let order: Vec<u8> = cut_check[envelope_start..].iter().flat_map(|p| p.bytes.clone()).collect();
    let cut_request = cut(&request);
    // After it comes one flag: no passkey's word.
    let payment = &cut_request[cut_request.len() - 5..cut_request.len() - 1];
    let payment: Vec<u8> = payment.iter().flat_map(|p| p.bytes.clone()).collect();

    let swapped = [&encode(&check)[..encode(&check).len() - order.len()], &payment].concat();
    let swapped: OrderCheck = decode(&swapped).unwrap();
    for key in [&deal.merchant.opening, &deal.agent.opening] {
        refused("a payment half as an order half", swapped.order.open(&check.context, key));
    }
    let before = encode(&request).len() - 1 - payment.len();
    let swapped = [&encode(&request)[..before], &order, &[0]].concat();
    let swapped: GrantRequest = decode(&swapped).unwrap();
    for key in [&deal.merchant.opening, &deal.agent.opening] {
        let opened = swapped.payment.open(&check.context, key);
        assert_eq!(opened.err(), Some(Problem::EnvelopeInvalid));
    }
}

#[test]
fn another_version_purpose_or_role_in_the_label_is_refused() {
    let (deal, half, context, _) = order();
    let aad = encode(&context);
    let padded = padded(&half.to_plaintext(), 1024);
    let by_label = |label: &str| {
        sealed_by_hand(&deal, label, &aad, &padded).open(&context, &deal.merchant.opening)
    };
    assert!(by_label(LABEL).unwrap() == half, "the label itself");
    let roles = ["shopper", "merchant", "relay", "agent", "bank", "anyone"];
    let mut labels: Vec<String> =
        ["", "warifu/1", "warifu/1 order-half", "warifu/1 order-half shopper>merchant "]
            .map(String::from)
            .to_vec();
    for version in ["warifu/0", "warifu/1", "warifu/2"] {
        for purpose in ["order-half", "payment-half", "tally", "grant"] {
            for (from, to) in roles.iter().flat_map(|from| roles.map(|to| (*from, to))) {
                labels.push(format!("{version} {purpose} {from}>{to}"));
            }
        }
    }
    labels.retain(|label| label != LABEL);
    for label in &labels {
        refused(label, by_label(label));
    }
    did("wrong labels of an envelope refused", labels.len());
}

#[test]
fn other_associated_data_is_refused() {
    let (deal, half, context, _) = order();
    let padded = padded(&half.to_plaintext(), 1024);
    let aad = encode(&context);
    let longer = [aad.as_slice(), &[0]].concat();
    for other in [&[][..], &aad[1..], &aad[..aad.len() - 1], &longer] {
        let sealed = sealed_by_hand(&deal, LABEL, other, &padded);
        refused("other associated data", sealed.open(&context, &deal.merchant.opening));
    }
}

#[test]
fn another_suite_or_mode_is_refused() {
    let (deal, half, context, _) = order();
    let reader = PublicKey::from_bytes(deal.merchant.opening.sealing_key().as_bytes()).unwrap();
    let padded = padded(&half.to_plaintext(), 1024);
    let aad = encode(&context);
    let (encapped, ciphertext) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha512, Kem>(
        &OpModeS::Base,
        &reader,
        LABEL.as_bytes(),
        &padded,
        &aad,
        &mut Seeded(5),
    )
    .unwrap();
    let other = envelope(&context, &encapped.to_bytes(), &ciphertext);
    refused("HKDF-SHA512", other.open(&context, &deal.merchant.opening));
    let own = Kem::derive_keypair(&[8; 32]);
    let secret = PskBundle::new(&[7; 32], b"psk").unwrap();
    for mode in [OpModeS::Psk(secret), OpModeS::Auth(own)] {
        let (encapped, ciphertext) =
            single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
                &mode,
                &reader,
                LABEL.as_bytes(),
                &padded,
                &aad,
                &mut Seeded(5),
            )
            .unwrap();
        let other = envelope(&context, &encapped.to_bytes(), &ciphertext);
        refused("another mode", other.open(&context, &deal.merchant.opening));
    }
}

#[test]
fn any_other_bit_of_it_is_refused() {
    let (deal, _, context, order) = order();
    let pieces = cut(&order);
    let (encapped, ciphertext) = (&pieces[1].bytes, &pieces[3].bytes);
    let step = 37_u32.div_ceil(times(1)) as usize;
    let all = (encapped.len() + ciphertext.len()) * 8;
    let bits: Vec<usize> = (0..256).chain((256..all).step_by(step)).collect();
    for bit in &bits {
        let mut bytes = [encapped.as_slice(), ciphertext].concat();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let forged = envelope(&context, &bytes[..32], &bytes[32..]);
        refused("a flipped bit", forged.open(&context, &deal.merchant.opening));
    }
    did("single-bit flips of an envelope refused", bits.len());
}

#[test]
fn padding_has_one_form() {
    let (deal, half, context, _) = order();
    let aad = encode(&context);
    let plaintext = half.to_plaintext();
    let opened = |padded: &[u8]| {
        sealed_by_hand(&deal, LABEL, &aad, padded).open(&context, &deal.merchant.opening)
    };
    let good = padded(&plaintext, 1024);
    assert!(opened(&good).unwrap() == half);
    let mut last = good.clone();
    *last.last_mut().unwrap() = 1;
    refused("a one in the zeros", opened(&last));
    for (length, what) in
        [(0, "none"), (plaintext.len() - 1, "less"), (plaintext.len() + 1, "more")]
    {
        let mut other = good.clone();
        other[..2].copy_from_slice(&(length as u16).to_be_bytes());
        refused(what, opened(&other));
    }
    let mut beyond = good.clone();
    beyond[..2].copy_from_slice(&u16::MAX.to_be_bytes());
    refused("beyond the end", opened(&beyond));
    for size in [0, 1, 2, plaintext.len() + 2, 1007, 1009, 3000, 8177] {
        let mut other = padded(&plaintext, 8192 + 16);
        other.resize(size, 0);
        refused("an odd size", opened(&other));
    }
}

#[test]
fn an_onlooker_sees_one_of_four_sizes_and_the_next_that_fits() {
    let (deal, half, context, _) = order();
    let bare = half.to_plaintext().len();
    let mut sizes = Vec::new();
    for extra in 0..8400_usize {
        let longer = OrderHalf {
            contact: shared_protocol::Contact {
                name: Personal::new("n".repeat(extra)),
                ..half.contact.clone()
            },
            ..half.clone()
        };
        // The length of the name takes a second and a third byte of its own.
        let length = longer.to_plaintext().len();
        let next = SIZE_CLASSES.into_iter().find(|class| length + 2 + 16 <= *class);
        let at_edge = SIZE_CLASSES.iter().any(|class| class.abs_diff(length + 18) < 3);
        if !at_edge && extra % 400 != 0 {
            continue;
        }
        let sealed = Sealed::<OrderHalf>::seal(
            &longer,
            &context,
            &deal.merchant.opening.sealing_key(),
            &mut Seeded(extra as u64),
        );
        assert_eq!(sealed.as_ref().map(Sealed::size).ok(), next, "{length} bytes");
        match sealed {
            Ok(sealed) => {
                assert!(sealed.open(&context, &deal.merchant.opening).unwrap() == longer);
                sizes.push(sealed.size());
            }
            Err(problem) => assert_eq!(problem, Problem::EnvelopeInvalid),
        }
    }
    assert!(bare < 1000);
    sizes.dedup();
    assert_eq!(sizes, SIZE_CLASSES);
}

/// Points whose multiples by any key are zero (RFC 7748 §6.1; Wycheproof's "low order").
const LOW_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

#[test]
fn a_key_of_low_order_neither_seals_nor_opens() {
    let (deal, half, context, order) = order();
    let ciphertext = cut(&order)[3].bytes.clone();
    for point in LOW_ORDER.map(unhex) {
        let reader = SealingKey::try_from(point.as_slice()).unwrap();
        let sealed = Sealed::<OrderHalf>::seal(&half, &context, &reader, &mut Seeded(1));
        assert_eq!(sealed.err(), Some(Problem::EnvelopeInvalid));
        let forged = envelope(&context, &point, &ciphertext);
        refused("a point of low order", forged.open(&context, &deal.merchant.opening));
    }
}
