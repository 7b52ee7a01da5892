//! What happened to the money of a purchase (66–71), in words for its shopper.

use shared_protocol::{Amount, Problem, Timestamp};

use crate::{
    app::App,
    domain::unavailable,
    store::{Moved, OwnPurchase},
    texts::{self, Words},
};

/// What happened, and when.
pub(super) type Steps = Vec<(String, Timestamp)>;

/// All of it, oldest first; and whether it is too late for the shopper to take back the yes.
pub(super) async fn steps(
    app: &App,
    own: &OwnPurchase,
    w: Words,
) -> Result<(Steps, bool), Problem> {
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
        };
        let amount = texts::amount(Amount { minor, currency });
        (w.fill(key, &[("amount", amount.as_str())]), *at)
    };
    Ok((moves.iter().map(say).collect(), has_begun))
}
