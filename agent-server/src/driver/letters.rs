//! Sends letters to shoppers. Each try of the same letter is the same letter.

use shared_protocol::{Problem, PurchaseId};

use super::Undelivered;
use crate::{
    app::App,
    domain::{Question, confirm, errand::Letter},
    mail::{self, LetterFacts, LetterKind, MailFault, Posting},
    store::{Fault, Parcel},
};

/// Writes and sends it.
///
/// # Errors
/// [`Undelivered`].
pub async fn send(
    app: &App,
    parcel: &Parcel,
    letter: Letter,
    purchase: &PurchaseId,
) -> Result<(), Undelivered> {
    let found = app.store.question_of(purchase).await.map_err(later)?;
    let Some((question, to)) = found else {
        return Err(Undelivered::never("no question to write about"));
    };
    let kind =
        kind(app, &question, letter).await.map_err(|problem| Undelivered::again(&problem))?;
    let written = mail::letter(&kind, &facts(app, &question), question.locale);
    let posting = Posting {
        id: format!("out_{}", parcel.id),
        to,
        from_name: app.config.agent_name.get(question.locale).into(),
        letter: written,
        now: app.clock.now(),
    };
    post(app, &posting).await
}

/// Hands it over.
pub(super) async fn post(app: &App, posting: &Posting) -> Result<(), Undelivered> {
    app.mailer.send(posting).await.map_err(|fault| Undelivered {
        is_final: matches!(fault, MailFault::Permanent(_)),
        ..Undelivered::again(&fault)
    })
}

async fn kind(app: &App, question: &Question, letter: Letter) -> Result<LetterKind, Problem> {
    Ok(match letter {
        Letter::Confirm => {
            let (token, code) = confirm::asked(app, &question.purchase).await?;
            let link = format!("{}/confirm/{}", app.config.public_url, token.expose());
            let code = code.expose().to_owned();
            LetterKind::Confirm { link, code, deadline: question.deadline }
        }
        Letter::Confirmed => LetterKind::Confirmed,
        Letter::Cancelled => LetterKind::Cancelled,
        Letter::Expired => LetterKind::Expired,
        Letter::Lapsed => LetterKind::Lapsed,
        Letter::Refused => LetterKind::Refused,
        Letter::NotTransferred => LetterKind::NotTransferred,
        Letter::SentBack => LetterKind::SentBack,
    })
}

fn facts(app: &App, question: &Question) -> LetterFacts {
    LetterFacts {
        agent: app.config.agent_name.clone(),
        shop: question.merchant_name.clone(),
        item: question.item_name.clone(),
        quantity: question.quantity,
        amount: question.amount,
        bill: question.bill.clone(),
        number: question.handling_number,
        contract_last2: question.contract_tail.clone(),
    }
}

pub(super) fn later(fault: Fault) -> Undelivered {
    Undelivered::again(&fault)
}
