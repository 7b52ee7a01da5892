//! The edges of time: the last moment at which each thing is good, and the first at which it is
//! not, with the minute that honest clocks may differ by where it counts.

use shared_protocol::{
    GRANT_LIFETIME, Grant, GrantProof, ORDER_IDLE, Problem, Signed, SignedTally, Span, Tally,
    Timestamp,
};

use crate::{
    examples,
    party::{Deal, NOW},
    sides::{agent_matches, merchant_redeems},
};

const MILLI: Span = Span::millis(1);
const MINUTE: Span = Span::secs(60);

/// Judges at each moment; `None` is "good".
fn edges(
    what: &str,
    judge: impl Fn(Timestamp) -> Option<Problem>,
    moments: &[(Timestamp, Option<Problem>)],
) {
    for (at, expected) in moments {
        let after = at.since(NOW).as_millis();
        assert_eq!(judge(*at), *expected, "{what}, {after} ms after now");
    }
}

#[test]
fn a_mark_is_good_from_a_minute_before_its_beginning_until_its_end() {
    let deal = Deal::new();
    let mark = deal.signed_mark.verify(&deal.agent.key()).unwrap();
    let expired = Some(Problem::MarkExpired);
    let (from, until) = (mark.valid_from, mark.valid_until);
    edges(
        "mark",
        |now| mark.check_valid(now).err(),
        &[
            (from.minus(MINUTE).minus(MILLI), expired),
            (from.minus(MINUTE), None),
            (from, None),
            (until.minus(MILLI), None),
            (until, expired),
            (until.plus(MINUTE), expired),
            (Timestamp::from_millis(i64::MIN), expired),
            (Timestamp::from_millis(i64::MAX), expired),
        ],
    );
}

#[test]
fn a_challenge_is_good_until_its_end() {
    let deal = Deal::new();
    let challenge = deal.signed_challenge.verify(&deal.agent.key()).unwrap();
    let end = NOW.plus(ORDER_IDLE);
    let expired = Some(Problem::ChallengeExpired);
    let moments =
        [(NOW, None), (end.minus(MILLI), None), (end, expired), (end.plus(MINUTE), expired)];
    edges("challenge", |now| challenge.check_fresh(now).err(), &moments);
    let request = deal.split_and_seal().grant_request();
    edges("granting", |now| agent_matches(&deal, &request, now).err(), &moments);
}

#[test]
fn a_tally_is_acted_on_until_its_end() {
    let deal = Deal::new();
    let end = NOW.plus(Span::minutes(5));
    let tally = Tally { expires: end, ..examples::tallies(&deal).remove(0) };
    let mut request = deal.split_and_seal().grant_request();
    request.tally =
        SignedTally { tally: Signed::sign(&tally, &deal.session), ..request.tally.clone() };
    let expired = Some(Problem::TallyExpired);
    edges(
        "tally",
        |now| agent_matches(&deal, &request, now).err(),
        &[(NOW, None), (end.minus(MILLI), None), (end, expired), (end.plus(MINUTE), expired)],
    );
}

#[test]
fn an_offer_is_taken_up_until_its_end() {
    let mut deal = Deal::new();
    let end = NOW.plus(Span::minutes(5));
    let mut offer = deal.signed_offer.claimed().unwrap();
    offer.expires = end;
    deal.signed_offer = Signed::sign(&offer, &deal.merchant);
    let request = deal.split_and_seal().grant_request();
    let expired = Some(Problem::OfferExpired);
    let moments = [(end.minus(MILLI), None), (end, expired), (end.plus(MINUTE), expired)];
    edges("offer", |now| deal.offer().check_open(now).err(), &moments);
    edges("granting", |now| agent_matches(&deal, &request, now).err(), &moments);
}

#[test]
fn a_grant_is_redeemed_within_a_minute_of_its_life() {
    let deal = Deal::new();
    let grant = examples::grant(&deal);
    let expired = Some(Problem::GrantExpired);
    let (from, until) = (NOW, NOW.plus(GRANT_LIFETIME));
    let redeem = |grant: &Grant, now| {
        let proof = GrantProof::Signed(Signed::sign(grant, &deal.agent));
        merchant_redeems(&deal, &deal.split_and_seal().order_submission(proof), now).err()
    };
    edges(
        "grant",
        |now| redeem(&grant, now),
        &[
            (from.minus(MINUTE).minus(MILLI), expired),
            (from.minus(MINUTE), None),
            (from, None),
            (until.minus(MILLI), None),
            (until, None),
            (until.plus(MINUTE).minus(MILLI), None),
            (until.plus(MINUTE), expired),
            (until.plus(Span::hours(24)), expired),
            (Timestamp::from_millis(i64::MIN), expired),
            (Timestamp::from_millis(i64::MAX), expired),
        ],
    );
    let forever = Grant { expires: Timestamp::from_millis(i64::MAX), ..grant.clone() };
    assert_eq!(redeem(&forever, NOW), None, "no moment overflows");
    let never = Grant { expires: Timestamp::from_millis(i64::MIN), ..grant };
    assert_eq!(redeem(&never, NOW), expired, "no moment underflows");
}

#[test]
fn a_split_s_tally_lasts_as_long_as_the_order_button_waits() {
    let tally = examples::tallies(&Deal::new()).remove(0);
    assert_eq!(tally.expires.since(NOW), ORDER_IDLE);
}

#[test]
fn time_saturates_at_its_ends_and_rounds_down_to_seconds() {
    let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    assert_eq!(last.plus(MILLI), last);
    assert_eq!(first.minus(MILLI), first);
    assert_eq!(first.since(last).as_millis(), i64::MIN);
    assert_eq!(last.since(first).as_millis(), i64::MAX);
    assert_eq!(Span::hours(i64::MAX).as_millis(), i64::MAX);
    for (millis, secs) in [(0, 0), (999, 0), (1000, 1), (-1, -1), (-1000, -1), (-1001, -2)] {
        assert_eq!(Timestamp::from_millis(millis).as_secs(), secs, "{millis}");
    }
}

#[test]
fn a_mark_s_origins_are_matched_letter_for_letter() {
    let mut deal = Deal::new();
    let mut mark = deal.signed_mark.claimed().unwrap();
    mark.origins = vec!["https://tea.example".into(), "http://127.0.0.1:8080".into()];
    deal.signed_mark = Signed::sign(&mark, &deal.agent);
    let mark = deal.signed_mark.verify(&deal.agent.key()).unwrap();
    for origin in ["https://tea.example", "http://127.0.0.1:8080"] {
        assert_eq!(mark.check_origin(origin), Ok(()), "{origin}");
    }
    let others = [
        "",
        "null",
        "http://tea.example",
        "https://tea.example/",
        "https://tea.example:443",
        "https://Tea.example",
        "https://tea.example.",
        "https://tea.example.evil.example",
        "https://evil.example?https://tea.example",
        "https://xn--ta-eka.example",
        "https://te\u{430}.example",
        "https://shop.tea.example",
        "https://tea.exampl",
        "http://127.0.0.1:80800",
        "http://localhost:8080",
        " https://tea.example",
        "data:text/html,",
        "blob:https://tea.example/1",
        "file://",
    ];
    for origin in others {
        let refused = Err(Problem::OriginNotRegistered);
        assert_eq!(mark.check_origin(origin), refused, "{origin:?}");
    }
}
