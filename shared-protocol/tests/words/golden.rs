//! The golden vectors in `vectors/`: one file for each message, more for halves, handling numbers,
//! names and the JWS form. A change of a vector is a change of the protocol.

use std::{collections::BTreeSet, fs, path::PathBuf};

use ed25519_dalek::Verifier as _;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    effort::{did, is_update},
    hex::{hex, unhex, unhex_exact},
    labelled::Piece,
    messages::{self, SignedExample, Spoken},
    party::{Deal, Party},
};

/// Files besides those of messages; each has its own test in `golden_more.rs` and `order_form.rs`.
const MORE: [&str; 8] = [
    "order-half",
    "order-form",
    "payment-half",
    "passkey-assertion",
    "relayed",
    "grant-jws",
    "handling-number",
    "names",
];

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct MessageVector {
    message: String,
    media_type: String,
    len_max: usize,
    cases: Vec<MessageCase>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct MessageCase {
    fields: Vec<FieldCut>,
    bytes: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<SignedCase>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct SignedCase {
    label: String,
    /// RFC 8032's private key. For tests alone.
    private_key: String,
    public_key: String,
    signing_input: String,
    signature: String,
    digest: String,
    bytes: String,
}

/// A piece of an encoding and the field that it writes.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldCut {
    field: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    value: Value,
    hex: String,
}

pub fn field_cuts(pieces: &[Piece]) -> Vec<FieldCut> {
    let cut = |piece: &Piece| FieldCut {
        field: piece.field.clone(),
        value: piece.value.clone(),
        hex: hex(&piece.bytes),
    };
    pieces.iter().map(cut).collect()
}

/// The pieces' bytes, one after another, as they stand in a file.
pub fn joined(fields: &[FieldCut]) -> String {
    fields.iter().map(|field| field.hex.as_str()).collect()
}

/// What the file says, after it was held against what the code says (or, where `WARIFU_UPDATE=1`,
/// written from it).
pub fn kept<T: Serialize + DeserializeOwned + PartialEq + core::fmt::Debug>(
    name: &str,
    said: &T,
) -> T {
    let path = folder().join(format!("{name}.json"));
    if is_update() {
        fs::create_dir_all(folder()).unwrap();
        // Renamed into place: another test may be reading it.
        let fresh = folder().join(format!("{name}.{:?}.fresh", std::thread::current().id()));
        fs::write(&fresh, serde_json::to_string_pretty(said).unwrap() + "\n").unwrap();
        fs::rename(fresh, &path).unwrap();
    }
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("vectors/{name}.json: {error}; write it: WARIFU_UPDATE=1"));
    let kept: T = serde_json::from_str(&text).unwrap();
    assert!(kept == *said, "vectors/{name}.json is not what the code says: {said:#?}");
    kept
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

#[test]
fn every_message_has_its_vector_and_every_vector_its_message() {
    let messages = messages::all(&Deal::new());
    for message in &messages {
        kept(message.name, &vector(message));
    }
    let expected: BTreeSet<String> = messages
        .iter()
        .map(|message| message.name)
        .chain(MORE)
        .map(|name| format!("{name}.json"))
        .collect();
    let found: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    if !is_update() {
        assert_eq!(found, expected);
    }
    did("golden vectors of messages", messages.len());
}

fn vector(message: &Spoken) -> MessageVector {
    let case = |example: &messages::Example| MessageCase {
        fields: field_cuts(&example.pieces),
        bytes: hex(&example.bytes),
        signed: example.signed.as_ref().map(|signed| signed_case(message, example, signed)),
    };
    MessageVector {
        message: message.name.into(),
        media_type: message.media_type.clone(),
        len_max: message.len_max,
        cases: message.examples.iter().map(case).collect(),
    }
}

fn signed_case(
    message: &Spoken,
    example: &messages::Example,
    signed: &SignedExample,
) -> SignedCase {
    let form = message.signed.as_ref().unwrap();
    let of_key = |seed: &u8| *Party::new((), *seed).key().as_bytes() == signed.key;
    let seed = (1..=u8::MAX).find(of_key).expect("a party's key");
    SignedCase {
        label: form.label.clone(),
        private_key: hex([seed; 32]),
        public_key: hex(signed.key),
        signing_input: hex((form.signing_input)(&example.bytes)),
        signature: hex(signed.signature),
        digest: hex(signed.digest.as_bytes()),
        bytes: hex(&signed.bytes),
    }
}

/// From here on only the files speak, to libraries that are not the crate's own.
#[test]
fn a_vector_s_pieces_are_its_bytes_and_are_read_again() {
    let mut cases = 0;
    for message in messages::all(&Deal::new()) {
        let vector: MessageVector = kept(message.name, &vector(&message));
        assert!(!vector.cases.is_empty());
        for case in vector.cases {
            assert_eq!(joined(&case.fields), case.bytes, "{}", vector.message);
            let bytes = unhex(&case.bytes);
            assert_eq!((message.again)(&bytes), Ok(bytes), "{}", vector.message);
            cases += 1;
        }
    }
    did("golden cases read", cases);
}

#[test]
fn a_vector_s_signature_and_digest_hold_for_other_libraries() {
    let mut checked = 0;
    for message in messages::all(&Deal::new()) {
        let vector: MessageVector = kept(message.name, &vector(&message));
        for case in vector.cases.iter().filter(|_| message.signed.is_some()) {
            let signed = case.signed.as_ref().expect("a statement's case is signed");
            let input = [signed.label.as_bytes(), &[0], &unhex(&case.bytes)].concat();
            assert_eq!(hex(&input), signed.signing_input, "{}", vector.message);

            let private = ed25519_dalek::SigningKey::from_bytes(&unhex_exact(&signed.private_key));
            let public = private.verifying_key();
            assert_eq!(hex(public.as_bytes()), signed.public_key);
            let signature =
                ed25519_dalek::Signature::from_bytes(&unhex_exact::<64>(&signed.signature));
            public.verify(&input, &signature).expect("dalek accepts it");
            let ring = ring::signature::UnparsedPublicKey::new(
                &ring::signature::ED25519,
                unhex(&signed.public_key),
            );
            ring.verify(&input, &unhex(&signed.signature)).expect("ring accepts it");

            assert_eq!(labelled_sha256(&vector.message, &unhex(&case.bytes)), signed.digest);
            let form = message.signed.as_ref().unwrap();
            assert_eq!((form.again)(&unhex(&signed.bytes)).map(hex), Ok(signed.bytes.clone()));
            checked += 1;
        }
    }
    did("golden signatures and digests checked", checked);
    assert!(checked >= 14, "all fourteen statements have one");
}

/// "warifu/1 <purpose>", NUL, bytes.
pub fn labelled_sha256(purpose: &str, bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("warifu/1 {purpose}\0"));
    hash.update(bytes);
    hex(hash.finalize())
}
