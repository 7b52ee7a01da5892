//! Delivers what the agent must be told: acceptances and refusals, at least once, with growing
//! pauses. What the agent refuses for good stays visible as dead.

use rand_core::Rng as _;
use shared_protocol::{Span, Timestamp};

use super::AgentSilence;
use crate::app::App;
use crate::store::{Fault, Parcel, Tried};

/// Tries everything that is due once.
///
/// # Errors
/// [`Fault`]; what was sent by then stays sent.
pub async fn deliver(app: &App) -> Result<(), Fault> {
    for parcel in app.store().due_parcels(app.now()).await? {
        let sent = app.agent().put(parcel.purchase, parcel.kind, parcel.body.clone()).await;
        let now = app.now();
        let (how, answer) = match sent {
            Ok(()) => (Tried::Sent, "taken".to_owned()),
            Err(silence) if is_final(&silence) => (Tried::Dead, silence.to_string()),
            Err(silence) => (Tried::Later(next_try(app, &parcel, now)), silence.to_string()),
        };
        log(&parcel, &how, &answer);
        let mut tx = app.store().begin("deliver", now).await?;
        tx.tried(parcel.id, &how, &answer).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Whether the same bytes can never be taken: a refusal that is not about the moment.
fn is_final(silence: &AgentSilence) -> bool {
    match silence {
        AgentSilence::Status(status) => {
            (400..500).contains(status) && !matches!(status, 404 | 408 | 425 | 429)
        }
        AgentSilence::Unreachable(_) | AgentSilence::Unreadable => false,
    }
}

/// 1 s, 2 s, 4 s … up to a quarter of an hour, each up to a quarter longer by chance, so that a
/// recovering agent is not met by all shops at once.
fn next_try(app: &App, parcel: &Parcel, now: Timestamp) -> Timestamp {
    let pause = 1000_i64.saturating_mul(1 << parcel.attempts.min(20)).min(PAUSE_MAX.as_millis());
    let chance = i64::from(app.entropy().next_u32() % 256);
    now.plus(Span::millis(pause + pause / 4 * chance / 256))
}

fn log(parcel: &Parcel, how: &Tried, answer: &str) {
    let (purchase, kind, attempt) = (parcel.purchase, parcel.kind.name(), parcel.attempts + 1);
    match how {
        Tried::Sent => tracing::info!(%purchase, kind, attempt, "told the agent"),
        Tried::Later(_) => tracing::warn!(%purchase, kind, attempt, answer, "will tell it later"),
        Tried::Dead => tracing::error!(%purchase, kind, attempt, answer, "the agent refuses it"),
    }
}

const PAUSE_MAX: Span = Span::minutes(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_never_pass_is_given_up() {
        for (status, dead) in
            [(400, true), (409, true), (422, true), (404, false), (429, false), (503, false)]
        {
            assert_eq!(is_final(&AgentSilence::Status(status)), dead, "{status}");
        }
        assert!(!is_final(&AgentSilence::Unreachable("too slow".to_owned())));
    }
}
