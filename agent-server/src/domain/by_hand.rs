//! Numbers to be read out (prior art (5), ¶18–22): for telephone and paper orders, and shops with
//! no script at all. The shopper asks for one, signed in and with their code, for one shop and one
//! amount; the shop hands it in with its own signature and gets the Grant that it stands for.

use ring::signature::{Ed25519KeyPair, KeyPair as _};
use shared_protocol::{
    Amount, Digest, Grant, HandlingNumber, Locale, Localized, MerchantId, Plan, PlanClass, Problem,
    PurchaseId, PurchaseState, Redemption, Reference, SecurityCode, Signature, Signed, SignedTally,
    Signer, Span, Tally, Timestamp, VerifyingKey, digest, encode,
};

use super::{
    Merchant, Purchase, Unasked,
    account::Account,
    contract::{Ask, Payer},
    day,
    grant::{by_code, request_digest},
    network::Network,
    purchase::redeemable_until,
    turn::why_not,
    unavailable,
};
use crate::{
    app::App,
    entropy::Entropy,
    guard::Trial,
    store::{Filing, Promise},
};

/// What a shopper asks a number for.
pub struct Wish {
    /// To whom it is read out.
    pub merchant: MerchantId,
    /// What the shop wants.
    pub amount: Amount,
    /// The language of the letters.
    pub locale: Locale,
}

/// A number that waits, as the database has it.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The purchase that it names.
    pub purchase: Purchase,
    /// Under which name the merchant has handed it in.
    pub redemption: Option<Reference>,
}

impl Waiting {
    /// The Grant for a merchant that hands the number in, if it is theirs to have.
    ///
    /// # Errors
    /// In order of precedence: [`Problem::NumberUnknown`], [`Problem::AmountMismatch`],
    /// [`Problem::GrantUsed`], why the purchase is over, [`Problem::GrantExpired`].
    pub fn check(&self, said: &Redemption, now: Timestamp) -> Result<Signed<Grant>, Problem> {
        if self.purchase.merchant != said.merchant {
            return Err(Problem::NumberUnknown);
        }
        if self.purchase.amount != said.amount {
            return Err(Problem::AmountMismatch);
        }
        let grant = self.purchase.grant.clone().ok_or(Problem::NumberUnknown)?;
        match &self.redemption {
            Some(before) if *before == said.redemption => Ok(grant),
            Some(_) => Err(Problem::GrantUsed),
            None if self.purchase.state == PurchaseState::Expired => Err(Problem::GrantExpired),
            None if self.purchase.state != PurchaseState::Granted => {
                Err(why_not(self.purchase.state))
            }
            None if now >= grant.claimed()?.expires => Err(Problem::GrantExpired),
            None => Ok(grant),
        }
    }
}

/// The key that signs the tally in the shopper's stead: they are on our own page, and sign nothing
/// themselves. It is forgotten at once.
struct PageKey(Ed25519KeyPair);

impl PageKey {
    fn random(entropy: &Entropy) -> Result<Self, Problem> {
        let key = Ed25519KeyPair::from_pkcs8(&entropy.signing_key());
        key.map(Self).map_err(|_| Problem::Unavailable)
    }
}

impl Signer for PageKey {
    fn sign(&self, message: &[u8]) -> Signature {
        Signature::try_from(self.0.sign(message).as_ref()).expect("Ed25519 signs 64 bytes")
    }

    fn verifying_key(&self) -> VerifyingKey {
        let key = VerifyingKey::try_from(self.0.public_key().as_ref());
        key.expect("Ed25519 keys have 32 bytes")
    }
}

/// Gives out a number, and holds the amount of the contract for it.
///
/// # Errors
/// [`Problem::TooManyNumbers`], [`Problem::PlanNotAccepted`], those of the merchant, the code and
/// the contract, [`Problem::TooManyRequests`], [`Problem::Unavailable`].
pub async fn give(
    app: &App,
    account: &Account,
    wish: Wish,
    network: Network,
    code: SecurityCode,
) -> Result<HandlingNumber, Problem> {
    let now = app.clock.now();
    let merchant = app.merchants.get(&wish.merchant, now).await?;
    merchant.check_in_force(now)?;
    let trial = Trial::PageCode(network);
    app.guard.check(&trial, now)?;
    let open = app.store.open_numbers(account.facts.id).await.map_err(unavailable)?;
    if open >= OPEN_MAX {
        return Err(Problem::TooManyNumbers);
    }
    let typed = (&account.number(app)?, &code);
    let (payer, renewal) = by_code(app, typed, Some(account.facts.code_hash.clone())).await;
    let filing = file(app, &merchant, &wish, payer, now)?;
    let granted = app.store.file(filing).await.map_err(unavailable)?;
    if matches!(granted, Err(Problem::ContractNotRecognised | Problem::ContractLocked)) {
        app.guard.count(&trial, now);
    }
    if let (Ok(_), Some(renewal)) = (&granted, renewal) {
        renewal.carry_out(app).await;
    }
    Ok(granted?.claimed()?.handling_number)
}

/// Hands a number in.
///
/// # Errors
/// [`Problem::UnknownMerchant`], [`Problem::SettlementInvalid`] if it is not the merchant's word
/// to us, those of [`Waiting::check`], [`Problem::TooManyRequests`] after too many that were
/// wrong, [`Problem::Unavailable`].
pub async fn redeem(app: &App, signed: &Signed<Redemption>) -> Result<Signed<Grant>, Problem> {
    let now = app.clock.now();
    let merchant = app.merchants.get(&signed.claimed()?.merchant, now).await?;
    let said = merchant.believe(signed, now)?;
    if said.agent != app.config.agent_id {
        return Err(Problem::SettlementInvalid);
    }
    merchant.check_in_force(now)?;
    let trial = Trial::Number(merchant.id.clone());
    app.guard.check(&trial, now)?;
    let known = app.store.waiting(&said.handling_number).await.map_err(unavailable)?;
    let grant = known.as_ref().map_or(Err(Problem::NumberUnknown), |w| w.check(&said, now));
    if matches!(grant, Err(Problem::NumberUnknown | Problem::AmountMismatch)) {
        app.guard.count(&trial, now);
    }
    let (grant, Some(known)) = (grant?, known) else { return Err(Problem::NumberUnknown) };
    let (row, name) = (known.purchase.row, said.redemption.clone());
    let is_ours = app.store.redeem(row, name, now).await.map_err(unavailable)?;
    if is_ours { Ok(grant) } else { Err(Problem::GrantUsed) }
}

/// The purchase behind a number: what a browser would have signed, signed for this one page.
fn file(
    app: &App,
    merchant: &Merchant,
    wish: &Wish,
    payer: Payer,
    now: Timestamp,
) -> Result<Filing, Problem> {
    if !merchant.plans.contains(&PlanClass::Single) {
        return Err(Problem::PlanNotAccepted);
    }
    let bill = app.plans.bill(Plan::Single, wish.amount, now)?;
    let lifetime = app.config.by_hand_lifetime();
    let (tally, grant) = words(app, merchant, wish, now, lifetime)?;
    let total = bill.total;
    Ok(Filing {
        purchase: grant.purchase,
        request_digest: request_digest(&encode(&tally)),
        merchant: merchant.id.clone(),
        amount: wish.amount,
        quantity: 1,
        item: Localized::default(),
        locale: wish.locale,
        unasked: Some(Unasked::ByHand),
        tally,
        order: None,
        promise: Ok(Promise {
            handling_number: grant.handling_number,
            deadline: redeemable_until(&grant),
            grant: Signed::sign(&grant, &app.keys),
            bill,
            quote: None,
        }),
        ask: Ask { payer, amount: total, plan_class: PlanClass::Single, payee: None },
        day: day::began(now, &app.config.zone()),
        now,
    })
}

/// Tally and Grant of a purchase without envelopes: there is nothing in it that one of both must
/// not see, and the order itself is spoken or written on paper.
fn words(
    app: &App,
    merchant: &Merchant,
    wish: &Wish,
    now: Timestamp,
    lifetime: Span,
) -> Result<(SignedTally, Grant), Problem> {
    let mut rng = app.entropy.clone();
    let purchase = PurchaseId::random(&mut rng);
    let nothing = |what: &str| -> Digest { digest(what, purchase.as_bytes()) };
    let issued = Timestamp::from_millis(now.as_secs() * 1000);
    let tally = Tally {
        purchase,
        challenge: nothing("by-hand-challenge"),
        agent: app.config.agent_id.clone(),
        merchant: merchant.id.clone(),
        order: nothing("by-hand-order"),
        payment: nothing("by-hand-payment"),
        offer: nothing("by-hand-offer"),
        amount: wish.amount,
        plan_class: PlanClass::Single,
        expires: issued.plus(lifetime),
    };
    let key = PageKey::random(&app.entropy)?;
    let signed = Signed::sign(&tally, &key);
    let session_key = key.verifying_key();
    let grant = Grant {
        agent: tally.agent,
        merchant: tally.merchant,
        handling_number: HandlingNumber::random(&mut rng),
        purchase,
        order: tally.order,
        offer: tally.offer,
        tally: signed.digest(),
        amount: tally.amount,
        plan_class: tally.plan_class,
        session_key,
        provisional: false,
        issued,
        expires: tally.expires,
    };
    Ok((SignedTally { tally: signed, session_key }, grant))
}

/// So many numbers of one contract may wait at the same time.
const OPEN_MAX: u32 = 5;
