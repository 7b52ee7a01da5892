//! Does what is due: sends what the outbox holds, carries out what time decides. Wakes when
//! something was committed and when the clock has moved. Never inside a transaction.

mod code_letters;
mod letters;
mod security_letters;
mod webhook;

use std::{convert::Infallible, time::Duration};

use shared_protocol::{Span, Timestamp};
use tokio::{sync::watch, task::JoinSet};
use tracing::Instrument as _;

use crate::{
    app::App,
    domain::{
        errand::{Errand, Letter, Notice},
        expiry,
        retry::next_attempt,
        settlement,
    },
    store::{About, Delivery, Fault, Parcel},
};

/// Why an errand was not delivered. Its text holds no address and nothing that was in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// For the operator.
    pub fault: String,
    /// Trying again cannot help.
    pub is_final: bool,
    /// For how long the other side wants to be left alone.
    pub asked: Option<Span>,
}

impl Undelivered {
    /// To be tried again.
    fn again(fault: &impl ToString) -> Self {
        Self { fault: fault.to_string(), is_final: false, asked: None }
    }

    /// Given up at once.
    fn never(fault: impl Into<String>) -> Self {
        Self { fault: fault.into(), is_final: true, asked: None }
    }
}

/// Runs until the server stops; what is being delivered then is finished.
pub async fn run(app: App, mut stopped: watch::Receiver<bool>) {
    let mut under_way = JoinSet::new();
    let mut pruned = Timestamp::from_millis(0);
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            () = app.driver_woken() => {}
            () = tokio::time::sleep(TICK) => {}
        }
        while under_way.try_join_next().is_some() {}
        let now = app.clock.now();
        if let Err(fault) = look(&app, &mut under_way).await {
            tracing::error!(%fault, "the driver could not look");
        }
        if now > pruned.plus(LOG_PRUNED) {
            pruned = now;
            prune(&app, now).await;
        }
    }
    let finish = async { while under_way.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finish).await.is_err() {
        tracing::warn!("some errands were still under way; they will be sent again");
    }
}

async fn prune(app: &App, now: Timestamp) {
    if let Err(fault) = app.store.prune_attempts(now.minus(LOG_KEPT)).await {
        tracing::error!(%fault, "the log of deliveries was not pruned");
    }
    if let Err(fault) = app.store.prune_mailboxes(now).await {
        tracing::error!(%fault, "the mailboxes were not pruned");
    }
}

async fn look(app: &App, under_way: &mut JoinSet<()>) -> Result<(), Fault> {
    let now = app.clock.now();
    expiry::sweep(app, now).await?;
    // Letters do not wait for it.
    if let Err(fault) = settlement::settle_day(app, now).await {
        tracing::error!(%fault, "the day could not be settled");
    }
    let free = AT_ONCE.saturating_sub(under_way.len());
    if free == 0 || !app.store.has_errands(now).await? {
        return Ok(());
    }
    let most = u32::try_from(free).unwrap_or(1);
    for parcel in app.store.lease(now, now.plus(LEASE), most).await? {
        let span = tracing::info_span!("errand", what = parcel.errand.kind());
        under_way.spawn(deliver(app.clone(), parcel).instrument(span));
    }
    Ok(())
}

async fn deliver(app: App, parcel: Parcel) {
    let delivered = tokio::select! {
        delivered = send(&app, &parcel) => delivered,
        never = keep(&app, parcel.id) => match never {},
    };
    let now = app.clock.now();
    let delivery = verdict(&parcel, delivered, now, u64::from_le_bytes(app.entropy.bytes()));
    let outcome = match &delivery {
        Delivery::Done => "done",
        Delivery::Again { .. } => "again",
        Delivery::Dead { .. } => "dead",
    };
    metrics::counter!("agent_deliveries", "what" => parcel.errand.name(), "outcome" => outcome)
        .increment(1);
    if let Delivery::Dead { fault } = &delivery {
        let what = parcel.errand.name();
        tracing::error!(id = parcel.id, what, fault, "given up; see `agent-server outbox list`");
    }
    if let Err(fault) = conclude(&app, &parcel, delivery, now).await {
        tracing::error!(%fault, id = parcel.id, "what became of a delivery was not noted");
    }
    app.wake_driver();
}

async fn send(app: &App, parcel: &Parcel) -> Result<(), Undelivered> {
    match (parcel.errand, parcel.about) {
        (Errand::Mail(letter), About::Purchase(purchase)) => {
            letters::send(app, parcel, letter, &purchase).await
        }
        (Errand::Code(letter), About::MailedCode(code)) => {
            code_letters::send(app, parcel, letter, code).await
        }
        (Errand::Security(letter), About::Contract(contract)) => {
            security_letters::send(app, parcel, letter, contract).await
        }
        (Errand::Webhook(_), About::Purchase(_)) => webhook::send(app, parcel).await,
        (Errand::Mail(_) | Errand::Webhook(_), About::MailedCode(_) | About::Contract(_))
        | (Errand::Code(_), About::Purchase(_) | About::Contract(_))
        | (Errand::Security(_), About::Purchase(_) | About::MailedCode(_)) => {
            Err(Undelivered::never("it is about something else"))
        }
    }
}

/// Keeps what is being delivered from other processes, for as long as it takes.
async fn keep(app: &App, id: i64) -> Infallible {
    loop {
        tokio::time::sleep(KEPT_EVERY).await;
        let until = app.clock.now().plus(LEASE);
        if let Err(fault) = app.store.keep_lease(id, until).await {
            tracing::warn!(%fault, id, "an errand's lease was not kept");
        }
    }
}

/// Notes the outcome. What can never be asked has been answered: by silence.
async fn conclude(
    app: &App,
    parcel: &Parcel,
    delivery: Delivery,
    now: Timestamp,
) -> Result<(), Fault> {
    if matches!(delivery, Delivery::Dead { .. }) {
        match (parcel.errand, parcel.about) {
            (Errand::Mail(Letter::Confirm), About::Purchase(purchase)) => {
                expiry::silence(app, purchase, now).await?;
            }
            (Errand::Webhook(Notice::Lapsed), About::Purchase(purchase)) => {
                expiry::close(app, purchase, now).await?;
            }
            (Errand::Mail(_) | Errand::Code(_) | Errand::Security(_) | Errand::Webhook(_), _) => {}
        }
    }
    app.store.settle(parcel.id, delivery, now).await
}

/// What follows from one attempt.
fn verdict(
    parcel: &Parcel,
    delivered: Result<(), Undelivered>,
    now: Timestamp,
    chance: u64,
) -> Delivery {
    let Err(Undelivered { fault, is_final, asked }) = delivered else { return Delivery::Done };
    match next_attempt(parcel.created_at, parcel.attempts, asked, now, chance) {
        Some(at) if !is_final => Delivery::Again { at, fault },
        _ => Delivery::Dead { fault },
    }
}

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(250);
/// How long a stopping server waits for deliveries.
const GRACE: Duration = Duration::from_secs(8);
/// Deliveries at the same time: a silent merchant does not hold up the others.
const AT_ONCE: usize = 64;
/// What a process that died was delivering is delivered by another one after this.
const LEASE: Span = Span::secs(15);
/// A living one keeps what it is delivering.
const KEPT_EVERY: Duration = Duration::from_secs(5);
/// How long the log of deliveries is kept, and how often what is older is dropped.
const LOG_KEPT: Span = Span::hours(30 * 24);
const LOG_PRUNED: Span = Span::hours(1);

#[cfg(test)]
mod tests {
    use shared_protocol::PurchaseId;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

    fn parcel(attempts: u32) -> Parcel {
        Parcel {
            id: 1,
            about: About::Purchase(PurchaseId::new([1; 16])),
            errand: Errand::Webhook(Notice::Confirmed),
            sequence: 3,
            attempts,
            created_at: NOW,
        }
    }

    fn failed(is_final: bool) -> Result<(), Undelivered> {
        Err(Undelivered { is_final, ..Undelivered::again(&"no connection") })
    }

    #[test]
    fn after_three_days_or_a_final_no_it_is_given_up() {
        let later = NOW.plus(Span::hours(72));
        let dead = Delivery::Dead { fault: "no connection".into() };
        assert_eq!(verdict(&parcel(9), failed(false), later, 0), dead);
        assert_eq!(verdict(&parcel(1), failed(true), NOW, 0), dead);
        assert_eq!(verdict(&parcel(9), Ok(()), later, 0), Delivery::Done);
    }
}
