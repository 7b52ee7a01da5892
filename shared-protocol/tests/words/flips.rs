//! Whatever was signed is refused once a single bit of it, of its signature, of its key, or of the
//! words around it is another.

use shared_protocol::{
    DecodeError, Grant, GrantProof, GrantRequest, Message, OrderSubmission, Problem, Signature,
    Signed, SignedTally, Signer as _, Statement, VerifyingKey, decode, encode, jws, signing_input,
};

use crate::{
    effort::{did, did_from_seed, seed, times},
    examples, messages,
    party::{Deal, NOW, Party, Seeded},
    sides::{agent_matches, merchant_redeems},
};

/// Calls a generic function for each statement that a deal knows, with its signer's key.
macro_rules! for_each_statement {
    ($deal:ident, $call:ident, $with:expr) => {
        for_each_statement!(@ $deal, $call, $with, mark agent, offer merchant, challenge agent,
            tally session, grant agent, acceptance merchant, refusal merchant, confirmation agent,
            quote agent, shipping_notice merchant, claim merchant, void merchant, refund merchant,
            receipt agent, remittance agent, placement merchant, placement_end merchant,
            deposit agent, visit merchant, redemption merchant, key_list agent)
    };
    (@ $deal:ident, $call:ident, $with:expr, $($statement:ident $signer:ident),*) => {
        [$({
            let signed = Signed::sign(&usual::$statement(&$deal), &$deal.$signer);
            $call(&signed, &$deal.$signer.key(), $with)
        }),*]
    };
}

/// The usual example of each statement.
mod usual {
    use shared_protocol::*;

    use crate::{examples, party::Deal};

    macro_rules! first {
        ($($name:ident $type:ty, $all:ident;)*) => {$(
            pub fn $name(deal: &Deal) -> $type {
                examples::$all(deal).remove(0)
            }
        )*};
    }
    first! {
        mark Mark, marks;
        offer Offer, offers;
        challenge Challenge, challenges;
        tally Tally, tallies;
        grant Grant, grants;
        acceptance Acceptance, acceptances;
        refusal Refusal, refusals;
        confirmation Confirmation, confirmations;
        quote PlanQuote, quotes;
        shipping_notice ShippingNotice, shipping_notices;
        claim Claim, claims;
        void Void, voids;
        refund Refund, refunds;
        receipt Receipt, receipts;
        remittance Remittance, remittances;
        placement Placement, placements;
        placement_end PlacementEnd, placement_ends;
        deposit Deposit, deposits;
        visit MailboxVisit, visits;
        redemption Redemption, redemptions;
        key_list KeyList, key_lists;
    }
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

fn signature(bytes: &[u8]) -> Signature {
    Signature::try_from(bytes).unwrap()
}

#[test]
fn a_flipped_bit_of_a_statement_or_its_signature_is_refused() {
    let deal = Deal::new();
    let flips: usize = for_each_statement!(deal, refuses_flips, ()).into_iter().sum();
    did("single-bit flips of statements and signatures refused", flips);
}

fn refuses_flips<T: Statement>(signed: &Signed<T>, key: &VerifyingKey, (): ()) -> usize {
    assert!(signed.verify(key).is_ok(), "{}", T::NAME);
    let (bytes, mark) = (signed.bytes(), signed.signature());
    for bit in 0..bytes.len() * 8 {
        let forged = Signed::<T>::from_parts(flipped(bytes, bit), *mark);
        assert_eq!(forged.verify(key).err(), Some(T::BROKEN), "{} bit {bit}", T::NAME);
        assert_ne!(forged.digest(), signed.digest());
    }
    for bit in 0..mark.as_bytes().len() * 8 {
        let mark = signature(&flipped(mark.as_bytes(), bit));
        let forged = Signed::<T>::from_parts(bytes.to_vec(), mark);
        assert_eq!(forged.verify(key).err(), Some(T::BROKEN), "{} signature {bit}", T::NAME);
    }
    for bit in 0..256 {
        let key = VerifyingKey::try_from(flipped(key.as_bytes(), bit).as_slice()).unwrap();
        assert_eq!(signed.verify(&key).err(), Some(T::BROKEN), "{} key {bit}", T::NAME);
    }
    (bytes.len() + mark.as_bytes().len() + 32) * 8
}

#[test]
fn random_mutants_of_statements_are_refused() {
    let deal = Deal::new();
    let mut rng = Seeded(seed());
    let mutants: usize = for_each_statement!(deal, refuses_mutants, &mut rng).into_iter().sum();
    did_from_seed("random mutants of statements refused", mutants);
}

/// Up to eight changes each: a byte set, put in, taken out, or a stretch doubled.
fn refuses_mutants<T: Statement>(
    signed: &Signed<T>,
    key: &VerifyingKey,
    rng: &mut Seeded,
) -> usize {
    let count = times(250);
    let mut below = |n: usize| (rand_core::Rng::next_u64(rng) % n as u64) as usize;
    for _ in 0..count {
        let mut bytes = [signed.bytes(), signed.signature().as_bytes()].concat();
        let before = bytes.clone();
        for _ in 0..=below(8) {
            let at = below(bytes.len());
            match below(4) {
                0 => bytes[at] = below(256) as u8,
                1 => bytes.insert(at, below(256) as u8),
                2 if bytes.len() > 70 => drop(bytes.remove(at)),
                _ => bytes.extend_from_within(at..bytes.len().min(at + 9)),
            }
        }
        let (body, mark) = bytes.split_at(bytes.len() - Signature::LEN);
        let mutant = Signed::<T>::from_parts(body.to_vec(), signature(mark));
        let is_same = bytes == before;
        assert_eq!(mutant.verify(key).is_ok(), is_same, "{}: {bytes:02x?}", T::NAME);
    }
    count as usize
}

#[test]
fn another_party_s_signature_is_refused() {
    let deal = Deal::new();
    let stranger = Party::new((), 77);
    for_each_statement!(deal, refuses_strangers, &stranger);
}

fn refuses_strangers<T: Statement>(signed: &Signed<T>, key: &VerifyingKey, by: &Party<()>) {
    assert_eq!(signed.verify(&by.key()).err(), Some(T::BROKEN), "{}", T::NAME);
    let forged = by.sign(&signing_input::<T>(signed.bytes()));
    let forged = Signed::<T>::from_parts(signed.bytes().to_vec(), forged);
    assert!(forged.verify(&by.key()).is_ok());
    assert_eq!(forged.verify(key).err(), Some(T::BROKEN), "{}", T::NAME);
}

#[test]
fn a_signature_under_another_version_purpose_or_role_is_refused() {
    let deal = Deal::new();
    let labels: Vec<String> = messages::all(&deal)
        .iter()
        .filter_map(|message| message.signed.as_ref().map(|form| form.label.clone()))
        .collect();
    assert_eq!(labels.len(), 21);
    for_each_statement!(deal, refuses_other_labels, &labels);
}

fn refuses_other_labels<T: Statement>(signed: &Signed<T>, _: &VerifyingKey, labels: &[String]) {
    let signer = Party::new((), 9);
    let own = String::from_utf8(signing_input::<T>(&[])).unwrap();
    let own = own.trim_end_matches('\0');
    let with = |label: &str, nul: &[u8]| {
        let input = [label.as_bytes(), nul, signed.bytes()].concat();
        Signed::<T>::from_parts(signed.bytes().to_vec(), signer.sign(&input)).verify(&signer.key())
    };
    assert!(with(own, &[0]).is_ok());
    let roles = ["shopper", "merchant", "relay", "agent", "bank", "anyone"];
    let turned = roles
        .iter()
        .flat_map(|from| roles.iter().map(move |to| format!("warifu/1 {} {from}>{to}", T::NAME)));
    let others = turned
        .chain(labels.iter().cloned())
        .chain(
            ["warifu/0", "warifu/2", "warifu/10", "Warifu/1", ""]
                .map(|v| own.replacen("warifu/1", v, 1)),
        )
        .chain([String::new(), own.to_uppercase(), format!("{own} ")])
        .filter(|label| label != own);
    for label in others {
        assert_eq!(with(&label, &[0]).err(), Some(T::BROKEN), "{own} as {label:?}");
    }
    for nul in [&[][..], &[1], &[0, 0], b" "] {
        assert_eq!(with(own, nul).err(), Some(T::BROKEN), "{own} with {nul:?}");
    }
}

#[test]
fn one_statement_s_bytes_and_signature_are_never_another_statement() {
    let deal = Deal::new();
    let all = messages::all(&deal);
    let statements: Vec<_> = all
        .iter()
        .filter_map(|message| message.signed.as_ref().map(|form| (message, form)))
        .collect();
    for (said, _) in &statements {
        let example = &said.examples[0];
        let signed = example.signed.as_ref().unwrap();
        let ring = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, signed.key);
        for (heard, form) in &statements {
            let input = (form.signing_input)(&example.bytes);
            let holds = ring.verify(&input, &signed.signature).is_ok();
            assert_eq!(holds, said.name == heard.name, "{} as {}", said.name, heard.name);
        }
    }
}

#[test]
fn a_signed_tally_with_any_other_bit_is_refused() {
    let tally = &examples::signed_tallies(&Deal::new())[0];
    let bytes = encode(tally);
    for bit in 0..bytes.len() * 8 {
        if let Ok(other) = decode::<SignedTally>(&flipped(&bytes, bit)) {
            assert_eq!(other.verify().err(), Some(Problem::TallyInvalid), "bit {bit}");
        }
    }
    did("single-bit flips of a signed tally refused", bytes.len() * 8);
}

#[test]
fn a_jws_with_any_other_bit_is_refused() {
    let deal = Deal::new();
    let keys = [deal.agent.key(), Party::new((), 50).key()];
    let jws = jws::sign(&examples::grant(&deal), &deal.agent);
    assert!(jws::verify(&jws, &keys).is_ok());
    for bit in 0..jws.len() * 8 {
        if let Ok(other) = String::from_utf8(flipped(jws.as_bytes(), bit)) {
            assert_eq!(jws::verify(&other, &keys).err(), Some(Problem::GrantInvalid), "bit {bit}");
        }
    }
    did("single-bit flips of a JWS refused", jws.len() * 8);
}

#[test]
fn the_two_forms_of_a_grant_do_not_lend_each_other_signatures() {
    let deal = Deal::new();
    let grant = examples::grant(&deal);
    let text = jws::sign(&grant, &deal.agent);
    let (input, mark) = text.rsplit_once('.').unwrap();
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mark = signature(&engine.decode(mark).unwrap());
    for bytes in [encode(&grant), input.as_bytes().to_vec()] {
        let lent = Signed::<Grant>::from_parts(bytes, mark);
        assert_eq!(lent.verify(&deal.agent.key()).err(), Some(Problem::GrantInvalid));
    }
    let own = Signed::sign(&grant, &deal.agent);
    let lent = format!("{input}.{}", engine.encode(own.signature().as_bytes()));
    assert_eq!(jws::verify(&lent, &[deal.agent.key()]).err(), Some(Problem::GrantInvalid));
}

#[test]
fn a_grant_request_with_any_other_bit_is_refused_by_the_agent() {
    let deal = Deal::new();
    let request = deal.split_and_seal().grant_request();
    assert!(agent_matches(&deal, &request, NOW).is_ok());
    let refused = sampled_flips(&encode(&request), |bytes| {
        decode::<GrantRequest>(bytes).map(|request| agent_matches(&deal, &request, NOW).err())
    });
    did("single-bit flips of a grant request refused", refused);
}

#[test]
fn an_order_submission_with_any_other_bit_is_refused_by_the_merchant() {
    let deal = Deal::new();
    let grant = examples::grant(&deal);
    let signed = GrantProof::Signed(Signed::sign(&grant, &deal.agent));
    let jws = GrantProof::Jws(jws::sign(&grant, &deal.agent));
    let mut refused = 0;
    for proof in [signed, jws] {
        let submission = deal.split_and_seal().order_submission(proof);
        assert!(merchant_redeems(&deal, &submission, NOW).is_ok());
        refused += sampled_flips(&encode(&submission), |bytes| {
            decode::<OrderSubmission>(bytes).map(|s| merchant_redeems(&deal, &s, NOW).err())
        });
    }
    did("single-bit flips of order submissions refused", refused);
}

/// Every bit of a big message is too many for every run: effort 23 tries them all.
fn sampled_flips(
    bytes: &[u8],
    judge: impl Fn(&[u8]) -> Result<Option<Problem>, DecodeError>,
) -> usize {
    let step = 23_u32.div_ceil(times(1)) as usize;
    let bits = (0..bytes.len() * 8).step_by(step);
    let count = bits.len();
    for bit in bits {
        let judged = judge(&flipped(bytes, bit));
        assert_ne!(judged, Ok(None), "bit {bit} of {} was let through", bytes.len() * 8);
    }
    count
}

#[test]
fn the_messages_of_these_tests_are_all_statements_there_are() {
    let deal = Deal::new();
    fn name<T: Statement>(_: &Signed<T>, _: &VerifyingKey, (): ()) -> &'static str {
        <T as Message>::NAME
    }
    let mut tried = for_each_statement!(deal, name, ());
    let mut all: Vec<_> =
        messages::all(&deal).iter().filter(|m| m.signed.is_some()).map(|m| m.name).collect();
    tried.sort_unstable();
    all.sort_unstable();
    assert_eq!(tried.to_vec(), all);
}
