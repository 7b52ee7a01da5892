//! One Grant per purchase id, however often and however concurrently asked: the purchase, what it
//! holds of its contract, and its first event, in one transaction.

use shared_protocol::{
    Amount, Grant, HandlingNumber, Locale, Localized, MerchantId, PlanQuote, Problem,
    PurchaseEvent, PurchaseId, PurchaseState, Signed, SignedTally, Timestamp, encode,
};
use sqlx::{Any, any::AnyArguments, query::Query};

use super::{
    Engine, Fault, Store, by_hand, contracts, deposits, events, instalments, passkeys, purchases,
    remittances,
    row::minor,
    writer::{Tx, Work},
};
use crate::domain::{
    code::Verdict,
    contract::{Ask, ContractFacts, Decline, NumberHash, Payer, Spent, judge, judge_passkey},
    errand::Notice,
    passkey::Asserted,
    plan::Bill,
    purchase::Unasked,
    transfer::Order,
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
    /// Why the shopper will not be asked, where no passkey has said it.
    pub unasked: Option<Unasked>,
    /// Both halves bound together, as it came.
    pub tally: SignedTally,
    /// The promise, or why there will be none whatever the contract says.
    pub promise: Result<Promise, Problem>,
    /// What the contract is asked.
    pub ask: Ask,
    /// Where a transfer goes, if it is paid by one.
    pub order: Option<Order>,
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
        let facts = self.with_deposit(tx, facts).await?;
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
        let facts = self.with_deposit(tx, facts).await?;
        let before = passkeys::counter(tx, said.passkey()).await?;
        let spent = self.spent(tx, facts.as_ref()).await?;
        let judged = judge_passkey(facts.as_ref(), before, said, ask, spent, *now);
        Ok((facts, judged))
    }

    /// With its account, where a transfer is asked for.
    async fn with_deposit(
        &self,
        tx: &mut Tx<'_>,
        facts: Option<ContractFacts>,
    ) -> Result<Option<ContractFacts>, Fault> {
        match (facts, &self.0.order) {
            (Some(facts), Some(_)) => {
                let deposit = deposits::find(tx, facts.id).await?;
                Ok(Some(ContractFacts { deposit, ..facts }))
            }
            (facts, _) => Ok(facts),
        }
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
        if let (Some(order), Some(contract)) = (&self.0.order, contract) {
            return self.hold(tx, &row, contract, order).await;
        }
        let statements = match self.0.ask.payer {
            Payer::Code { .. } => &GRANT,
            Payer::Passkey(_) => &GRANT_BY_PASSKEY,
        };
        match row.enter(statements, &self.0, tx).await? {
            0 => Ok(false),
            4 => {
                instalments::add_later(tx, row.id, &promise.bill).await?;
                if let Some(unasked) = self.0.unasked {
                    by_hand::note(tx, (row.id, contract), unasked, self.0.now).await?;
                }
                self.advance(tx).await.map(|()| true)
            }
            _ => Err(Fault::Raced),
        }
    }

    /// The same where a transfer pays: the money is held in the account, and nothing falls due.
    async fn hold(
        &self,
        tx: &mut Tx<'_>,
        row: &Row<'_>,
        contract: i64,
        order: &Order,
    ) -> Result<bool, Fault> {
        if row.enter(&ENTER, &self.0, tx).await? == 0 {
            return Ok(false);
        }
        let stamp = (self.0.now, Self::NAME);
        remittances::hold(tx, row.id, contract, minor(self.0.amount), order, stamp).await?;
        if let Payer::Code { .. } = self.0.ask.payer {
            contracts::forgive(tx, contract, stamp).await?;
        }
        self.advance(tx).await.map(|()| true)
    }

    /// Tells the merchant that a transfer comes to nothing: not why, but where its own account is
    /// wrong (158, 160).
    async fn tell(&self, tx: &mut Tx<'_>, row: i64, problem: Problem) -> Result<(), Fault> {
        let Some(order) = &self.0.order else { return Ok(()) };
        let notices: &[Notice] = match problem {
            Problem::PayeeAccountWrong => &[Notice::PayeeRefused, Notice::TransferFailed],
            Problem::BalanceShort | Problem::TransferUndetermined => &[Notice::TransferFailed],
            _ => return Ok(()),
        };
        sqlx::query("UPDATE purchases SET remittance = $2 WHERE id = $1")
            .bind(row)
            .bind(encode(&order.not_received))
            .execute(&mut *tx.connection)
            .await?;
        for notice in notices {
            events::add(tx, row, *notice, self.0.now).await?;
        }
        Ok(())
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
        let entered = row.enter(&ENTER, filing, tx).await? > 0;
        if entered {
            self.tell(tx, row.id, decline.problem).await?;
        }
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
        statements: &Statements,
        filing: &Filing,
        tx: &mut Tx<'_>,
    ) -> Result<u64, Fault> {
        let calls = match tx.engine {
            Engine::Sqlite => std::slice::from_ref(&statements.at_once),
            Engine::Postgres => statements.apart,
        };
        let mut changed = 0;
        for call in calls {
            let done = self.bind(call, filing).execute(&mut *tx.connection).await?;
            changed += done.rows_affected();
            if changed == 0 {
                break;
            }
        }
        Ok(changed)
    }

    /// The parameters of all statements, whichever of them a call has.
    fn bind(&self, call: &'static str, filing: &Filing) -> Query<'static, Any, AnyArguments> {
        let bill = self.promise.map(|promise| &promise.bill);
        let first = bill.and_then(|bill| bill.schedule.first());
        sqlx::query(call)
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
    }
}

/// What enters a purchase, statement by statement; numbered parameters are the same in all of them.
/// The first one changes nothing if its id is taken, and then the others must not either.
struct Statements {
    /// All in one call: SQLite runs several statements at once, and each call costs more than what
    /// it does. They look themselves whether the first one has entered it.
    at_once: &'static str,
    /// Each by itself, for PostgreSQL: run only if the first one has entered it. They do not look,
    /// because whoever looks conflicts with whoever enters another purchase at the same time.
    apart: &'static [&'static str],
}

macro_rules! statements {
    ($($more:ident)*) => {
        Statements {
            at_once: concat!(
                purchase!(), ";", event!(" WHERE EXISTS (SELECT 1 FROM purchases WHERE id = $1)")
                $(, ";", $more!(" AND EXISTS (SELECT 1 FROM purchases WHERE id = $1)"))*
            ),
            apart: &[purchase!(), event!("") $(, $more!(""))*],
        }
    };
}

macro_rules! purchase {
    () => {
        "INSERT INTO purchases (id, purchase_id, handling_number, merchant, contract,
             request_digest, state, problem, amount, currency, quantity, item_ja, item_en,
             locale, tally, grant_signed, events, deadline, created_at, updated_at, updated_by,
             plan, fee, total, quote)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1,
             $17, $18, $18, $19, $21, $22, $23, $24)
         ON CONFLICT (purchase_id) DO NOTHING"
    };
}

macro_rules! event {
    ($entered:literal) => {
        concat!(
            "INSERT INTO purchase_events (purchase, number, event, state, at, created_by)
             SELECT $1, 1, $20, $7, $18, $19",
            $entered
        )
    };
}

/// What the purchase holds of its contract, by code: wrong ones are forgiven.
macro_rules! held {
    ($entered:literal) => {
        concat!(
            "UPDATE contracts SET reserved = reserved + $23, code_failures = 0, updated_at = $18,
                 updated_by = $19
             WHERE id = $5 AND status = 'active' AND reserved + $23 <= credit_limit",
            $entered
        )
    };
}

/// The same by passkey: codes that others tried for the contract stay counted.
macro_rules! held_by_passkey {
    ($entered:literal) => {
        concat!(
            "UPDATE contracts SET reserved = reserved + $23, updated_at = $18, updated_by = $19
             WHERE id = $5 AND status = 'active' AND reserved + $23 <= credit_limit",
            $entered
        )
    };
}

/// Its first payment. Few have more.
macro_rules! payment {
    ($entered:literal) => {
        concat!(
            "INSERT INTO instalments (purchase, number, due, amount)
             SELECT $1, 1, $25, $26 WHERE 1 = 1",
            $entered
        )
    };
}

const ENTER: Statements = statements!();
const GRANT: Statements = statements!(held payment);
const GRANT_BY_PASSKEY: Statements = statements!(held_by_passkey payment);
