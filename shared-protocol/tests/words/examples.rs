//! Examples of every message: first the usual one, then those in which everything optional is
//! otherwise, and every variant occurs somewhere.

use shared_protocol::{
    Acceptance, Amount, BasisPoints, Challenge, ChallengeRequest, Channel, Claim, Confirmation,
    Credential, Date, DeliveryTerms, Deposit, Digest, Goods, Grant, GrantProof, GrantRequest,
    HandlingNumber, KeyList, ListedKey, Locale, Mailbox, MailboxEntry, MailboxVisit, Mark, Offer,
    OrderCheck, OrderSubmission, Outcome, PasskeyAssertion, PasskeyPart, PaymentHalf, Placement,
    PlacementAgreement, PlacementEnd, Plan, PlanClass, PlanInquiry, PlanQuote, PlanQuotes, Problem,
    PurchaseState, PurchaseStatus, QuantityLimits, Receipt, Redemption, Refund, Refusal, Relay,
    Remittance, Salt, SealContext, SettlementState, ShippingNotice, Signed, SignedTally, Span,
    Standing, Tally, Timestamp, Void, digest, jws,
};

use crate::party::{Deal, NOW, Party, Seeded, form, payee, purchase, yen};

pub fn marks(deal: &Deal) -> Vec<Mark> {
    let usual = deal.signed_mark.claimed().unwrap();
    let other = Mark {
        origins: vec!["https://tea.example".into(), "https://www.tea.example:8443".into()],
        relay: Some(Relay {
            url: "https://relay.tea.example".into(),
            sealing_key: deal.agent.opening.sealing_key(),
            or_direct: true,
        }),
        hand_over: Some("https://tea.example/order".into()),
        payee: None,
        serial: u64::MAX,
        valid_from: Timestamp::from_millis(-1),
        ..usual.clone()
    };
    vec![usual, other]
}

pub fn offers(deal: &Deal) -> Vec<Offer> {
    let usual = deal.signed_offer.claimed().unwrap();
    let other = Offer {
        item: "E-BOOK_2.1".parse().unwrap(),
        image: None,
        quantity: QuantityLimits { min: 1, max: u32::MAX },
        unit_price: Amount::new(1_234, "KWD".parse().unwrap()).unwrap(),
        tax_rate: BasisPoints(0),
        delivery: DeliveryTerms::Intangible,
        plans: PlanClass::ALL.to_vec(),
        ..usual.clone()
    };
    vec![usual, other]
}

pub fn challenge_requests(deal: &Deal) -> Vec<ChallengeRequest> {
    let merchant = deal.merchant.id.clone();
    vec![ChallengeRequest { merchant, purchase: purchase(42) }]
}

pub fn challenges(deal: &Deal) -> Vec<Challenge> {
    vec![deal.signed_challenge.claimed().unwrap()]
}

pub fn inquiries(deal: &Deal) -> Vec<PlanInquiry> {
    let merchant = deal.merchant.id.clone();
    vec![PlanInquiry { merchant, amount: yen(3850), accepted: PlanClass::ALL.to_vec() }]
}

/// One of each plan; the last at the end of what an amount may be.
pub fn quotes(deal: &Deal) -> Vec<PlanQuote> {
    let most = Amount::new(Amount::MINOR_MAX / 2, "KWD".parse().unwrap()).unwrap();
    vec![
        deal.quote(Plan::Instalments(3), yen(3850)),
        deal.quote(Plan::Single, yen(3850)),
        deal.quote(Plan::Revolving, yen(3850)),
        deal.quote(Plan::Bonus, yen(3850)),
        deal.quote(Plan::BonusInstalments(60), most),
    ]
}

pub fn quote_lists(deal: &Deal) -> Vec<PlanQuotes> {
    let signed = quotes(deal).into_iter().take(2).map(|quote| Signed::sign(&quote, &deal.agent));
    vec![PlanQuotes(signed.collect()), PlanQuotes(Vec::new())]
}

pub fn contexts(deal: &Deal) -> Vec<SealContext> {
    vec![deal.split_and_seal().context]
}

pub fn tallies(deal: &Deal) -> Vec<Tally> {
    let usual = deal.split_and_seal().grant_request().tally.tally.claimed().unwrap();
    let plan_classes = PlanClass::ALL.into_iter().skip(1);
    let others = plan_classes.map(|plan_class| Tally { plan_class, ..usual.clone() });
    core::iter::once(usual.clone()).chain(others).collect()
}

pub fn signed_tallies(deal: &Deal) -> Vec<SignedTally> {
    vec![deal.split_and_seal().grant_request().tally]
}

pub fn order_checks(deal: &Deal) -> Vec<OrderCheck> {
    vec![deal.split_and_seal().order_check()]
}

pub fn grant_requests(deal: &Deal) -> Vec<GrantRequest> {
    let by_passkey = deal.paid_by_passkey(&passkey_assertion());
    vec![deal.split_and_seal().grant_request(), by_passkey.grant_request()]
}

/// A Grant for the usual purchase, without the agent's checks.
pub fn grant(deal: &Deal) -> Grant {
    let request = deal.split_and_seal().grant_request();
    let payment = request.payment.open(&request.context().unwrap(), &deal.agent.opening).unwrap();
    let challenge = request.challenge.verify(&deal.agent.key()).unwrap();
    let tally = request.tally.verify().unwrap();
    deal.grant(&tally.match_payment(&payment, &challenge, &deal.agent.id, NOW).unwrap())
}

pub fn grants(deal: &Deal) -> Vec<Grant> {
    let usual = grant(deal);
    let other = Grant {
        handling_number: HandlingNumber::random(&mut Seeded(12)),
        amount: Amount::new(Amount::MINOR_MAX, "USD".parse().unwrap()).unwrap(),
        plan_class: PlanClass::BonusInstalments,
        provisional: false,
        issued: NOW.plus(Span::millis(1)),
        expires: Timestamp::from_millis(i64::MAX),
        ..usual.clone()
    };
    vec![usual, other]
}

pub fn order_submissions(deal: &Deal) -> Vec<OrderSubmission> {
    let grant = grant(deal);
    let signed = GrantProof::Signed(Signed::sign(&grant, &deal.agent));
    let jws = GrantProof::Jws(jws::sign(&grant, &deal.agent));
    let sealed = deal.split_and_seal();
    vec![sealed.order_submission(signed), sealed.order_submission(jws)]
}

pub fn acceptances(deal: &Deal) -> Vec<Acceptance> {
    let grant = grant(deal);
    vec![Acceptance {
        merchant: grant.merchant.clone(),
        agent: grant.agent.clone(),
        purchase: grant.purchase,
        handling_number: grant.handling_number,
        grant: Signed::sign(&grant, &deal.agent).digest(),
        amount: grant.amount,
        order_reference: "ord-000017".into(),
        accepted: NOW.plus(Span::secs(2)),
    }]
}

pub fn refusals(deal: &Deal) -> Vec<Refusal> {
    let refusal = |problem| Refusal {
        merchant: deal.merchant.id.clone(),
        agent: deal.agent.id.clone(),
        purchase: purchase(42),
        problem,
        refused: NOW.plus(Span::secs(2)),
    };
    vec![refusal(Problem::OutOfStock), refusal(Problem::Unavailable)]
}

pub fn confirmations(deal: &Deal) -> Vec<Confirmation> {
    let grant = grant(deal);
    let confirmation = |outcome, channel| Confirmation {
        agent: grant.agent.clone(),
        merchant: grant.merchant.clone(),
        purchase: grant.purchase,
        handling_number: grant.handling_number,
        outcome,
        channel,
        decided: NOW.plus(Span::hours(1)),
    };
    vec![
        confirmation(Outcome::Confirmed, Channel::Mail),
        confirmation(Outcome::Cancelled, Channel::Mail),
        confirmation(Outcome::Expired, Channel::Silence),
        confirmation(Outcome::Cancelled, Channel::Page),
        confirmation(Outcome::Confirmed, Channel::Passkey),
        confirmation(Outcome::Cancelled, Channel::Bank),
        confirmation(Outcome::Confirmed, Channel::Staff),
        confirmation(Outcome::Confirmed, Channel::Waived),
    ]
}

pub fn remittances(deal: &Deal) -> Vec<Remittance> {
    let grant = grant(deal);
    let remittance = |standing| Remittance {
        agent: grant.agent.clone(),
        merchant: grant.merchant.clone(),
        purchase: grant.purchase,
        amount: grant.amount,
        standing,
        at: NOW.plus(Span::hours(1)),
    };
    let day = Date::new(2026, 11, 25).unwrap();
    vec![
        remittance(Standing::Scheduled(day)),
        remittance(Standing::Received),
        remittance(Standing::NotReceived),
    ]
}

pub fn redemptions(deal: &Deal) -> Vec<Redemption> {
    let grant = grant(deal);
    vec![Redemption {
        merchant: grant.merchant.clone(),
        agent: grant.agent.clone(),
        redemption: "TEL-17".parse().unwrap(),
        handling_number: grant.handling_number,
        amount: grant.amount,
        redeemed: NOW,
    }]
}

pub fn purchase_statuses(deal: &Deal) -> Vec<PurchaseStatus> {
    let bare = |state| PurchaseStatus {
        purchase: purchase(42),
        state,
        grant: None,
        acceptance: None,
        confirmation: None,
        remittance: None,
    };
    let whole = PurchaseStatus {
        grant: Some(Signed::sign(&grant(deal), &deal.agent)),
        acceptance: Some(Signed::sign(&acceptances(deal)[0], &deal.merchant)),
        confirmation: Some(Signed::sign(&confirmations(deal)[0], &deal.agent)),
        remittance: Some(Signed::sign(&remittances(deal)[0], &deal.agent)),
        ..bare(PurchaseState::Confirmed)
    };
    let others = PurchaseState::ALL.into_iter().map(bare);
    core::iter::once(whole).chain(others).collect()
}

pub fn shipping_notices(deal: &Deal) -> Vec<ShippingNotice> {
    let Claim { merchant, agent, purchase, handling_number, .. } = claims(deal).remove(0);
    vec![ShippingNotice {
        merchant,
        agent,
        purchase,
        handling_number,
        shipment: "SHIP-1".parse().unwrap(),
        shipped: NOW.plus(Span::hours(30)),
    }]
}

/// The whole amount without a shipment, and a part of it for one.
pub fn claims(deal: &Deal) -> Vec<Claim> {
    let grant = grant(deal);
    let whole = Claim {
        merchant: grant.merchant.clone(),
        agent: grant.agent.clone(),
        purchase: grant.purchase,
        handling_number: grant.handling_number,
        claim: "claim-1".parse().unwrap(),
        amount: grant.amount,
        shipment: None,
        claimed: NOW.plus(Span::hours(31)),
    };
    let part = Claim {
        amount: yen(1),
        shipment: Some("SHIP-1".parse().unwrap()),
        claim: "c.2".parse().unwrap(),
        ..whole.clone()
    };
    vec![whole, part]
}

pub fn voids(deal: &Deal) -> Vec<Void> {
    let Claim { merchant, agent, purchase, handling_number, .. } = claims(deal).remove(0);
    vec![Void {
        merchant,
        agent,
        purchase,
        handling_number,
        void: "void_1".parse().unwrap(),
        amount: yen(3850),
        voided: NOW.plus(Span::hours(32)),
    }]
}

pub fn refunds(deal: &Deal) -> Vec<Refund> {
    let Claim { merchant, agent, purchase, handling_number, .. } = claims(deal).remove(0);
    vec![Refund {
        merchant,
        agent,
        purchase,
        handling_number,
        refund: "r1".parse().unwrap(),
        amount: yen(550),
        refunded: NOW.plus(Span::hours(33)),
    }]
}

/// One for every state.
pub fn receipts(deal: &Deal) -> Vec<Receipt> {
    let receipt = |(at, standing): (usize, SettlementState)| Receipt {
        agent: deal.agent.id.clone(),
        merchant: deal.merchant.id.clone(),
        purchase: purchase(42),
        word: Signed::sign(&claims(deal)[0], &deal.merchant).digest(),
        standing,
        granted: yen(3850),
        claimed: yen(3850),
        voided: yen(0),
        refunded: yen(550),
        entry: at as u64,
        journal: Digest::new([0x77; 32]),
        booked: NOW.plus(Span::hours(31)),
    };
    SettlementState::ALL.into_iter().enumerate().map(receipt).collect()
}

pub fn placements(deal: &Deal) -> Vec<Placement> {
    let usual = Placement {
        agent: deal.agent.id.clone(),
        seller: deal.merchant.id.clone(),
        host: "mrc_host".parse().unwrap(),
        origins: vec!["https://host.example".into()],
        items: vec![],
        valid_from: NOW.minus(Span::hours(1)),
        valid_until: NOW.plus(Span::hours(24 * 90)),
    };
    let other = Placement {
        origins: vec!["https://host.example".into(), "http://127.0.0.1:8080".into()],
        items: vec!["TEAPOT-01".parse().unwrap(), "E-BOOK_2.1".parse().unwrap()],
        ..usual.clone()
    };
    vec![usual, other]
}

/// Signed by a host whose key is made of sevens.
pub fn agreements(deal: &Deal) -> Vec<PlacementAgreement> {
    let host = Party::new((), 7);
    let both = |placement: &Placement| PlacementAgreement {
        placement: Signed::sign(placement, &deal.merchant),
        host: *Signed::sign(placement, &host).signature(),
    };
    placements(deal).iter().map(both).collect()
}

pub fn placement_ends(deal: &Deal) -> Vec<PlacementEnd> {
    vec![PlacementEnd {
        agent: deal.agent.id.clone(),
        merchant: deal.merchant.id.clone(),
        placement: agreements(deal)[0].placement.digest(),
        ended: NOW,
    }]
}

pub fn deposits(deal: &Deal) -> Vec<Deposit> {
    let grant = grant(deal);
    vec![Deposit {
        agent: grant.agent.clone(),
        merchant: grant.merchant.clone(),
        purchase: grant.purchase,
        handling_number: grant.handling_number,
        grant: Signed::sign(&grant, &deal.agent).digest(),
        deadline: NOW.plus(Span::hours(48)),
        deposited: NOW,
    }]
}

pub fn visits(deal: &Deal) -> Vec<MailboxVisit> {
    let (merchant, agent) = (deal.merchant.id.clone(), deal.agent.id.clone());
    let all = MailboxVisit { merchant, agent, purchase: None, after: 0, visited: NOW };
    let one = MailboxVisit { purchase: Some(purchase(42)), after: 300, ..all.clone() };
    vec![all, one]
}

pub fn mailbox_entries(deal: &Deal) -> Vec<MailboxEntry> {
    let entry = |(at, submission)| MailboxEntry {
        number: at as u64 + 1,
        state: PurchaseState::Granted,
        deposited: NOW,
        submission,
    };
    order_submissions(deal).into_iter().enumerate().map(entry).collect()
}

pub fn mailboxes(deal: &Deal) -> Vec<Mailbox> {
    vec![Mailbox { entries: mailbox_entries(deal) }, Mailbox { entries: vec![] }]
}

/// One key that signs; two while they rotate.
pub fn key_lists(deal: &Deal) -> Vec<KeyList> {
    let agent = deal.agent.id.clone();
    let listed = |key, until| ListedKey { key, from: NOW, until };
    let (now, before) = (deal.agent.key(), deal.merchant.key());
    let one = vec![listed(now, None)];
    let two = vec![listed(now, None), listed(before, Some(NOW.plus(Span::hours(72))))];
    [one, two].map(|keys| KeyList { agent: agent.clone(), keys, listed: NOW }).into()
}

/// A passkey's word, of the lengths that are usual.
pub fn passkey_assertion() -> PasskeyAssertion {
    let part = |byte, length| PasskeyPart::new(vec![byte; length]);
    PasskeyAssertion {
        credential_id: part(1, 32),
        authenticator_data: part(2, 37),
        client_data: part(3, 180),
        signature: part(4, 71),
        user_handle: part(5, 32),
    }
}

/// Payment halves with every kind of plan; the second names its Offer only by digest, the third
/// is paid by a passkey.
pub fn payment_halves(deal: &Deal) -> Vec<PaymentHalf> {
    let plans = [
        Plan::Single,
        Plan::Instalments(12),
        Plan::Revolving,
        Plan::Bonus,
        Plan::BonusInstalments(60),
        Plan::Transfer,
    ];
    let form = form();
    let half = |(at, plan): (usize, Plan)| PaymentHalf {
        purchase: purchase(42),
        goods: match at {
            1 => Goods::Digest(an_offer_digest(deal)),
            _ => Goods::Offer(deal.signed_offer.clone()),
        },
        quantity: form.quantity,
        credential: match at {
            2 => Credential::Passkey,
            _ => form.credential.clone(),
        },
        plan,
        quote: plan.is_quoted().then(|| Signed::sign(&deal.quote(plan, yen(3850)), &deal.agent)),
        payee: (plan == Plan::Transfer).then(payee),
        locale: Locale::ALL[at % 2],
        salt: Salt::new([0xa5; 32]),
    };
    plans.into_iter().enumerate().map(half).collect()
}

fn an_offer_digest(deal: &Deal) -> Digest {
    digest("offer", deal.signed_offer.bytes())
}
