//! One purchase through the words alone: split, seal, open, match, grant, redeem, as both sides do.

mod party;

use party::{Deal, NOW};
use shared_protocol::{Credential, Delivery, GrantProof, MyOrder, Problem, Signed, jws};

#[test]
fn the_two_halves_meet_again_only_through_the_tally() {
    let deal = Deal::new();
    let sealed = deal.split_and_seal();

    let request = sealed.grant_request();
    let payment = request.payment.open(&request.context().unwrap(), &deal.agent.opening).unwrap();
    let Credential::Code { contract, .. } = &payment.credential else { panic!("no number") };
    assert_eq!(contract.expose(), "C900000000001");
    let challenge = request.challenge.verify(&deal.agent.key()).unwrap();
    let matched = request
        .tally
        .verify()
        .unwrap()
        .match_payment(&payment, &challenge, &deal.agent.id, NOW)
        .unwrap();
    matched.check_offer(&deal.offer(), payment.quantity, NOW).unwrap();

    let grant = deal.grant(&matched);
    let submission = sealed.order_submission(GrantProof::Signed(Signed::sign(&grant, &deal.agent)));
    let half = submission.order.open(&sealed.context, &deal.merchant.opening).unwrap();
    assert!(matches!(&half.delivery, Delivery::Physical(a) if a.line1.expose() == "銀座1-2-3"));

    for proof in [submission.grant.clone(), GrantProof::Jws(jws::sign(&grant, &deal.agent))] {
        let verified = match proof {
            GrantProof::Signed(signed) => signed.verify(&deal.agent.key()).unwrap(),
            GrantProof::Jws(jws) => jws::verify(&jws, &[deal.agent.key()]).unwrap(),
        };
        let order = MyOrder {
            merchant: &deal.merchant.id,
            agent: &deal.agent.id,
            half: &half,
            offer: &deal.offer(),
            tally: &submission.tally,
        };
        let redeemable = verified.redeem(&order, NOW).unwrap();
        assert_eq!(redeemable.handling_number, grant.handling_number);
        assert_eq!(redeemable.digest(), Signed::sign(&grant, &deal.agent).digest());
    }
}

#[test]
fn a_half_opened_for_another_purchase_is_refused() {
    let deal = Deal::new();
    let sealed = deal.split_and_seal();
    let mut context = sealed.context.clone();
    context.purchase = party::purchase(99);
    let opened = sealed.order_submission(GrantProof::Jws(String::new())).order;
    assert_eq!(opened.open(&context, &deal.merchant.opening).err(), Some(Problem::EnvelopeInvalid));
}
