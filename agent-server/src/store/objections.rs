//! Objections resolved: rejected, and billing goes on; upheld, and what the merchant keeps of the
//! purchase goes back, in one transaction.

use shared_protocol::{HandlingNumber, Problem, PurchaseId, Timestamp};

use super::{
    Fault, Store, events, purchases,
    row::Cells as _,
    settlements,
    settlements::{NewWord, Written},
    writer::{Tx, Work},
};
use crate::domain::{
    Purchase,
    errand::Notice,
    objection::Resolution,
    settlement::{UPHELD, upheld_digest, uphold},
};

impl Store {
    /// Resolves the objection to the purchase of this number, once.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn resolve(
        &self,
        number: HandlingNumber,
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<Result<(), Problem>, Fault> {
        self.0.writer.write(Resolve { number, resolution, now }).await
    }
}

struct Resolve {
    number: HandlingNumber,
    resolution: Resolution,
    now: Timestamp,
}

impl Work for Resolve {
    type Answer = Result<(), Problem>;
    const NAME: &'static str = "resolve";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Result<(), Problem>, Fault> {
        let row = sqlx::query(
            "SELECT p.purchase_id, o.resolution FROM objections o
             JOIN purchases p ON p.id = o.purchase WHERE p.handling_number = $1",
        )
        .bind(self.number.compact())
        .fetch_optional(&mut *tx.connection)
        .await?;
        let Some(row) = row else { return Ok(Err(Problem::NotFound)) };
        if let Some(before) = row.cell::<Option<&str>>("resolution")? {
            let is_same = before == self.resolution.name();
            return Ok(if is_same { Ok(()) } else { Err(Problem::PurchaseConflict) });
        }
        let id: PurchaseId = row.exact("purchase_id")?;
        let purchase = purchases::find(tx, &id).await?.ok_or(Fault::Damaged("purchase_id"))?;
        if self.resolution == Resolution::Upheld
            && let Err(problem) = self.give_back(tx, &purchase).await?
        {
            return Ok(Err(problem));
        }
        let done = sqlx::query(
            "UPDATE objections SET resolved_at = $2, resolution = $3
             WHERE purchase = $1 AND resolved_at IS NULL",
        )
        .bind(purchase.row)
        .bind(self.now.as_millis())
        .bind(self.resolution.name())
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() != 1 {
            return Err(Fault::Raced);
        }
        let told = match self.resolution {
            Resolution::Upheld => Notice::ObjectionUpheld,
            Resolution::Rejected => Notice::ObjectionRejected,
        };
        events::add(tx, purchase.row, told, self.now).await?;
        Ok(Ok(()))
    }
}

impl Resolve {
    async fn give_back(
        &self,
        tx: &mut Tx<'_>,
        purchase: &Purchase,
    ) -> Result<Result<(), Problem>, Fault> {
        let sums = settlements::find(tx, purchase).await?;
        // Before anything is claimed the shopper simply cancels.
        let Some(sums) = sums.filter(|sums| sums.settlement.kept().minor > 0) else {
            return Ok(Err(Problem::PurchaseClosed));
        };
        let terms = settlements::terms(purchase, sums.fee)?;
        let digest = upheld_digest(purchase.id);
        let booking = match uphold(&terms, sums.settlement, sums.paid, digest) {
            Ok(booking) => booking,
            Err(problem) => return Ok(Err(problem)),
        };
        let written = Written { by: Self::NAME, at: self.now };
        let head = written.money(tx, purchase, &terms, &sums, &booking).await?;
        let word = NewWord { kind: UPHELD, name: UPHELD, said: None, digest };
        written.word(tx, purchase, (&word, sums.words + 1), &booking, head).await?;
        Ok(Ok(()))
    }
}
