//! One Grant per purchase id, however often and however concurrently asked: the purchase, what it
//! holds of its contract, and its first event, in one transaction.

use shared_protocol::{
    Amount, Grant, HandlingNumber, Locale, Localized, MerchantId, Problem, PurchaseEvent,
    PurchaseId, PurchaseState, Signed, SignedTally, Timestamp, encode,
};

use super::{
    Fault, Store, contracts, purchases,
    row::minor,
    writer::{Tx, Work},
};
use crate::domain::contract::{Ask, Decline, judge};

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
        let filing = &self.0;
        let number = &filing.ask.claim.number_hash;
        let facts = contracts::find(tx, number).await?;
        let tries = match facts {
            Some(_) => 0,
            None => contracts::stranger_failures(tx, number).await?,
        };
        let judged = match &filing.promise {
            Ok(promise) => judge(facts.as_ref(), tries, &filing.ask, filing.now).map(|()| promise),
            Err(problem) => Err(Decline { problem: *problem, counts: false }),
        };
        let contract = facts.map(|facts| facts.id);
        let row = tx.id(filing.now);
        if !insert(tx, filing, row, contract, &judged).await? {
            let before = purchases::find(tx, &filing.purchase).await?.ok_or(Fault::Raced)?;
            return Ok(before.answer(&filing.request_digest));
        }
        let (event, state) = match &judged {
            Ok(_) => (PurchaseEvent::GrantIssued, PurchaseState::Granted),
            Err(_) => (PurchaseEvent::GrantDeclined, PurchaseState::Declined),
        };
        let stamp = (filing.now, Self::NAME);
        purchases::add_event(tx, row, 1, event, state, stamp).await?;
        match (judged, contract) {
            (Ok(promise), Some(contract)) => {
                contracts::reserve(tx, contract, filing.amount, filing.now, Self::NAME).await?;
                Ok(Ok(promise.grant.clone()))
            }
            (Ok(_), None) => Err(Fault::Damaged("contract")),
            (Err(decline), contract) => {
                if decline.counts {
                    contracts::count_failure(tx, contract, number, filing.now, Self::NAME).await?;
                }
                Ok(Err(decline.problem))
            }
        }
    }
}

/// Inserts the purchase unless its id is taken; says whether it did.
async fn insert(
    tx: &mut Tx<'_>,
    filing: &Filing,
    row: i64,
    contract: Option<i64>,
    judged: &Result<&Promise, Decline>,
) -> Result<bool, Fault> {
    let promise = judged.ok();
    let state = match judged {
        Ok(_) => PurchaseState::Granted,
        Err(_) => PurchaseState::Declined,
    };
    let done = sqlx::query(
        "INSERT INTO purchases (id, purchase_id, handling_number, merchant, contract,
             request_digest, state, problem, amount, currency, quantity, item_ja, item_en, locale,
             tally, grant_signed, events, deadline, created_at, updated_at, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1, $17,
             $18, $18, $19)
         ON CONFLICT (purchase_id) DO NOTHING",
    )
    .bind(row)
    .bind(filing.purchase.as_bytes().as_slice())
    .bind(promise.map(|promise| promise.handling_number.compact()))
    .bind(filing.merchant.as_str())
    .bind(contract)
    .bind(filing.request_digest.as_slice())
    .bind(state.name())
    .bind(judged.err().map(|decline| i64::from(decline.problem.number())))
    .bind(minor(filing.amount))
    .bind(filing.amount.currency.code())
    .bind(i64::from(filing.quantity))
    .bind(&filing.item.ja)
    .bind(&filing.item.en)
    .bind(filing.locale.tag())
    .bind(encode(&filing.tally))
    .bind(promise.map(|promise| encode(&promise.grant)))
    .bind(promise.map(|promise| promise.deadline.as_millis()))
    .bind(filing.now.as_millis())
    .bind(File::NAME)
    .execute(&mut *tx.connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
