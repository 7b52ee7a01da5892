//! Sends the letters about a contract itself, to where its letters go now.

use super::{
    Undelivered,
    letters::{later, post},
};
use crate::{
    app::App,
    domain::errand::SecurityLetter,
    mail::{self, Posting, SecurityFacts},
    store::Parcel,
};

/// Writes and sends it.
///
/// # Errors
/// [`Undelivered`].
pub async fn send(
    app: &App,
    parcel: &Parcel,
    letter: SecurityLetter,
    contract: i64,
) -> Result<(), Undelivered> {
    let account = app.store.account(contract).await.map_err(later)?;
    let Some(account) = account else {
        return Err(Undelivered::never("no such contract"));
    };
    let facts = SecurityFacts {
        agent: app.config.agent_name.get(account.locale),
        last2: &account.number_tail,
        page: &format!("{}/me/number", app.config.public_url),
    };
    let posting = Posting {
        id: format!("out_{}", parcel.id),
        from_name: facts.agent.into(),
        letter: mail::security_letter(letter, &facts, account.locale),
        to: account.email,
        now: app.clock.now(),
    };
    post(app, &posting).await
}
