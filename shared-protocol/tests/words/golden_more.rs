//! Golden vectors of what is no message: the halves and their envelopes, the JWS form of a Grant,
//! handling numbers, and the text forms of names.

use hpke::{
    Deserializable, Kem as _, OpModeR, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256, single_shot_open,
};
use rand_core::Rng as _;
use serde::{Deserialize, Serialize};
use shared_protocol::{
    Delivery, Envelope, Half, HandlingNumber, Locale, OpeningKey, OrderHalf, PurchaseId, Salt,
    SealContext, Signed, encode, jws,
};

use crate::{
    examples,
    golden::{FieldCut, field_cuts, joined, kept, labelled_sha256},
    hex::{hex, unhex},
    labelled::{Piece, cut},
    party::{Deal, Seeded, form, purchase},
    twins::{cut_assertion, cut_order, cut_payment},
};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct HalfVector {
    half: String,
    /// HPKE's `info`.
    label: String,
    /// HPKE's `aad`: a seal-context message.
    context: String,
    opening_key: String,
    sealing_key: String,
    cases: Vec<HalfCase>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct HalfCase {
    fields: Vec<FieldCut>,
    plaintext: String,
    digest: String,
    /// From which the ephemeral key is derived (RFC 9180 §7.1.3).
    ikm_e: String,
    encapped: String,
    ciphertext: String,
}

#[test]
fn an_order_half_is_sealed_to_the_byte_as_its_vector_says() {
    let deal = Deal::new();
    let check = deal.split_and_seal().order_check();
    let usual = check.order.open(&check.context, &deal.merchant.opening).unwrap();
    let intangible = OrderHalf {
        delivery: Delivery::Intangible,
        contact: form().contact,
        locale: Locale::En,
        salt: Salt::new([0x5a; 32]),
        quantity: 5,
        ..usual.clone()
    };
    let halves = [usual, intangible];
    let cases = halves.iter().enumerate().map(|(at, half)| {
        half_case(
            half,
            cut_order(half),
            half.digest().as_bytes(),
            &deal.merchant.opening,
            at as u64,
        )
    });
    let label = "warifu/1 order-half shopper>merchant";
    half_vector("order-half", label, 102, &deal.merchant.opening, cases.collect());
}

#[test]
fn a_payment_half_is_sealed_to_the_byte_as_its_vector_says() {
    let deal = Deal::new();
    let halves = examples::payment_halves(&deal);
    let cases = halves.iter().enumerate().map(|(at, half)| {
        let pieces = cut_payment(half);
        half_case(half, pieces, half.digest().as_bytes(), &deal.agent.opening, at as u64)
    });
    let label = "warifu/1 payment-half shopper>agent";
    half_vector("payment-half", label, 101, &deal.agent.opening, cases.collect());
}

#[test]
fn a_passkey_s_word_is_sealed_to_the_byte_as_its_vector_says() {
    let deal = Deal::new();
    let word = examples::passkey_assertion();
    let digest = shared_protocol::digest("passkey-assertion", &word.to_plaintext());
    let case = half_case(&word, cut_assertion(&word), digest.as_bytes(), &deal.agent.opening, 7);
    let label = "warifu/1 passkey-assertion shopper>agent";
    half_vector("passkey-assertion", label, 101, &deal.agent.opening, vec![case]);
}

fn the_context(deal: &Deal) -> SealContext {
    let (merchant, agent) = (deal.merchant.id.clone(), deal.agent.id.clone());
    SealContext { purchase: purchase(42), merchant, agent }
}

fn half_case<T: Half>(
    half: &T,
    pieces: Vec<Piece>,
    digest: &[u8; 32],
    opening: &OpeningKey,
    seed: u64,
) -> HalfCase {
    let context = the_context(&Deal::new());
    let mut ikm = [0; 32];
    Seeded(seed).fill_bytes(&mut ikm);
    let sealed =
        Envelope::<T::Reader, T>::seal(half, &context, &opening.sealing_key(), &mut Seeded(seed));
    let pieces_of_envelope = cut(&sealed.unwrap());
    HalfCase {
        fields: field_cuts(&pieces),
        plaintext: hex(half.to_plaintext()),
        digest: hex(digest),
        ikm_e: hex(ikm),
        encapped: hex(&pieces_of_envelope[1].bytes),
        ciphertext: hex(&pieces_of_envelope[3].bytes),
    }
}

/// Writes or reads the file, then opens every envelope in it with the hpke crate alone.
fn half_vector(name: &str, label: &str, seed: u8, opening: &OpeningKey, cases: Vec<HalfCase>) {
    let vector = HalfVector {
        half: name.into(),
        label: label.into(),
        context: hex(encode(&the_context(&Deal::new()))),
        opening_key: hex([seed; 32]),
        sealing_key: hex(opening.sealing_key().as_bytes()),
        cases,
    };
    let vector = kept(name, &vector);
    let private =
        <X25519HkdfSha256 as hpke::Kem>::PrivateKey::from_bytes(&unhex(&vector.opening_key));
    let private = private.unwrap();
    let public = X25519HkdfSha256::sk_to_pk(&private);
    assert_eq!(hex(public.to_bytes()), vector.sealing_key);
    for case in &vector.cases {
        assert_eq!(joined(&case.fields), case.plaintext);
        assert_eq!(labelled_sha256(name, &unhex(&case.plaintext)), case.digest);
        let (_, ephemeral) = X25519HkdfSha256::derive_keypair(&unhex(&case.ikm_e));
        assert_eq!(hex(ephemeral.to_bytes()), case.encapped);
        let padded = single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &private,
            &<X25519HkdfSha256 as hpke::Kem>::EncappedKey::from_bytes(&unhex(&case.encapped))
                .unwrap(),
            vector.label.as_bytes(),
            &unhex(&case.ciphertext),
            &unhex(&vector.context),
        )
        .unwrap();
        let plaintext = unhex(&case.plaintext);
        let length = u16::from_be_bytes([padded[0], padded[1]]);
        assert_eq!(usize::from(length), plaintext.len());
        assert_eq!(padded[2..2 + plaintext.len()], plaintext);
        assert!(padded[2 + plaintext.len()..].iter().all(|zero| *zero == 0));
        assert!([1024, 2048, 4096, 8192].contains(&(padded.len() + 16)));
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct JwsVector {
    private_key: String,
    jwk_set: serde_json::Value,
    cases: Vec<JwsCase>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct JwsCase {
    /// The Grant as a message.
    grant: String,
    /// The digest of the Grant, the same in both forms.
    digest: String,
    jws: String,
}

#[test]
fn the_jws_form_of_a_grant_is_that_of_its_vector() {
    let deal = Deal::new();
    let grants = examples::grants(&deal);
    let cases = grants.iter().map(|grant| JwsCase {
        grant: hex(encode(grant)),
        digest: hex(Signed::sign(grant, &deal.agent).digest().as_bytes()),
        jws: jws::sign(grant, &deal.agent),
    });
    let vector = JwsVector {
        private_key: hex([1; 32]),
        jwk_set: serde_json::from_str(&jws::jwk_set(&[deal.agent.key()])).unwrap(),
        cases: cases.collect(),
    };
    let vector = kept("grant-jws", &vector);
    for (case, grant) in vector.cases.iter().zip(&grants) {
        let verified = jws::verify(&case.jws, &[deal.agent.key()]).unwrap();
        assert_eq!(hex(verified.digest().as_bytes()), case.digest);
        assert_eq!(labelled_sha256("grant", &unhex(&case.grant)), case.digest);
        assert_eq!(verified.into_inner(), *grant);
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct HandlingNumberVector {
    /// As shown, and as written in messages.
    good: Vec<(String, String)>,
    /// As typed, and what is meant.
    forgiven: Vec<(String, String)>,
    refused: Vec<String>,
}

#[test]
fn handling_numbers_are_read_and_shown_as_their_vector_says() {
    let number = |seed| HandlingNumber::random(&mut Seeded(seed));
    let vector = HandlingNumberVector {
        good: (0..8).map(number).map(|n| (n.to_string(), n.compact())).collect(),
        forgiven: [" 0000 0000 000", "oooo-oooo-ooo", "iLiL-1111-111", "h7k2 9qmd 4vx"]
            .map(|typed| typed.to_string() + check_symbol_of(typed) + " ")
            .map(|typed| (typed.clone(), typed.parse::<HandlingNumber>().unwrap().compact()))
            .to_vec(),
        refused: [
            "",
            "0000-0000-000",
            "0000-0000-00000",
            "0000-0000-0001",
            "UUUU-UUUU-UUUU",
            "0000_0000_0000",
        ]
        .map(String::from)
        .to_vec(),
    };
    let vector = kept("handling-number", &vector);
    for (shown, compact) in &vector.good {
        let number: HandlingNumber = shown.parse().unwrap();
        assert_eq!((number.to_string(), number.compact()), (shown.clone(), compact.clone()));
    }
    for refused in &vector.refused {
        assert!(refused.parse::<HandlingNumber>().is_err(), "{refused}");
    }
}

/// The one symbol that completes eleven.
fn check_symbol_of(typed: &str) -> &'static str {
    let symbols: Vec<&str> = "0 1 2 3 4 5 6 7 8 9 a b c d e f g h j k m n p q r s t v w x y z"
        .split(' ')
        .filter(|symbol| format!("{typed}{symbol}").parse::<HandlingNumber>().is_ok())
        .collect();
    assert_eq!(symbols.len(), 1, "{typed} has {symbols:?}");
    symbols[0]
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct NamesVector {
    /// Bytes and text.
    purchase_ids: Vec<(String, String)>,
    /// Public key and its `kid`.
    key_ids: Vec<(String, String)>,
    /// Purpose, bytes, digest.
    digests: Vec<(String, String, String)>,
}

#[test]
fn names_have_the_texts_of_their_vector() {
    let purchases = [[0; 16], [0xff; 16], *b"warifu, purchase"];
    let deal = Deal::new();
    let digest = |purpose: &str, bytes: &[u8]| {
        let digest = shared_protocol::digest(purpose, bytes);
        (purpose.to_string(), hex(bytes), hex(digest.as_bytes()))
    };
    let vector = NamesVector {
        purchase_ids: purchases
            .map(|bytes| (hex(bytes), PurchaseId::new(bytes).to_string()))
            .to_vec(),
        key_ids: [deal.agent.key(), deal.merchant.key()]
            .map(|key| (hex(key.as_bytes()), jws::key_id(&key)))
            .to_vec(),
        digests: vec![digest("offer", b""), digest("offer", b"abc"), digest("grant", b"abc")],
    };
    let vector = kept("names", &vector);
    for (bytes, text) in &vector.purchase_ids {
        let id: PurchaseId = text.parse().unwrap();
        assert_eq!(hex(id.as_bytes()), *bytes);
    }
    for (purpose, bytes, digest) in &vector.digests {
        assert_eq!(labelled_sha256(purpose, &unhex(bytes)), *digest);
    }
}
