//! The list of all messages: who says each to whom, and how. A message in `src` that is not in
//! this list, or the other way round, fails the test at its end.

use std::{collections::BTreeSet, fs, path::Path};

use serde::Serialize;
use shared_protocol::{
    DecodeError, Digest, Message, Signed, Signer, Statement, decode, encode, signing_input,
};

use crate::{
    examples,
    labelled::{Piece, cut},
    party::Deal,
    relays,
};

/// One message of the protocol.
pub struct Spoken {
    /// Its Rust type.
    pub type_name: &'static str,
    pub name: &'static str,
    pub media_type: String,
    pub len_max: usize,
    /// Who says it to whom, and at which of the seed's steps.
    pub says: &'static str,
    pub hears: &'static str,
    pub steps: &'static str,
    /// How it travels: on its own, signed, or inside another.
    pub travels: &'static str,
    pub examples: Vec<Example>,
    /// Reads it and writes it again.
    pub again: fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
    /// Its signed form, if it is a statement.
    pub signed: Option<SignedForm>,
}

/// An example of a message: its pieces, its bytes, and the same with a signature.
pub struct Example {
    pub pieces: Vec<Piece>,
    pub bytes: Vec<u8>,
    pub signed: Option<SignedExample>,
}

pub struct SignedExample {
    pub signature: [u8; 64],
    pub key: [u8; 32],
    pub digest: Digest,
    pub bytes: Vec<u8>,
    pub pieces: Vec<Piece>,
}

pub struct SignedForm {
    pub label: String,
    pub signing_input: fn(&[u8]) -> Vec<u8>,
    pub len_max: usize,
    pub again: fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
}

/// Every message, in the order of a purchase.
const GRANT_REQUEST: &str =
    "as it is; holds a sealed payment half, and a passkey's word if one pays";

pub fn all(deal: &Deal) -> Vec<Spoken> {
    let mut all = between_the_three(deal);
    all.extend(around(deal));
    all
}

fn spoken(
    message: Spoken,
    says: &'static str,
    hears: &'static str,
    steps: &'static str,
    travels: &'static str,
) -> Spoken {
    Spoken { says, hears, steps, travels, ..message }
}

/// Those of shopper, merchant and agent.
fn between_the_three(deal: &Deal) -> Vec<Spoken> {
    let (agent, merchant) = (&deal.agent, &deal.merchant);
    let mark = statement("Mark", &examples::marks(deal), agent);
    let offer = statement("Offer", &examples::offers(deal), merchant);
    let request = plain("ChallengeRequest", &examples::challenge_requests(deal));
    let challenge = statement("Challenge", &examples::challenges(deal), agent);
    let inquiry = plain("PlanInquiry", &examples::inquiries(deal));
    let quotes = plain("PlanQuotes", &examples::quote_lists(deal));
    let quote = statement("PlanQuote", &examples::quotes(deal), agent);
    let context = plain("SealContext", &examples::contexts(deal));
    let tally = statement("Tally", &examples::tallies(deal), &deal.session);
    let signed_tally = plain("SignedTally", &examples::signed_tallies(deal));
    let check = plain("OrderCheck", &examples::order_checks(deal));
    let grant_request = plain("GrantRequest", &examples::grant_requests(deal));
    let grant = statement("Grant", &examples::grants(deal), agent);
    let submission = plain("OrderSubmission", &examples::order_submissions(deal));
    let acceptance = statement("Acceptance", &examples::acceptances(deal), merchant);
    let redemption = statement("Redemption", &examples::redemptions(deal), merchant);
    let refusal = statement("Refusal", &examples::refusals(deal), merchant);
    let confirmation = statement("Confirmation", &examples::confirmations(deal), agent);
    let remittance = statement("Remittance", &examples::remittances(deal), agent);
    let status = plain("PurchaseStatus", &examples::purchase_statuses(deal));
    let shipped = statement("ShippingNotice", &examples::shipping_notices(deal), merchant);
    let claim = statement("Claim", &examples::claims(deal), merchant);
    let void = statement("Void", &examples::voids(deal), merchant);
    let refund = statement("Refund", &examples::refunds(deal), merchant);
    let receipt = statement("Receipt", &examples::receipts(deal), agent);
    vec![
        spoken(mark, "agent", "anyone", "51", "signed"),
        spoken(offer, "merchant", "anyone", "51", "signed"),
        spoken(request, "shopper", "agent", "51", "as it is"),
        spoken(challenge, "agent", "shopper", "51", "signed"),
        spoken(inquiry, "shopper", "agent", "52–53", "as it is"),
        spoken(quotes, "agent", "shopper", "52–53", "as it is; holds signed ones"),
        spoken(quote, "agent", "shopper", "52–53", "signed, in plan-quotes; in the payment half"),
        spoken(context, "shopper", "merchant", "54", "in order-check; else both ends make it"),
        spoken(tally, "shopper", "anyone", "54–61", "signed, in signed-tally"),
        spoken(signed_tally, "shopper", "anyone", "57, 61", "in grant-request, order-submission"),
        spoken(check, "shopper", "merchant", "54", "as it is; holds a sealed order half"),
        spoken(grant_request, "shopper", "agent", "57", GRANT_REQUEST),
        spoken(grant, "agent", "merchant", "60", "signed, through the shopper"),
        spoken(submission, "shopper", "merchant", "61", "as it is; holds a sealed order half"),
        spoken(acceptance, "merchant", "agent", "62", "signed"),
        spoken(refusal, "merchant", "agent", "62 → 72", "signed"),
        spoken(redemption, "merchant", "agent", "d–f of prior art (5)", "signed"),
        spoken(confirmation, "agent", "merchant", "64–65", "signed"),
        spoken(remittance, "agent", "merchant", "153–164", "signed"),
        spoken(status, "agent", "whoever knows the id", "60–65", "as it is; holds signed ones"),
        spoken(claim, "merchant", "agent", "66", "signed"),
        spoken(shipped, "merchant", "agent", "67", "signed"),
        spoken(void, "merchant", "agent", "66 → 72", "signed"),
        spoken(refund, "merchant", "agent", "66–71", "signed"),
        spoken(receipt, "agent", "merchant", "66–71", "signed"),
    ]
}

/// Those through a relay, those of sellers without a server, and the agent's keys.
fn around(deal: &Deal) -> Vec<Spoken> {
    let (agent, merchant) = (&deal.agent, &deal.merchant);
    let call = plain("RelayedCall", &relays::calls(deal));
    let asked = plain("RelayedRequest", &relays::requests(deal));
    let answer = plain("RelayedAnswer", &relays::answers(deal));
    let reply = plain("RelayedReply", &relays::replies(deal));
    let placement = statement("Placement", &examples::placements(deal), merchant);
    let agreement = plain("PlacementAgreement", &examples::agreements(deal));
    let end = statement("PlacementEnd", &examples::placement_ends(deal), merchant);
    let deposit = statement("Deposit", &examples::deposits(deal), agent);
    let visit = statement("MailboxVisit", &examples::visits(deal), merchant);
    let entry = plain("MailboxEntry", &examples::mailbox_entries(deal));
    let mailbox = plain("Mailbox", &examples::mailboxes(deal));
    let key_list = statement("KeyList", &examples::key_lists(deal), agent);
    vec![
        spoken(asked, "shopper", "agent", "51–62", "through the relay; holds a sealed call"),
        spoken(call, "shopper", "agent", "51–62", "sealed, in relayed-request"),
        spoken(reply, "agent", "shopper", "51–62", "through the relay; holds a sealed answer"),
        spoken(answer, "agent", "shopper", "51–62", "sealed, in relayed-reply"),
        spoken(placement, "merchant", "agent", "¶79", "signed, in placement-agreement"),
        spoken(agreement, "merchant", "agent", "¶79", "as it is; holds a signed one"),
        spoken(end, "merchant", "agent", "¶79", "signed"),
        spoken(deposit, "agent", "shopper", "62", "signed"),
        spoken(visit, "merchant", "agent", "61", "signed"),
        spoken(entry, "agent", "merchant", "61", "in mailbox; holds an order-submission"),
        spoken(mailbox, "agent", "merchant", "61", "as it is"),
        spoken(key_list, "agent", "merchant", "–", "signed"),
    ]
}

fn plain<M: Message>(type_name: &'static str, examples: &[M]) -> Spoken {
    let examples = examples.iter().map(|value| Example {
        pieces: cut(value),
        bytes: encode(value),
        signed: None,
    });
    Spoken {
        type_name,
        name: M::NAME,
        media_type: M::media_type(),
        len_max: M::LEN_MAX,
        says: "",
        hears: "",
        steps: "",
        travels: "",
        examples: examples.collect(),
        again: |bytes| decode::<M>(bytes).map(|value| encode(&value)),
        signed: None,
    }
}

fn statement<T: Statement + Serialize>(
    type_name: &'static str,
    examples: &[T],
    signer: &impl Signer,
) -> Spoken {
    let mut spoken = plain(type_name, examples);
    for (example, value) in spoken.examples.iter_mut().zip(examples) {
        let signed = Signed::sign(value, signer);
        example.signed = Some(SignedExample {
            signature: *signed.signature().as_bytes(),
            key: *signer.verifying_key().as_bytes(),
            digest: signed.digest(),
            bytes: encode(&signed),
            pieces: cut(&signed),
        });
    }
    let label = signing_input::<T>(&[]);
    let (nul, label) = label.split_last().unwrap();
    assert_eq!(*nul, 0);
    spoken.signed = Some(SignedForm {
        label: String::from_utf8(label.to_vec()).unwrap(),
        signing_input: signing_input::<T>,
        len_max: Signed::<T>::LEN_MAX,
        again: |bytes| decode::<Signed<T>>(bytes).map(|value| encode(&value)),
    });
    spoken
}

#[test]
fn the_list_of_messages_is_that_of_the_source() {
    let deal = Deal::new();
    let all = all(&deal);
    let listed: BTreeSet<_> = all
        .iter()
        .map(|message| (message.type_name.to_string(), message.name.to_string()))
        .collect();
    assert_eq!(listed.len(), all.len(), "a message is listed twice");
    assert_eq!(listed, messages_in_source());
}

#[test]
fn a_statement_is_said_and_heard_by_those_in_its_label() {
    for message in all(&Deal::new()) {
        if let Some(signed) = &message.signed {
            let spoken = format!("warifu/1 {} {}>{}", message.name, message.says, message.hears);
            assert_eq!(signed.label, spoken);
        }
    }
}

/// What stands in the `messages!` blocks: type and name.
fn messages_in_source() -> BTreeSet<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = fs::read_dir(src).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()));
    let mut found = BTreeSet::new();
    let mut implemented = 0;
    for source in files.map(Result::unwrap) {
        implemented += source.matches("Message for ").count();
        for block in source.split("messages! {").skip(1) {
            let block = block.split('}').next().unwrap();
            for entry in block.split(';').map(str::trim).filter(|entry| !entry.is_empty()) {
                let (type_name, rest) = entry.split_once(" = ").unwrap();
                let name = rest.split('"').nth(1).unwrap();
                found.insert((type_name.to_string(), name.to_string()));
            }
        }
    }
    // One in the macro, one for every `Signed` statement: the rest goes through the macro.
    assert_eq!(implemented, 2, "a message is declared past `messages!`");
    found
}
