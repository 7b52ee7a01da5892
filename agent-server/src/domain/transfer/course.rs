//! The course of a transfer: ordered with the payment half, held with the Grant, sent once the
//! shop has accepted and the shopper consents (151–153), or when the bank opens (162–164).

use shared_protocol::{
    Amount, Channel, Confirmation, Date, MerchantId, Outcome, Plan, Problem, PurchaseId,
    Remittance, Signed, Standing, Timestamp,
};

use super::{Fate, Later, PayeeAnswer, Rail, TransferState, When, fate};
use crate::{
    app::App,
    domain::{
        Merchant,
        confirm::About,
        turn::{Turned, Word},
        unavailable,
    },
    store::{Fault, Turn},
};

/// A transfer that a purchase asks for (151).
#[derive(Clone, Debug)]
pub struct Order {
    /// The merchant's account.
    pub account: String,
    /// When that account is reached.
    pub rail: Rail,
    /// What the merchant's bank says of it.
    pub payee: PayeeAnswer,
    /// What the merchant hears if it is not possible.
    pub not_received: Signed<Remittance>,
}

/// A transfer as it stands.
#[derive(Clone, Debug)]
pub struct OpenTransfer {
    /// Of which purchase.
    pub purchase: PurchaseId,
    /// To whom.
    pub merchant: MerchantId,
    /// By its number.
    pub handling_number: shared_protocol::HandlingNumber,
    /// How much.
    pub amount: Amount,
    /// When the two accounts send.
    pub rail: Rail,
    /// How far it is.
    pub state: TransferState,
    /// For which day it is scheduled.
    pub day: Option<Date>,
    /// Whether the other bank sent it back.
    pub is_returned: bool,
    /// How the shopper consented to that.
    pub channel: Option<Channel>,
}

/// The order in a payment half whose plan is a transfer; `None` for other plans.
pub async fn order(
    app: &App,
    half: &shared_protocol::PaymentHalf,
    merchant: &Merchant,
    amount: Amount,
    now: Timestamp,
) -> Option<Order> {
    if half.plan != Plan::Transfer {
        return None;
    }
    let rules = app.config.transfers.as_ref()?;
    let account = half.payee.as_ref()?.account.clone();
    let standing = Standing::NotReceived;
    let said = said(app, half.purchase, (&merchant.id, amount), standing, now);
    Some(Order {
        rail: rules.rail_to(&account),
        payee: app.bank.payee(&merchant.id).await,
        not_received: said,
        account,
    })
}

/// The word that carries out a shopper's yes: for a transfer, what the banks can do now.
///
/// # Errors
/// [`Problem::TransferUndetermined`], [`Problem::Unavailable`]: then nothing was decided.
pub async fn consented(
    app: &App,
    purchase: PurchaseId,
    confirmation: Signed<Confirmation>,
    now: Timestamp,
) -> Result<Word, Problem> {
    let transfer = app.store.transfer(&purchase).await.map_err(unavailable)?;
    let Some(transfer) = transfer else {
        return Ok(Word::Decided { outcome: Outcome::Confirmed, confirmation });
    };
    let channel = confirmation.claimed()?.channel;
    if let Some(day) = transfer.day {
        // It was said before, and waits for its day: nothing changes.
        let remittance = transfer.said(app, Standing::Scheduled(day), now);
        return Ok(Word::Scheduled { remittance, later: Later { day, opens: now }, channel });
    }
    let payee = app.bank.payee(&transfer.merchant).await;
    Ok(match fate(payee, true, when(app, transfer.rail, now)) {
        Fate::Send => {
            let remittance = transfer.said(app, Standing::Received, now);
            Word::Transferred { confirmation, remittance }
        }
        Fate::Schedule(later) => {
            let remittance = transfer.said(app, Standing::Scheduled(later.day), now);
            Word::Scheduled { remittance, later, channel }
        }
        Fate::PayeeWrong => transfer.failed(app, now),
        Fate::BalanceShort | Fate::Undetermined => return Err(Problem::TransferUndetermined),
    })
}

/// Goes on with a transfer whose time has come: a scheduled one is ordered, one that the other
/// bank has confirmed frees the goods (164). `false`: there is none, or the shopper is still asked.
///
/// # Errors
/// [`Fault`].
pub async fn go_on(app: &App, purchase: PurchaseId, now: Timestamp) -> Result<bool, Fault> {
    let Some(transfer) = app.store.transfer(&purchase).await? else { return Ok(false) };
    let word = match transfer.state {
        // The other bank sent the money back: it is not paid after all.
        _ if transfer.is_returned => transfer.failed(app, now),
        TransferState::Scheduled => match app.bank.payee(&transfer.merchant).await {
            PayeeAnswer::Good => {
                let pay_on = transfer.day.ok_or(Fault::Damaged("day"))?;
                app.store.order_transfer(purchase, pay_on, now).await?;
                return Ok(true);
            }
            PayeeAnswer::Wrong => transfer.failed(app, now),
            // It is asked again at the next look.
            PayeeAnswer::Unclear => return Ok(true),
        },
        TransferState::Paid => Word::Transferred {
            confirmation: transfer.about().signed(
                Outcome::Confirmed,
                transfer.channel.ok_or(Fault::Damaged("channel"))?,
                &app.config.agent_id,
                &app.keys,
                now,
            ),
            remittance: transfer.said(app, Standing::Received, now),
        },
        TransferState::Held => return Ok(false),
        TransferState::Ordered | TransferState::Sent | TransferState::Released => return Ok(true),
    };
    let turned = app.turn(Turn { purchase, word, then: None, now }).await?;
    if let Turned::Not(problem) = turned {
        tracing::error!(%problem, "a transfer could not go on");
    }
    Ok(true)
}

impl OpenTransfer {
    fn about(&self) -> About<'_> {
        About {
            purchase: self.purchase,
            merchant: &self.merchant,
            handling_number: self.handling_number,
        }
    }

    fn said(&self, app: &App, standing: Standing, now: Timestamp) -> Signed<Remittance> {
        said(app, self.purchase, (&self.merchant, self.amount), standing, now)
    }

    /// The merchant's account has become wrong: both are told (158).
    fn failed(&self, app: &App, now: Timestamp) -> Word {
        let outcome = Outcome::Cancelled;
        let (agent, keys) = (&app.config.agent_id, &app.keys);
        Word::NotTransferred {
            confirmation: self.about().signed(outcome, Channel::Bank, agent, keys, now),
            remittance: self.said(app, Standing::NotReceived, now),
        }
    }
}

fn when(app: &App, rail: Rail, now: Timestamp) -> When {
    let hours = app.config.transfers.as_ref().and_then(|rules| rules.hours().ok());
    hours.map_or(When::Unknown, |hours| hours.when(rail, &app.plans.calendar, now))
}

fn said(
    app: &App,
    purchase: PurchaseId,
    (merchant, amount): (&MerchantId, Amount),
    standing: Standing,
    at: Timestamp,
) -> Signed<Remittance> {
    let (agent, merchant) = (app.config.agent_id.clone(), merchant.clone());
    let said = Remittance { agent, merchant, purchase, amount, standing, at };
    Signed::sign(&said, &app.keys)
}
