//! Taking an order (steps 61–62): the Grant is compared with the order field by field, consumed
//! once, and answered with a signed Acceptance, or with a signed Refusal if it cannot be filled.

use jiff::Timestamp as Moment;
use shared_protocol::{
    Acceptance, Grant, GrantProof, MyOrder, OrderSubmission, Problem, PurchaseEvent, PurchaseId,
    PurchaseState, RedeemableGrant, Refusal, Signed, Timestamp, Verified, digest, encode, jws,
};

use super::fields::wrong_fields;
use super::open::{OpenedOrder, open};
use super::{Failure, GrantForm, NewDeal, Order, OrderId, Shop};
use crate::catalogue::{Catalogue, Item};
use crate::store::{Fault, ParcelKind, Store, Tx};

/// Takes or refuses an order. `came` is the submission as it came, byte for byte. The same bytes
/// get the same answer whenever they come; the answer is an encoded `Signed<Acceptance>`.
///
/// # Errors
/// [`Failure::Refused`] if it was refused for good; [`Problem::PurchaseConflict`],
/// [`Problem::PurchaseClosed`], [`Problem::GrantUsed`] if it comes too late; those of opening the
/// envelope and of `Verified<Grant>::redeem`, after which nothing has changed.
pub async fn accept(
    shop: &Shop,
    store: &Store,
    catalogue: &Catalogue,
    purchase: PurchaseId,
    came: (&[u8], &OrderSubmission),
    now: Timestamp,
) -> Result<Vec<u8>, Failure> {
    decide(shop, store, (catalogue, None), purchase, came, now).await
}

/// Refuses an order for this reason, as `accept` does where it cannot be filled: for a seller who
/// reads orders before taking them.
///
/// # Errors
/// As [`accept`]; [`Problem::PurchaseClosed`] if it was taken before.
pub async fn refuse(
    shop: &Shop,
    store: &Store,
    (catalogue, reason): (&Catalogue, Problem),
    purchase: PurchaseId,
    came: (&[u8], &OrderSubmission),
    now: Timestamp,
) -> Result<(), Failure> {
    match decide(shop, store, (catalogue, Some(reason)), purchase, came, now).await {
        Err(Failure::Refused(_)) => Ok(()),
        Err(failure) => Err(failure),
        Ok(_) => Err(Problem::PurchaseClosed.into()),
    }
}

async fn decide(
    shop: &Shop,
    store: &Store,
    (catalogue, refusal): (&Catalogue, Option<Problem>),
    purchase: PurchaseId,
    came: (&[u8], &OrderSubmission),
    now: Timestamp,
) -> Result<Vec<u8>, Failure> {
    let (bytes, submission) = came;
    let submitted = digest("order-submission", bytes);
    if let Some(order) = store.order(purchase).await? {
        return answer_again(order, submitted);
    }
    let context = submission.context()?;
    let order = open(shop, store, purchase, &context, &submission.order).await?;
    let grant = believe_grant(shop, &submission.grant)?;
    // What was decided before a backup was brought back is not known any more: perhaps it was
    // taken already.
    if grant.issued <= shop.restored {
        return Err(Problem::GrantExpired.into());
    }
    let mine = MyOrder {
        merchant: &shop.merchant,
        agent: &shop.agent.agent,
        half: order.half(),
        offer: order.offer(),
        tally: &submission.tally,
    };
    let grant = grant.redeem(&mine, now)?;
    let deal = new_deal(&order, &grant, submission, submitted);
    let taking = Taking { shop, order: &order, grant: &grant, refusal, now };
    match taking.consume(store, catalogue, &deal).await? {
        Consumed::Taken(acceptance) => Ok(acceptance),
        Consumed::Refused(cause) => Err(Failure::Refused(cause)),
        Consumed::TooLate => match store.order(purchase).await? {
            Some(order) => answer_again(order, submitted),
            None => Err(Problem::GrantUsed.into()),
        },
    }
}

/// What was said the first time.
fn answer_again(order: Order, submitted: shared_protocol::Digest) -> Result<Vec<u8>, Failure> {
    let deal = order.deal.ok_or(Problem::PurchaseClosed)?;
    if deal.submission != submitted {
        return Err(Problem::PurchaseConflict.into());
    }
    match (deal.acceptance, deal.refusal) {
        (Some(acceptance), _) => Ok(acceptance),
        (None, Some(refusal)) => {
            let refusal: Signed<Refusal> =
                shared_protocol::decode(&refusal).map_err(|_| Fault::Damaged("refusal"))?;
            Err(Failure::Refused(refusal.claimed()?.problem))
        }
        (None, None) => Err(Fault::Damaged("acceptance").into()),
    }
}

fn believe_grant(shop: &Shop, proof: &GrantProof) -> Result<Verified<Grant>, Failure> {
    match proof {
        GrantProof::Signed(grant) => shop.believe(grant),
        GrantProof::Jws(jws) => Ok(jws::verify(jws, &shop.agent_keys())?),
    }
}

fn new_deal(
    order: &OpenedOrder,
    grant: &RedeemableGrant,
    submission: &OrderSubmission,
    submitted: shared_protocol::Digest,
) -> NewDeal {
    let (grant_form, grant_proof) = match &submission.grant {
        GrantProof::Signed(grant) => (GrantForm::Signed, encode(grant)),
        GrantProof::Jws(jws) => (GrantForm::Jws, jws.clone().into_bytes()),
    };
    NewDeal {
        purchase: grant.purchase,
        handling_number: grant.handling_number,
        submission: submitted,
        offer: grant.offer,
        item: order.offer().item.clone(),
        quantity: order.half().quantity,
        amount: grant.amount,
        plan_class: grant.plan_class,
        locale: order.half().locale,
        grant_form,
        grant_proof,
        grant_digest: grant.digest(),
        tally: encode(&submission.tally),
    }
}

enum Consumed {
    Taken(Vec<u8>),
    Refused(Problem),
    TooLate,
}

/// A redeemable Grant and the order that it is for, about to be consumed.
struct Taking<'a> {
    shop: &'a Shop,
    order: &'a OpenedOrder,
    grant: &'a RedeemableGrant,
    /// Why it is refused whatever is in stock, if it is.
    refusal: Option<Problem>,
    now: Timestamp,
}

impl Taking<'_> {
    /// Consumes the Grant and writes down everything that follows from it, or nothing.
    async fn consume(
        &self,
        store: &Store,
        catalogue: &Catalogue,
        deal: &NewDeal,
    ) -> Result<Consumed, Failure> {
        let item = self.sellable(catalogue);
        let mut tx = store.begin("accept_order", self.now).await?;
        let Some(id) = tx.claim(deal).await? else {
            tx.rollback().await?;
            return Ok(Consumed::TooLate);
        };
        let in_stock = match item {
            Ok(item) => match tx.take_stock(&deal.item, deal.quantity, item.in_all()).await? {
                true => Ok(()),
                false => Err(Problem::OutOfStock),
            },
            Err(problem) => Err(problem),
        };
        let consumed = match in_stock {
            Ok(()) => Consumed::Taken(self.take(&mut tx, id).await?),
            Err(problem) => self.refuse(&mut tx, id, problem).await?,
        };
        tx.commit().await?;
        Ok(consumed)
    }

    /// What makes the shop refuse whatever the stock: the browser was asked to check these first,
    /// so only a browser that did not, or a shop that changed its mind meanwhile, comes to this.
    fn sellable<'c>(&self, catalogue: &'c Catalogue) -> Result<&'c Item, Problem> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        // An Offer taken up in time is honoured: what counts is when the agent granted it.
        self.order.offer().check_open(self.grant.issued)?;
        if !wrong_fields(self.order.half()).is_empty() {
            return Err(Problem::FieldInvalid);
        }
        catalogue.item(&self.order.offer().item).ok_or(Problem::UnknownItem)
    }

    async fn take(&self, tx: &mut Tx<'_>, id: OrderId) -> Result<Vec<u8>, Failure> {
        let reference = self.next_reference(tx).await?;
        let grant = self.grant;
        let acceptance = Acceptance {
            merchant: self.shop.merchant.clone(),
            agent: grant.agent.clone(),
            purchase: grant.purchase,
            handling_number: grant.handling_number,
            grant: grant.digest(),
            amount: grant.amount,
            order_reference: reference.clone(),
            accepted: self.now,
        };
        let signed = encode(&Signed::sign(&acceptance, self.order.pair()));
        let ask_at = self.now.plus(self.shop.ask_after);
        tx.record_acceptance(id, &reference, &signed, ask_at).await?;
        tx.keep_delivery(id, self.order.half()).await?;
        tx.post(id, ParcelKind::Acceptance).await?;
        if !grant.provisional {
            // The shopper's passkey signed the tally: there is no consent to wait for (¶61).
            let (from, to) = (PurchaseState::Accepted, PurchaseState::Confirmed);
            tx.record_outcome(id, from, PurchaseEvent::ShopperConfirmed, to, None).await?;
        }
        Ok(signed)
    }

    async fn refuse(
        &self,
        tx: &mut Tx<'_>,
        id: OrderId,
        problem: Problem,
    ) -> Result<Consumed, Failure> {
        let refusal = Refusal {
            merchant: self.shop.merchant.clone(),
            agent: self.grant.agent.clone(),
            purchase: self.grant.purchase,
            problem,
            refused: self.now,
        };
        let signed = encode(&Signed::sign(&refusal, self.order.pair()));
        tx.record_refusal(id, &signed).await?;
        tx.post(id, ParcelKind::Refusal).await?;
        Ok(Consumed::Refused(problem))
    }

    /// `Y-20261122-0001`: the shop's day, and a count of its orders.
    async fn next_reference(&self, tx: &mut Tx<'_>) -> Result<String, Failure> {
        let moment = Moment::from_millisecond(self.now.as_millis()).unwrap_or(Moment::UNIX_EPOCH);
        let day = moment.to_zoned(self.shop.time_zone.clone()).strftime("%Y%m%d").to_string();
        let count = tx.count_order_of(&day).await?;
        Ok(format!("{}-{day}-{count:04}", self.shop.order_prefix))
    }
}
