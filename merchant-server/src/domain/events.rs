//! Hearing what became of the shopper's consent (steps 64–65, ¶60): pushed by the agent, or asked
//! of it. Each word acts once; words out of order do no harm.

use shared_protocol::{
    Channel, Confirmation, Outcome, Problem, PurchaseEvent, PurchaseId, PurchaseState, Signed,
    Timestamp, Verified, encode,
};

use super::{Failure, Order, Shop};
use crate::store::{Store, Tx};

/// Something that the agent tells about a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The agent's name for this notification.
    pub id: String,
    /// About this purchase.
    pub purchase: PurchaseId,
    /// 1, 2, 3 … of this purchase.
    pub sequence: u32,
    /// What.
    pub kind: NotificationKind,
}

/// What the agent tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotificationKind {
    /// Something happened; consent is decided, and this is the agent's signed word, as asked for.
    Decided(Signed<Confirmation>),
    /// Something happened; of consent there is no word yet.
    Told,
    /// The Grant was not redeemed in time, as far as the agent knows.
    Lapsed,
}

/// How the purchase stands after something was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its state here.
    pub state: PurchaseState,
    /// This shop's signed Acceptance, if it took the order.
    pub acceptance: Option<Vec<u8>>,
}

/// Acts on a notification whose webhook signature held. What it announced has been asked of the
/// agent since, so that it says how things stand however late it comes; `None`: nothing here.
///
/// # Errors
/// [`Problem::ConfirmationInvalid`] if the word in it is not the agent's or not about this;
/// [`Problem::PurchaseUnknown`] if an order is confirmed that never came;
/// [`Problem::PurchaseConflict`] if the agent said otherwise before. Nothing has changed then.
pub async fn hear(
    shop: &Shop,
    store: &Store,
    notification: Notification,
    now: Timestamp,
) -> Result<Option<Heard>, Failure> {
    let Notification { id, purchase, sequence, kind } = notification;
    let word = match &kind {
        NotificationKind::Decided(said) => Some(Word::of(shop, purchase, said)?),
        NotificationKind::Lapsed | NotificationKind::Told => None,
    };
    let mut tx = store.begin("hear_agent", now).await?;
    let is_new = tx.hear_once(&id, purchase, sequence).await?;
    let before = tx.order(purchase).await?;
    let heard = match (before, word) {
        (Some(order), Some(word)) if is_new => Some(word.apply(&mut tx, order).await?),
        (Some(order), _) => Some(Heard::of(&order)),
        (None, None) if kind == NotificationKind::Told => None,
        (None, word) => Some(close(&mut tx, purchase, word).await?),
    };
    tx.commit().await?;
    Ok(heard)
}

/// Acts on the agent's word about a purchase, however it was learned.
///
/// # Errors
/// As [`hear`].
pub async fn confirm(
    shop: &Shop,
    store: &Store,
    purchase: PurchaseId,
    said: &Signed<Confirmation>,
    now: Timestamp,
) -> Result<Heard, Failure> {
    let word = Word::of(shop, purchase, said)?;
    let mut tx = store.begin("ask_agent", now).await?;
    let heard = match tx.order(purchase).await? {
        Some(order) => word.apply(&mut tx, order).await?,
        None => return Err(Problem::PurchaseUnknown.into()),
    };
    tx.commit().await?;
    Ok(heard)
}

/// Closes a purchase that never came here: from now on it cannot come.
async fn close(
    tx: &mut Tx<'_>,
    purchase: PurchaseId,
    word: Option<Word>,
) -> Result<Heard, Failure> {
    let before = PurchaseState::Granted;
    let event = word.as_ref().map_or(PurchaseEvent::TimedOut, |word| word.event(before));
    // Nobody consents to what was never ordered.
    let state = before.apply(event).map_err(|_| Problem::PurchaseUnknown)?;
    let bytes = word.as_ref().map(|word| word.bytes.as_slice());
    let id = tx.close_unseen(purchase, state, bytes).await?.ok_or(crate::store::Fault::Raced)?;
    tx.event(id, event, state).await?;
    Ok(Heard { state, acceptance: None })
}

/// The agent's signed word on the shopper's consent to this purchase. Only [`Word::of`] makes one.
struct Word {
    said: Verified<Confirmation>,
    bytes: Vec<u8>,
}

impl Word {
    fn of(shop: &Shop, purchase: PurchaseId, said: &Signed<Confirmation>) -> Result<Self, Failure> {
        let bytes = encode(said);
        let said = shop.believe(said)?;
        let is_ours = said.agent == shop.agent.agent
            && said.merchant == shop.merchant
            && said.purchase == purchase;
        if is_ours { Ok(Self { said, bytes }) } else { Err(Problem::ConfirmationInvalid.into()) }
    }

    /// What happens by it to an order in this state. Whoever is signed in at the agent can take
    /// back a yes, and a bank its money; a second answer to the same mail cannot.
    fn event(&self, before: PurchaseState) -> PurchaseEvent {
        match self.said.outcome {
            Outcome::Cancelled
                if before == PurchaseState::Confirmed
                    && matches!(self.said.channel, Channel::Page | Channel::Staff) =>
            {
                PurchaseEvent::ShopperWithdrew
            }
            // The bank's money came back.
            Outcome::Cancelled
                if before == PurchaseState::Confirmed && self.said.channel == Channel::Bank =>
            {
                PurchaseEvent::TransferFailed
            }
            Outcome::Confirmed => PurchaseEvent::ShopperConfirmed,
            Outcome::Cancelled => PurchaseEvent::ShopperCancelled,
            Outcome::Expired => PurchaseEvent::TimedOut,
        }
    }

    fn target(&self) -> PurchaseState {
        match self.said.outcome {
            Outcome::Confirmed => PurchaseState::Confirmed,
            Outcome::Cancelled => PurchaseState::Cancelled,
            Outcome::Expired => PurchaseState::Expired,
        }
    }

    async fn apply(self, tx: &mut Tx<'_>, order: Order) -> Result<Heard, Failure> {
        let is_about_it = order
            .deal
            .as_ref()
            .is_none_or(|deal| deal.handling_number == self.said.handling_number);
        if !is_about_it {
            return Err(Problem::ConfirmationInvalid.into());
        }
        // A yes of before, however late it comes: since then the shop has let go of the order.
        let is_let_go = order.state == PurchaseState::Cancelled && order.confirmation.is_none();
        let is_known = order.confirmation.as_ref() == Some(&self.bytes);
        if is_known || is_let_go && self.said.outcome == Outcome::Confirmed {
            return Ok(Heard::of(&order));
        }
        let event = self.event(order.state);
        let Ok(state) = order.state.apply(event) else {
            // The same again, or another way of coming to nothing: there is nothing to do.
            let same_end = order.state.holds_credit() == self.target().holds_credit();
            return same_end.then(|| Heard::of(&order)).ok_or(Problem::PurchaseConflict.into());
        };
        let bytes = Some(self.bytes.as_slice());
        tx.record_outcome(order.id, order.state, event, state, bytes).await?;
        if let (false, Some(deal)) = (state.holds_credit(), &order.deal) {
            let left = tx.left_of(order.id, deal.quantity).await?;
            tx.give_back_stock(&deal.item, left).await?;
        }
        Ok(Heard { state, ..Heard::of(&order) })
    }
}

impl Heard {
    fn of(order: &Order) -> Self {
        let acceptance = order.deal.as_ref().and_then(|deal| deal.acceptance.clone());
        Self { state: order.state, acceptance }
    }
}
