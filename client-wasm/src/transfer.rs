//! A purchase that is paid by transfer (Fig 15): what became of the money, asked of the agent once
//! the shop has accepted. What is not known yet is never called sent.

use shared_protocol::{Date, PurchaseStatus, Remittance, Standing, Verified, decode};

use crate::{
    calls::Call,
    course::{World, persist},
    deal::Attempt,
    words::{Words, by_any},
};

/// How far the money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It is held, and goes when the shopper approves, or nobody could say.
    Waits,
    /// It has gone (153).
    Sent,
    /// It goes in the morning of this day (162).
    Scheduled(Date),
    /// It could not go after all (158).
    Failed,
}

/// Tells the agent what the shop has answered, and asks how the money stands.
pub async fn send<W: World>(world: &W, words: &Words, attempt: &Attempt, told: Call) -> Sending {
    match standing(world, words, attempt, told).await.map(|said| said.standing) {
        Some(Standing::Received) => Sending::Sent,
        Some(Standing::Scheduled(day)) => Sending::Scheduled(day),
        Some(Standing::NotReceived) => Sending::Failed,
        None => Sending::Waits,
    }
}

async fn standing<W: World>(
    world: &W,
    words: &Words,
    attempt: &Attempt,
    told: Call,
) -> Option<Verified<Remittance>> {
    persist(world, &told).await.ok()?;
    let status = persist(world, &Call::status(words, &attempt.sealed)).await.ok()?;
    let said = decode::<PurchaseStatus>(&status).ok()?.remittance?;
    let said = by_any(&words.keys, &said, world).await.ok()?;
    let is_about_it =
        said.purchase == attempt.sealed.context.purchase && said.amount == attempt.amount;
    is_about_it.then_some(said)
}
