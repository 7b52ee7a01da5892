//! What goes through a relay: opens for the agent alone, and its reply for whoever asked alone; of
//! one of four sizes; to the byte as its vector says.

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit as _,
    aead::{Aead as _, Payload},
};
use hpke::{
    Deserializable as _, Kem as _, OpModeR, Serializable as _, aead::ChaCha20Poly1305 as Cipher,
    kdf::HkdfSha256, kem::X25519HkdfSha256, setup_receiver,
};
use rand_core::Rng as _;
use serde::{Deserialize, Serialize};
use shared_protocol::{
    GrantRequest, Locale, Message, OpeningKey, Problem, PurchaseStatus, RELAYED_SIZES,
    RelayedAnswer, RelayedCall, RelayedReply, RelayedRequest, ReplyOpener, ReplySealer,
    SealContext, decode, encode,
};

use crate::{
    effort::{did, times},
    examples,
    golden::kept,
    hex::{hex, unhex},
    labelled::cut,
    party::{Deal, Seeded, purchase},
};

const REQUEST: &str = "warifu/1 relayed-request shopper>agent";
const REPLY: &str = "warifu/1 relayed-reply agent>shopper";

/// A question and a request with a body.
pub fn calls(deal: &Deal) -> Vec<RelayedCall> {
    let path = format!("/v1/purchases/{}", purchase(42));
    let status = RelayedCall {
        method: "GET".into(),
        path: path.clone(),
        media_type: String::new(),
        body: Vec::new(),
    };
    let grant = RelayedCall {
        method: "PUT".into(),
        path: path + "/grant",
        media_type: GrantRequest::media_type(),
        body: encode(&deal.split_and_seal().grant_request()),
    };
    vec![status, grant]
}

pub fn answers(deal: &Deal) -> Vec<RelayedAnswer> {
    let status: &PurchaseStatus = &examples::purchase_statuses(deal)[0];
    let refused = br#"{"code":"limit_exceeded"}"#;
    vec![
        RelayedAnswer { status: 200, body: encode(status) },
        RelayedAnswer { status: 403, body: refused.to_vec() },
    ]
}

pub fn requests(deal: &Deal) -> Vec<RelayedRequest> {
    calls(deal).iter().map(|call| asked(deal, call, 1).0).collect()
}

pub fn replies(deal: &Deal) -> Vec<RelayedReply> {
    let (request, _) = asked(deal, &calls(deal)[0], 1);
    let (_, sealer) = request.open(&deal.agent.opening).unwrap();
    answers(deal).iter().map(|answer| sealer.seal(answer, &mut Seeded(2)).unwrap()).collect()
}

fn context(deal: &Deal) -> SealContext {
    deal.split_and_seal().context
}

fn asked(deal: &Deal, call: &RelayedCall, seed: u64) -> (RelayedRequest, ReplyOpener) {
    let key = deal.agent.opening.sealing_key();
    call.seal(context(deal), &key, &mut Seeded(seed)).unwrap()
}

/// The request of this seed as the agent opens it, and what opens the reply.
fn exchange(deal: &Deal, call: &RelayedCall, seed: u64) -> (ReplySealer, ReplyOpener) {
    let (request, opener) = asked(deal, call, seed);
    let (opened, sealer) = request.open(&deal.agent.opening).unwrap();
    assert!(opened == *call);
    (sealer, opener)
}

fn refused<T>(what: &str, result: Result<T, Problem>) {
    assert_eq!(result.err(), Some(Problem::EnvelopeInvalid), "{what}");
}

#[test]
fn a_question_and_its_answer_arrive() {
    let deal = Deal::new();
    for (call, answer) in calls(&deal).iter().zip(answers(&deal)) {
        let (sealer, opener) = exchange(&deal, call, 3);
        let first = sealer.seal(&answer, &mut Seeded(4)).unwrap();
        let second = sealer.seal(&answer, &mut Seeded(5)).unwrap();
        assert!(first != second, "a repetition is answered under another key");
        for reply in [first, second] {
            assert!(opener.open(reply).unwrap() == answer);
        }
    }
}

#[test]
fn no_reply_opens_for_another_request() {
    let deal = Deal::new();
    let call = &calls(&deal)[0];
    let answer = |n: u64| RelayedAnswer { status: 200, body: n.to_be_bytes().to_vec() };
    let sessions = u64::from(times(60));
    let all: Vec<_> = (0..sessions).map(|seed| exchange(&deal, call, seed)).collect();
    for (n, (sealer, _)) in (0..).zip(&all) {
        // The same randomness for all: only the sessions tell them apart.
        let reply = sealer.seal(&answer(n), &mut Seeded(0)).unwrap();
        for (m, (_, opener)) in (0..).zip(&all) {
            match opener.open(reply.clone()) {
                Ok(opened) => assert!(m == n && opened == answer(n), "{n} opened as {m}"),
                Err(problem) => assert!(m != n && problem == Problem::EnvelopeInvalid),
            }
        }
    }
    did("pairs of relayed sessions told apart", (sessions * sessions) as usize);
}

#[test]
fn a_request_opens_for_the_agent_and_its_context_only() {
    let deal = Deal::new();
    let (request, _) = asked(&deal, &calls(&deal)[0], 3);
    refused("the merchant's key", request.open(&deal.merchant.opening));
    let stranger = OpeningKey::from_bytes(&[77; 32]).unwrap();
    refused("a stranger's key", request.open(&stranger));
    let here = request.context.clone();
    for other in [
        SealContext { purchase: purchase(43), ..here.clone() },
        SealContext { merchant: "mrc_other".parse().unwrap(), ..here.clone() },
        SealContext { agent: "agt_other".parse().unwrap(), ..here.clone() },
    ] {
        let mut moved = request.clone();
        moved.context = other;
        refused("another context", moved.open(&deal.agent.opening));
    }
}

#[test]
fn no_changed_bit_is_opened() {
    let deal = Deal::new();
    let (request, opener) = asked(&deal, &calls(&deal)[0], 3);
    let (_, sealer) = request.open(&deal.agent.opening).unwrap();
    let reply = sealer.seal(&answers(&deal)[0], &mut Seeded(4)).unwrap();
    let (request, reply) = (encode(&request), encode(&reply));
    let step = 61_u32.div_ceil(times(1)) as usize;
    let mut tried = 0;
    for bit in (0..request.len() * 8).step_by(step) {
        if let Ok(changed) = decode::<RelayedRequest>(&flipped(&request, bit)) {
            refused("a changed request", changed.open(&deal.agent.opening));
        }
        tried += 1;
    }
    for bit in (0..reply.len() * 8).step_by(step) {
        if let Ok(changed) = decode::<RelayedReply>(&flipped(&reply, bit)) {
            refused("a changed reply", opener.open(changed));
        }
        tried += 1;
    }
    did("single-bit flips of relayed messages refused", tried);
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn a_relay_sees_one_of_four_sizes() {
    let deal = Deal::new();
    let (sealer, opener) = exchange(&deal, &calls(&deal)[0], 3);
    let mut seen = Vec::new();
    for length in (0..RelayedAnswer::LEN_MAX).step_by(509).chain([RelayedAnswer::LEN_MAX - 5]) {
        let answer = RelayedAnswer { status: 200, body: vec![7; length] };
        let reply = sealer.seal(&answer, &mut Seeded(4)).unwrap();
        seen.push(encode(&reply).len());
        assert!(opener.open(reply).unwrap() == answer);
        let call = RelayedCall { body: vec![7; length], ..calls(&deal)[0].clone() };
        let sealed = call.seal(context(&deal), &deal.agent.opening.sealing_key(), &mut Seeded(1));
        assert_eq!(sealed.is_ok(), encode(&call).len() <= RelayedCall::LEN_MAX, "{length}");
        if let Ok((request, _)) = sealed {
            assert!(request.has_known_size());
            assert!(encode(&request).len() <= RelayedRequest::LEN_MAX);
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), RELAYED_SIZES.len());
    assert!(seen.iter().all(|size| *size <= RelayedReply::LEN_MAX));
    let over = RelayedAnswer { status: 200, body: vec![7; RelayedAnswer::LEN_MAX] };
    refused("more than the largest", sealer.seal(&over, &mut Seeded(4)));
}

#[test]
fn what_was_typed_stands_in_no_debug_text() {
    let deal = Deal::new();
    let text = format!("{:?} {:?}", requests(&deal)[0], replies(&deal)[0]);
    assert_eq!(text, "RelayedRequest(2048 bytes) RelayedReply(2048 bytes)");
    assert!(Problem::ALL.iter().all(|p| p.text(Locale::Ja).len() < 200), "one size for all");
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct RelayedVector {
    /// HPKE's `info`.
    label: String,
    /// HPKE's `aad`: a seal-context message.
    context: String,
    opening_key: String,
    call: String,
    /// From which the ephemeral key is derived (RFC 9180 §7.1.3).
    ikm_e: String,
    request: String,
    answer: String,
    /// HPKE's `exporter_context`, of 44 bytes: key and nonce.
    exporter_context: String,
    exported: String,
    reply: String,
}

#[test]
fn request_and_reply_are_sealed_to_the_byte_as_their_vector_says() {
    let deal = Deal::new();
    let (call, answer) = (&calls(&deal)[0], &answers(&deal)[0]);
    let mut ikm = [0; 32];
    Seeded(1).fill_bytes(&mut ikm);
    let (request, opener) = asked(&deal, call, 1);
    let (_, sealer) = request.open(&deal.agent.opening).unwrap();
    let reply = sealer.seal(answer, &mut Seeded(2)).unwrap();
    let nonce = cut(&reply)[1].bytes.clone();
    let exporter_context = [REPLY.as_bytes(), &[0], &nonce].concat();
    let pieces = cut(&request);
    let (encapped, ciphertext) = (&pieces[pieces.len() - 3].bytes, &pieces[pieces.len() - 1].bytes);
    let mut receiver = setup_receiver::<Cipher, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &<X25519HkdfSha256 as hpke::Kem>::PrivateKey::from_bytes(&[101; 32]).unwrap(),
        &<X25519HkdfSha256 as hpke::Kem>::EncappedKey::from_bytes(encapped).unwrap(),
        REQUEST.as_bytes(),
    )
    .unwrap();
    let (_, ephemeral) = X25519HkdfSha256::derive_keypair(&ikm);
    assert_eq!(ephemeral.to_bytes().as_slice(), encapped.as_slice());
    let padded = receiver.open(ciphertext, &encode(&request.context)).unwrap();
    assert_eq!(padded[2..2 + encode(call).len()], encode(call));
    let mut exported = [0; 44];
    receiver.export(&exporter_context, &mut exported).unwrap();
    let vector = RelayedVector {
        label: REQUEST.into(),
        context: hex(encode(&request.context)),
        opening_key: hex([101; 32]),
        call: hex(encode(call)),
        ikm_e: hex(ikm),
        request: hex(encode(&request)),
        answer: hex(encode(answer)),
        exporter_context: hex(&exporter_context),
        exported: hex(exported),
        reply: hex(encode(&reply)),
    };
    let vector = kept("relayed", &vector);
    // The reply, opened by the AEAD alone.
    let reply = &unhex(&vector.reply);
    let sealed = &reply[reply.len() - 2048..];
    let exported = unhex(&vector.exported);
    let cipher = ChaCha20Poly1305::new(exported[..32].try_into().unwrap());
    let payload = Payload { msg: sealed, aad: &[] };
    let padded = cipher.decrypt(exported[32..].try_into().unwrap(), payload).unwrap();
    assert_eq!(padded[2..2 + encode(answer).len()], encode(answer));
    assert!(opener.open(decode(reply).unwrap()).unwrap() == *answer);
}
