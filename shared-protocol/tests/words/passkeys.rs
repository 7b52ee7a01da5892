//! A purchase paid by a passkey: no number is in it, the challenge is the tally's digest, and the
//! passkey's word opens for the agent alone, beside the half and never in its place.

use shared_protocol::{
    Credential, GrantRequest, OpeningKey, Problem, SIZE_CLASSES, SealContext, decode, encode,
};

use crate::{
    examples::passkey_assertion,
    labelled::cut,
    party::{Deal, purchase},
    sides::agent_matches,
};

#[test]
fn a_passkey_s_word_reaches_the_agent_as_it_was_and_no_number_does() {
    let deal = Deal::new();
    let sealed = deal.paid_by_passkey(&passkey_assertion());
    let request = sealed.grant_request();
    let context = request.context().unwrap();
    let half = request.payment.open(&context, &deal.agent.opening).unwrap();
    assert!(matches!(half.credential, Credential::Passkey));
    let envelope = request.passkey.as_ref().unwrap();
    assert!(envelope.open(&context, &deal.agent.opening).unwrap() == passkey_assertion());
    assert!(SIZE_CLASSES.contains(&envelope.size()));
    assert!(agent_matches(&deal, &request, crate::party::NOW).is_ok());
}

#[test]
fn the_challenge_is_the_digest_of_the_tally_that_the_agent_verifies() {
    let deal = Deal::new();
    let sealed = deal.paid_by_passkey(&passkey_assertion());
    let tally = sealed.grant_request().tally.verify().unwrap();
    assert_eq!(sealed.passkey_challenge(), tally.digest());
    // Adding the passkey's word changes nothing that was signed.
    assert_ne!(sealed.passkey_challenge(), deal.split_and_seal().passkey_challenge());
}

#[test]
fn its_envelope_opens_for_nobody_else_and_for_no_other_purchase() {
    let deal = Deal::new();
    let request = deal.paid_by_passkey(&passkey_assertion()).grant_request();
    let (context, envelope) = (request.context().unwrap(), request.passkey.clone().unwrap());
    let refused = |context: &SealContext, key: &OpeningKey| {
        assert_eq!(envelope.open(context, key).err(), Some(Problem::EnvelopeInvalid));
    };
    refused(&context, &deal.merchant.opening);
    refused(&SealContext { purchase: purchase(43), ..context.clone() }, &deal.agent.opening);
    // The half's envelope is none for the word, nor the other way round.
    let pieces = cut(&request);
    let bytes = |range: core::ops::Range<usize>| -> Vec<u8> {
        pieces[range].iter().flat_map(|piece| piece.bytes.clone()).collect()
    };
    let end = pieces.len();
    let (before, half, flag, word) =
        (bytes(0..end - 9), bytes(end - 9..end - 5), bytes(end - 5..end - 4), bytes(end - 4..end));
    let swapped: GrantRequest = decode(&[before, word, flag, half].concat()).unwrap();
    let opened = swapped.payment.open(&context, &deal.agent.opening);
    assert_eq!(opened.err(), Some(Problem::EnvelopeInvalid));
    let opened = swapped.passkey.unwrap().open(&context, &deal.agent.opening);
    assert_eq!(opened.err(), Some(Problem::EnvelopeInvalid));
}

#[test]
fn the_merchant_gets_the_same_bytes_however_the_shopper_pays() {
    let deal = Deal::new();
    let sealed = deal.paid_by_passkey(&passkey_assertion());
    let (usual, check) = (deal.split_and_seal().order_check(), sealed.order_check());
    assert_eq!(encode(&usual).len(), encode(&check).len());
    let request = encode(&sealed.grant_request());
    assert!(decode::<GrantRequest>(&request).is_ok());
}
