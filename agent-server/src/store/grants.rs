//! One Grant per purchase id, however often and however concurrently asked: the purchase, what it
//! holds of its contract, and its first event, in one transaction.

use shared_protocol::{
    Amount, Grant, HandlingNumber, Locale, Localized, MerchantId, PlanQuote, Problem,
    PurchaseEvent, PurchaseId, PurchaseState, Signed, SignedTally, Timestamp, encode,
};

use super::{
    Fault, Store, contracts, instalments, passkeys, purchases,
    row::minor,
    writer::{Tx, Work},
};
use crate::domain::{
    code::Verdict,
    contract::{Ask, ContractFacts, Decline, NumberHash, Payer, Spent, judge, judge_passkey},
    passkey::Asserted,
    plan::Bill,
};

/// A purchase to be entered, with the answer that it gets if its contract pays.
pub struct Filing {
    /// Its name in the protocol.
    pub purchase: PurchaseId,
    /// SHA-256 of the request's bytes.
    pub request_digest: [u8; 32],
    /// With whom.
    pub merchant: MerchantId,
    /// What is paid.
    pub amount: Amount,
    /// How many.
    pub quantity: u32,
    /// The goods.
    pub item: Localized,
    /// The language of its letters.
    pub locale: Locale,
    /// Both halves bound together, as it came.
    pub tally: SignedTally,
    /// The promise, or why there will be none whatever the contract says.
    pub promise: Result<Promise, Problem>,
    /// What the contract is asked.
    pub ask: Ask,
    /// When the day began on which it was asked.
    pub day: Timestamp,
    /// When it was asked.
    pub now: Timestamp,
}

/// A Grant that is not given yet.
pub struct Promise {
    /// As it will be answered.
    pub grant: Signed<Grant>,
    /// Its number.
    pub handling_number: HandlingNumber,
    /// When it is asked after, if nobody redeems it.
    pub deadline: Timestamp,
    /// What the shopper will owe for it.
    pub bill: Bill,
    /// The quote that the bill follows, as it came.
    pub quote: Option<Signed<PlanQuote>>,
}

/// The answer to a grant request, committed.
pub type Filed = Result<Signed<Grant>, Problem>;

impl Store {
    /// Enters a purchase, or finds what was entered under its id before.
    ///
    /// # Errors
    /// [`Fault`]; then nothing was entered.
    pub async fn file(&self, filing: Filing) -> Result<Filed, Fault> {
        self.0.writer.write(File(filing)).await
    }
}

struct File(Filing);

impl Work for File {
    type Answer = Filed;
    const NAME: &'static str = "grant";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Filed, Fault> {
        let (facts, judged) = match &self.0.ask.payer {
            Payer::Code { number_hash, verdict } => {
                self.judge_code(tx, number_hash, verdict).await?
            }
            Payer::Passkey(said) => self.judge_passkey(tx, said).await?,
        };
        let contract = facts.as_ref().map(|facts| facts.id);
        let judged = match &self.0.promise {
            Ok(promise) => judged.map(|()| promise),
            Err(problem) => Err(Decline { problem: *problem, counts: false }),
        };
        let entered = match judged {
            Ok(promise) => self.grant(tx, contract, promise).await?,
            Err(decline) => self.decline(tx, contract, decline).await?,
        };
        match entered {
            true => Ok(judged.map(|promise| promise.grant.clone()).map_err(|no| no.problem)),
            false => {
                let before = purchases::find(tx, &self.0.purchase).await?.ok_or(Fault::Raced)?;
                Ok(before.answer(&self.0.request_digest))
            }
        }
    }
}

/// The contract that is asked, if there is one, and what follows.
type Judged = (Option<ContractFacts>, Result<(), Decline>);

impl File {
    async fn judge_code(
        &self,
        tx: &mut Tx<'_>,
        number_hash: &NumberHash,
        verdict: &Verdict,
    ) -> Result<Judged, Fault> {
        let Filing { ask, now, .. } = &self.0;
        let facts = contracts::find(tx, number_hash).await?;
        let tries = match facts {
            Some(_) => 0,
            None => contracts::stranger_failures(tx, number_hash).await?,
        };
        // The code was changed, or the number issued, while the code was being compared.
        if !verdict.is_about(facts.as_ref().map(|facts| &facts.code_hash)) {
            return Err(Fault::Raced);
        }
        let spent = self.spent(tx, facts.as_ref()).await?;
        let judged = judge(facts.as_ref(), tries, verdict, ask, spent, *now);
        Ok((facts, judged))
    }

    async fn judge_passkey(&self, tx: &mut Tx<'_>, said: &Asserted) -> Result<Judged, Fault> {
        let Filing { ask, now, .. } = &self.0;
        let facts = contracts::find_row(tx, said.contract()).await?;
        let before = passkeys::counter(tx, said.passkey()).await?;
        let spent = self.spent(tx, facts.as_ref()).await?;
        let judged = judge_passkey(facts.as_ref(), before, said, ask, spent, *now);
        Ok((facts, judged))
    }

    /// What the contract has bought today, where it has a limit that asks for it.
    async fn spent(&self, tx: &mut Tx<'_>, facts: Option<&ContractFacts>) -> Result<Spent, Fault> {
        match facts {
            Some(facts) if facts.own.are_by_day() => {
                contracts::spent(tx, facts.id, &self.0.merchant, self.0.day).await
            }
            Some(_) | None => Ok(Spent::default()),
        }
    }

    /// Enters a granted purchase with its event and what it holds of the contract; `false` if its
    /// id is taken. The decision was made a moment ago in this transaction: if the contract says
    /// otherwise by now, another process changed it.
    async fn grant(
        &self,
        tx: &mut Tx<'_>,
        contract: Option<i64>,
        promise: &Promise,
    ) -> Result<bool, Fault> {
        let row = Row {
            id: tx.id(self.0.now),
            contract,
            state: PurchaseState::Granted,
            event: PurchaseEvent::GrantIssued,
            promise: Some(promise),
            problem: None,
        };
        let statements = match self.0.ask.payer {
            Payer::Code { .. } => GRANT,
            Payer::Passkey(_) => GRANT_BY_PASSKEY,
        };
        match row.enter(statements, &self.0, tx).await? {
            0 => Ok(false),
            4 => {
                instalments::add_later(tx, row.id, &promise.bill).await?;
                self.advance(tx).await.map(|()| true)
            }
            _ => Err(Fault::Raced),
        }
    }

    /// Keeps the counter of the passkey that paid, with the purchase that it paid for.
    async fn advance(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        match &self.0.ask.payer {
            Payer::Code { .. } => Ok(()),
            Payer::Passkey(said) if passkeys::advance(tx, said, self.0.now, Self::NAME).await? => {
                Ok(())
            }
            Payer::Passkey(_) => Err(Fault::Raced),
        }
    }

    /// Enters a declined purchase with its event, and counts a wrong code; `false` if its id is
    /// taken.
    async fn decline(
        &self,
        tx: &mut Tx<'_>,
        contract: Option<i64>,
        decline: Decline,
    ) -> Result<bool, Fault> {
        let filing = &self.0;
        let row = Row {
            id: tx.id(filing.now),
            contract,
            state: PurchaseState::Declined,
            event: PurchaseEvent::GrantDeclined,
            promise: None,
            problem: Some(decline.problem),
        };
        let entered = row.enter(DECLINE, filing, tx).await? > 0;
        match &filing.ask.payer {
            Payer::Code { number_hash: number, .. } if entered && decline.counts => {
                contracts::count_failure(tx, contract, number, filing.now, Self::NAME).await?;
            }
            // The passkey's word held all the same, so its counter is where it says.
            Payer::Passkey(said) if entered => {
                passkeys::advance(tx, said, filing.now, Self::NAME).await?;
            }
            Payer::Code { .. } | Payer::Passkey(_) => {}
        }
        Ok(entered)
    }
}

/// What differs between a granted and a declined purchase.
struct Row<'a> {
    id: i64,
    contract: Option<i64>,
    state: PurchaseState,
    event: PurchaseEvent,
    promise: Option<&'a Promise>,
    problem: Option<Problem>,
}

impl Row<'_> {
    /// Runs the statements; returns how many rows they changed.
    async fn enter(
        &self,
        statements: &'static str,
        filing: &Filing,
        tx: &mut Tx<'_>,
    ) -> Result<u64, Fault> {
        let bill = self.promise.map(|promise| &promise.bill);
        let first = bill.and_then(|bill| bill.schedule.first());
        let done = sqlx::query(statements)
            .bind(self.id)
            .bind(filing.purchase.as_bytes().as_slice())
            .bind(self.promise.map(|promise| promise.handling_number.compact()))
            .bind(filing.merchant.as_str())
            .bind(self.contract)
            .bind(filing.request_digest.as_slice())
            .bind(self.state.name())
            .bind(self.problem.map(|problem| i64::from(problem.number())))
            .bind(minor(filing.amount))
            .bind(filing.amount.currency.code())
            .bind(i64::from(filing.quantity))
            .bind(&filing.item.ja)
            .bind(&filing.item.en)
            .bind(filing.locale.tag())
            .bind(encode(&filing.tally))
            .bind(self.promise.map(|promise| encode(&promise.grant)))
            .bind(self.promise.map(|promise| promise.deadline.as_millis()))
            .bind(filing.now.as_millis())
            .bind(File::NAME)
            .bind(self.event.name())
            .bind(bill.map(|bill| bill.plan.to_string()))
            .bind(bill.map(|bill| minor(bill.fee)))
            .bind(bill.map(|bill| minor(bill.total)))
            .bind(self.promise.and_then(|promise| promise.quote.as_ref().map(encode)))
            .bind(first.map(|first| first.due.to_string()))
            .bind(first.map(instalments::minor))
            .execute(&mut *tx.connection)
            .await?;
        Ok(done.rows_affected())
    }
}

/// The purchase and its first event, in one call: SQLite runs several statements at once, and each
/// call costs more than what it does. Numbered parameters are the same in all of them.
macro_rules! enter {
    ($($more:literal)?) => {
        concat!(
            "INSERT INTO purchases (id, purchase_id, handling_number, merchant, contract,
                 request_digest, state, problem, amount, currency, quantity, item_ja, item_en,
                 locale, tally, grant_signed, events, deadline, created_at, updated_at, updated_by,
                 plan, fee, total, quote)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1,
                 $17, $18, $18, $19, $21, $22, $23, $24)
             ON CONFLICT (purchase_id) DO NOTHING;
             INSERT INTO purchase_events (purchase, number, event, state, at, created_by)
             SELECT $1, 1, $20, $7, $18, $19
             WHERE EXISTS (SELECT 1 FROM purchases WHERE id = $1)",
            $($more)?
        )
    };
}

const DECLINE: &str = enter!();

/// And what the purchase holds of its contract, and its first payment. Few have more.
const GRANT: &str = enter!(
    ";
    UPDATE contracts SET reserved = reserved + $23, code_failures = 0, updated_at = $18,
        updated_by = $19
    WHERE id = $5 AND status = 'active' AND reserved + $23 <= credit_limit
        AND EXISTS (SELECT 1 FROM purchases WHERE id = $1);
    INSERT INTO instalments (purchase, number, due, amount)
    SELECT $1, 1, $25, $26 WHERE EXISTS (SELECT 1 FROM purchases WHERE id = $1)"
);

/// The same by passkey: codes that others tried for the contract stay counted.
const GRANT_BY_PASSKEY: &str = enter!(
    ";
    UPDATE contracts SET reserved = reserved + $23, updated_at = $18, updated_by = $19
    WHERE id = $5 AND status = 'active' AND reserved + $23 <= credit_limit
        AND EXISTS (SELECT 1 FROM purchases WHERE id = $1);
    INSERT INTO instalments (purchase, number, due, amount)
    SELECT $1, 1, $25, $26 WHERE EXISTS (SELECT 1 FROM purchases WHERE id = $1)"
);
