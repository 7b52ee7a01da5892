//! One Grant per purchase id, however often and however concurrently asked: the purchase, what it
//! holds of its contract, and its first event, in one transaction.

use shared_protocol::{
    Amount, Grant, HandlingNumber, Locale, Localized, MerchantId, PlanQuote, Problem,
    PurchaseEvent, PurchaseId, PurchaseState, Signed, SignedTally, Timestamp, encode,
};

use super::{
    Fault, Store, by_hand, contracts, deposits, events,
    grant_rows::{BY, ENTER, GRANT, GRANT_BY_PASSKEY, Row},
    instalments, passkeys, purchases, remittances,
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
    const NAME: &'static str = BY;

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
