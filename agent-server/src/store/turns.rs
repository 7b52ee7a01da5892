//! Moves a purchase on: state, event, credit, question and outgoing work in one transaction.

use shared_protocol::{
    IllegalEvent, Message, Outcome, Problem, PurchaseId, PurchaseState, Signed, Statement,
    Timestamp, encode,
};

use super::{
    Fault, Store, contracts, events, mailbox, outbox, purchases, questions, remittances,
    settlements,
    writer::{Tx, Work},
};
use crate::domain::{
    errand::{Errand, Letter, Notice},
    purchase::Purchase,
    transfer::TransferState,
    turn::{Turned, Word, why_not},
};

/// A word about a purchase, to be carried out.
pub struct Turn {
    /// Which purchase.
    pub purchase: PurchaseId,
    /// What was said.
    pub word: Word,
    /// What follows from it at once, in the same transaction.
    pub then: Option<Word>,
    /// When.
    pub now: Timestamp,
}

impl Store {
    /// Carries out a word, once.
    ///
    /// # Errors
    /// [`Fault`]; then nothing has changed.
    pub async fn turn(&self, turn: Turn) -> Result<Turned, Fault> {
        self.0.writer.write(turn).await
    }

    /// Puts the question after an unredeemed Grant on its way to the merchant; once.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn ask_lapsed(&self, purchase: PurchaseId, now: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(AskLapsed { purchase, now }).await
    }
}

impl Work for Turn {
    type Answer = Turned;
    const NAME: &'static str = "turn";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Turned, Fault> {
        match (self.say(tx, &self.word).await?, &self.then) {
            (Turned::Now(_), Some(then)) => self.say(tx, then).await,
            (turned, _) => Ok(turned),
        }
    }
}

impl Turn {
    async fn say(&self, tx: &mut Tx<'_>, word: &Word) -> Result<Turned, Fault> {
        let Some(purchase) = purchases::find(tx, &self.purchase).await? else {
            return Ok(Turned::Not(Problem::PurchaseUnknown));
        };
        if let Some(known) = said_before(&purchase, word) {
            return Ok(known);
        }
        let transfer = remittances::state(tx, purchase.row).await?;
        if calls_off(word) && transfer.is_some_and(TransferState::has_left) {
            return Ok(Turned::Not(Problem::AlreadyTransferred));
        }
        // Whether anybody has it was asked of a Grant; meanwhile somebody may have said so.
        if matches!(word, Word::Lapsed) && purchase.state != PurchaseState::Granted {
            return Ok(Turned::Already(purchase.state));
        }
        // The shopper's own word is the only one after which something may have been settled.
        let held = match word {
            Word::Withdrawn { .. } if settlements::has_begun(tx, &purchase).await? => {
                return Ok(Turned::Not(Problem::AlreadyShipped));
            }
            Word::Withdrawn { .. } => settlements::held(tx, &purchase).await?,
            _ => purchase.total,
        };
        let state = match purchase.state.apply(word.event()) {
            Ok(state) => state,
            Err(IllegalEvent { state, .. }) => return Ok(Turned::Not(why_not(state))),
        };
        self.update(tx, &purchase, word, state).await?;
        let stamp = (self.now, Self::NAME);
        let number = purchase.events + 1;
        purchases::add_event(tx, purchase.row, number, word.event(), state, stamp).await?;
        if let (true, false, Some(contract)) =
            (purchase.state.holds_credit(), state.holds_credit(), purchase.contract)
        {
            match transfer {
                // What has left came back with the bank's notice, or not at all.
                Some(transfer) if transfer.has_left() => {}
                Some(_) => remittances::release(tx, &purchase, stamp).await?,
                None => contracts::release(tx, contract, held, self.now, Self::NAME).await?,
            }
        }
        self.carry_out(tx, &purchase, word).await?;
        self.send(tx, &purchase, word, state).await?;
        Ok(Turned::Now(state))
    }

    /// What it means for the question to the shopper, and for money that is transferred.
    async fn carry_out(
        &self,
        tx: &mut Tx<'_>,
        purchase: &Purchase,
        word: &Word,
    ) -> Result<(), Fault> {
        let stamp = (self.now, Self::NAME);
        match word {
            Word::Accepted { question: Some(asked), .. } => {
                questions::ask(tx, purchase.row, asked, self.now).await?;
            }
            Word::Decided { .. } | Word::NotTransferred { .. } => {
                questions::answer(tx, purchase.row, self.now).await?;
            }
            Word::Transferred { .. } => {
                questions::answer(tx, purchase.row, self.now).await?;
                remittances::send(tx, purchase, stamp).await?;
            }
            Word::Scheduled { later, channel, .. } => {
                questions::answer(tx, purchase.row, self.now).await?;
                remittances::schedule(tx, purchase.row, later, *channel, stamp).await?;
            }
            Word::Accepted { question: None, .. }
            | Word::Refused(_)
            | Word::Withdrawn { .. }
            | Word::Lapsed => {}
        }
        Ok(())
    }

    /// Enters who is told of it.
    async fn send(
        &self,
        tx: &mut Tx<'_>,
        purchase: &Purchase,
        word: &Word,
        state: PurchaseState,
    ) -> Result<(), Fault> {
        let number = purchase.events + 1;
        // Nobody was asked yet, so there is no letter that another one would answer.
        let was_asked =
            purchase.state != PurchaseState::Granted || state == PurchaseState::Accepted;
        let errands = word.errands().iter();
        let has_shipped = matches!(word, Word::NotTransferred { .. })
            && settlements::has_begun(tx, purchase).await?;
        for errand in errands.filter(|errand| was_asked || !matches!(errand, Errand::Mail(_))) {
            match *errand {
                Errand::Webhook(what) => {
                    events::add(tx, purchase.row, what, self.now).await?;
                }
                Errand::Mail(Letter::NotTransferred) if has_shipped => {
                    let letter = Errand::Mail(Letter::SentBack);
                    outbox::add(tx, purchase.row, letter, number, self.now).await?;
                }
                letter => outbox::add(tx, purchase.row, letter, number, self.now).await?,
            }
        }
        if let Some(letter) = word.from_mailbox()
            && mailbox::holds(tx, purchase.row).await?
        {
            outbox::add(tx, purchase.row, Errand::Mail(letter), number, self.now).await?;
        }
        Ok(())
    }

    async fn update(
        &self,
        tx: &mut Tx<'_>,
        purchase: &Purchase,
        word: &Word,
        state: PurchaseState,
    ) -> Result<(), Fault> {
        let (acceptance, refusal, confirmation) = match word {
            Word::Accepted { acceptance, .. } => (Some(encode(acceptance)), None, None),
            Word::Refused(refusal) => (None, Some(encode(refusal)), None),
            Word::Decided { confirmation, .. } | Word::Withdrawn { confirmation } => {
                (None, None, Some(encode(confirmation)))
            }
            Word::Transferred { confirmation, .. } | Word::NotTransferred { confirmation, .. } => {
                (None, None, Some(encode(confirmation)))
            }
            Word::Scheduled { .. } | Word::Lapsed => (None, None, None),
        };
        let remittance = match word {
            Word::Transferred { remittance, .. }
            | Word::Scheduled { remittance, .. }
            | Word::NotTransferred { remittance, .. } => Some(encode(remittance)),
            Word::Accepted { .. }
            | Word::Refused(_)
            | Word::Decided { .. }
            | Word::Withdrawn { .. }
            | Word::Lapsed => None,
        };
        let done = sqlx::query(
            "UPDATE purchases SET state = $3, acceptance = COALESCE($4, acceptance),
                 refusal = COALESCE($5, refusal), confirmation = COALESCE($6, confirmation),
                 deadline = $7, events = events + 1, updated_at = $8, updated_by = $9,
                 remittance = COALESCE($10, remittance)
             WHERE id = $1 AND state = $2",
        )
        .bind(purchase.row)
        .bind(purchase.state.name())
        .bind(state.name())
        .bind(acceptance)
        .bind(refusal)
        .bind(confirmation)
        .bind(word.deadline().map(Timestamp::as_millis))
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .bind(remittance)
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(Fault::Raced) }
    }
}

/// Whether it undoes the shopper's yes, or the question.
fn calls_off(word: &Word) -> bool {
    matches!(
        word,
        Word::Withdrawn { .. }
            | Word::Decided { outcome: Outcome::Cancelled | Outcome::Expired, .. }
    )
}

/// Whether this was said already: the same again changes nothing, something else is a conflict.
fn said_before(purchase: &Purchase, word: &Word) -> Option<Turned> {
    match word {
        Word::Accepted { acceptance, .. } => {
            same(purchase, purchase.acceptance.as_ref(), acceptance)
        }
        Word::Refused(refusal) => same(purchase, purchase.refusal.as_ref(), refusal),
        // Each decision is signed anew with its time; the outcome is what counts.
        Word::Withdrawn { .. } => (purchase.state == PurchaseState::Cancelled)
            .then_some(Turned::Already(PurchaseState::Cancelled)),
        Word::Scheduled { .. } => {
            let is_said = match purchase.state {
                PurchaseState::Accepted => purchase.scheduled().is_some(),
                state => state == PurchaseState::Confirmed && purchase.remittance.is_some(),
            };
            is_said.then_some(Turned::Already(purchase.state))
        }
        Word::Decided { .. }
        | Word::Transferred { .. }
        | Word::NotTransferred { .. }
        | Word::Lapsed => {
            let state = PurchaseState::Accepted.apply(word.event()).ok()?;
            (purchase.state == state).then_some(Turned::Already(state))
        }
    }
}

fn same<T: Statement>(
    purchase: &Purchase,
    before: Option<&Signed<T>>,
    word: &Signed<T>,
) -> Option<Turned>
where
    Signed<T>: Message,
{
    before.map(|before| match before == word {
        true => Turned::Already(purchase.state),
        false => Turned::Not(Problem::PurchaseConflict),
    })
}

struct AskLapsed {
    purchase: PurchaseId,
    now: Timestamp,
}

impl Work for AskLapsed {
    type Answer = ();
    const NAME: &'static str = "ask-lapsed";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let Some(purchase) = purchases::find(tx, &self.purchase).await? else { return Ok(()) };
        let done = sqlx::query(
            "UPDATE purchases SET deadline = NULL, updated_at = $2, updated_by = $3
             WHERE id = $1 AND state = 'granted' AND deadline IS NOT NULL",
        )
        .bind(purchase.row)
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() == 1 {
            events::add(tx, purchase.row, Notice::Lapsed, self.now).await?;
        }
        Ok(())
    }
}
