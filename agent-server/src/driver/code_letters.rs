//! Sends the letters with codes. A code that can no more be typed is not sent any more.

use super::{
    Undelivered,
    letters::{later, post},
};
use crate::{
    app::App,
    domain::{
        errand::CodeLetter,
        mailed_code::{LIFETIME, digits},
    },
    mail::{self, CodeFacts, Posting},
    store::Parcel,
};

/// Writes and sends it.
///
/// # Errors
/// [`Undelivered`].
pub async fn send(
    app: &App,
    parcel: &Parcel,
    letter: CodeLetter,
    id: i64,
) -> Result<(), Undelivered> {
    let now = app.clock.now();
    let code = app.store.mailed_code(id).await.map_err(later)?;
    let Some(code) = code.filter(|code| code.is_open(now)) else {
        return Err(Undelivered::never("the code has expired"));
    };
    let facts = CodeFacts {
        agent: app.config.agent_name.get(code.locale),
        code: &digits(code.id, &app.keys),
        minutes: LIFETIME.as_millis() / 60_000,
        sign_in: &format!("{}/sign-in", app.config.public_url),
    };
    let posting = Posting {
        id: format!("out_{}", parcel.id),
        from_name: app.config.agent_name.get(code.locale).into(),
        letter: mail::code_letter(letter, &facts, code.locale),
        to: code.email,
        now,
    };
    post(app, &posting).await
}
