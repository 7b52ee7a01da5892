//! What happened to the money of a purchase (66–71), in words for its shopper.

use shared_protocol::{Amount, Currency, Problem, Timestamp};

use crate::{
    app::App,
    domain::unavailable,
    store::{Moved, OwnPurchase},
    texts::{self, Words},
};

/// What happened, and when.
pub(super) type Steps = Vec<(String, Timestamp)>;

/// What happened to the money of a purchase, and how it stands.
pub(super) struct Money {
    /// All of it, oldest first.
    pub(super) steps: Steps,
    /// Whether anything was shipped or claimed: then it is too late to take back the yes.
    pub(super) has_begun: bool,
    /// What the shopper has paid of what was billed, and what is open, if anything was billed.
    pub(super) paid: Option<String>,
}

/// Reads it.
pub(super) async fn of(app: &App, own: &OwnPurchase, w: Words) -> Result<Money, Problem> {
    let currency = own.purchase.amount.currency;
    let moves = app.store.moves(own.purchase.row).await.map_err(unavailable)?;
    let has_begun =
        moves.iter().any(|(moved, _)| matches!(moved, Moved::Shipped | Moved::Claimed(_)));
    let say = |(moved, at): &(Moved, Timestamp)| {
        let (key, minor) = match *moved {
            Moved::Shipped => ("money.shipped", 0),
            Moved::Claimed(minor) => ("money.claimed", minor),
            Moved::Voided(minor) => ("money.voided", minor),
            Moved::Refunded(minor) => ("money.refunded", minor),
            Moved::Upheld(minor) => ("money.upheld", minor),
            Moved::Billed(minor) => ("money.billed", minor),
            Moved::Credited(minor) => ("money.credited", minor),
            Moved::Paid(minor) => ("money.paid", minor),
            Moved::PaidBack(minor) => ("money.paid_back", minor),
        };
        let amount = texts::amount(Amount { minor, currency });
        (w.fill(key, &[("amount", amount.as_str())]), *at)
    };
    let steps = moves.iter().map(say).collect();
    Ok(Money { steps, has_begun, paid: paid(&moves, currency, w) })
}

/// How much is paid, and open, in words.
fn paid(moves: &[(Moved, Timestamp)], currency: Currency, w: Words) -> Option<String> {
    let sum = |of: fn(Moved) -> (u64, u64)| {
        let sums = moves.iter().map(|(moved, _)| of(*moved));
        sums.fold(0_u64, |sum, (more, less)| sum.saturating_add(more).saturating_sub(less))
    };
    let billed = sum(|moved| match moved {
        Moved::Billed(minor) => (minor, 0),
        Moved::Credited(minor) => (0, minor),
        _ => (0, 0),
    });
    let paid = sum(|moved| match moved {
        Moved::Paid(minor) => (minor, 0),
        Moved::PaidBack(minor) => (0, minor),
        _ => (0, 0),
    });
    let amount = |minor| texts::amount(Amount { minor, currency });
    let (paid_text, open) = (amount(paid), amount(billed.saturating_sub(paid)));
    let values = [("paid", paid_text.as_str()), ("open", open.as_str())];
    let was_billed = moves.iter().any(|(moved, _)| matches!(moved, Moved::Billed(_)));
    was_billed.then(|| w.fill("money.stands", &values))
}
