//! A number that was read out to the shop, by telephone or on paper (prior art (5)): handed in to
//! the agent, and its Grant accepted as any other. Nobody but the shop knows what was ordered.

use shared_protocol::{
    Acceptance, Amount, Grant, HandlingNumber, ItemId, Locale, Problem, PurchaseEvent,
    PurchaseState, Redemption, Reference, Signed, Timestamp, Verified, encode,
};

use super::{Failure, GrantForm, NewDeal, Order, Shop};
use crate::store::{Fault, ParcelKind, Store};

/// What the shop was told, and what it calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The number.
    pub number: HandlingNumber,
    /// What it asks for.
    pub amount: Amount,
    /// The shop's own name for the order; the same number is handed in under it once.
    pub reference: Reference,
}

impl Told {
    /// As the agent is told.
    pub fn sign(&self, shop: &Shop, now: Timestamp) -> Signed<Redemption> {
        let said = Redemption {
            merchant: shop.merchant.clone(),
            agent: shop.agent.agent.clone(),
            redemption: self.reference.clone(),
            handling_number: self.number,
            amount: self.amount,
            redeemed: now,
        };
        Signed::sign(&said, &shop.keys)
    }

    /// Believes a Grant that is the agent's and for just this.
    ///
    /// # Errors
    /// [`Problem::GrantInvalid`].
    pub fn believe(&self, shop: &Shop, grant: &Signed<Grant>) -> Result<Verified<Grant>, Failure> {
        let grant = shop.believe(grant)?;
        let is_ours = grant.merchant == shop.merchant
            && grant.agent == shop.agent.agent
            && grant.handling_number == self.number
            && grant.amount == self.amount
            && !grant.provisional;
        if is_ours { Ok(grant) } else { Err(Problem::GrantInvalid.into()) }
    }

    /// Writes the order down and accepts it; the same again finds what was written.
    ///
    /// # Errors
    /// [`Problem::GrantInvalid`], [`Problem::PurchaseConflict`] if the reference is another
    /// order's.
    pub async fn take(
        &self,
        shop: &Shop,
        store: &Store,
        signed: &Signed<Grant>,
        now: Timestamp,
    ) -> Result<Order, Failure> {
        let grant = self.believe(shop, signed)?;
        let mut tx = store.begin("take_by_hand", now).await?;
        let Some(id) = tx.claim(&self.deal(shop, &grant, signed)).await? else {
            tx.rollback().await?;
            let known = store.order(grant.purchase).await?;
            return known.ok_or(Failure::Problem(Problem::PurchaseConflict));
        };
        let acceptance = Acceptance {
            merchant: shop.merchant.clone(),
            agent: grant.agent.clone(),
            purchase: grant.purchase,
            handling_number: grant.handling_number,
            grant: grant.digest(),
            amount: grant.amount,
            order_reference: self.reference.to_string(),
            accepted: now,
        };
        let acceptance = encode(&Signed::sign(&acceptance, &shop.keys));
        let ask_at = now.plus(shop.ask_after);
        tx.record_acceptance(id, self.reference.as_str(), &acceptance, ask_at).await?;
        tx.post(id, ParcelKind::Acceptance).await?;
        let (from, to) = (PurchaseState::Accepted, PurchaseState::Confirmed);
        tx.record_outcome(id, from, PurchaseEvent::ShopperConfirmed, to, None).await?;
        tx.commit().await?;
        let order = store.order(grant.purchase).await?;
        order.ok_or(Fault::Damaged("orders").into())
    }

    fn deal(&self, shop: &Shop, grant: &Verified<Grant>, signed: &Signed<Grant>) -> NewDeal {
        let item: ItemId = BY_HAND.parse().expect("a name of ours is one");
        NewDeal {
            purchase: grant.purchase,
            handling_number: grant.handling_number,
            // Not of what came, but of what was asked for: the same again is the same.
            submission: self.sign(shop, grant.issued).digest(),
            offer: grant.offer,
            item,
            quantity: 1,
            amount: grant.amount,
            plan_class: grant.plan_class,
            locale: Locale::default(),
            grant_form: GrantForm::Signed,
            grant_proof: encode(signed),
            grant_digest: grant.digest(),
            tally: Vec::new(),
        }
    }
}

/// What stands where a catalogue's item stands.
const BY_HAND: &str = "BY-HAND";
