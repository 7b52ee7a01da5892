//! Merchants' words on confirmed purchases: word, sums, journal and credit in one transaction, once
//! for each name.

use shared_protocol::{
    Amount, BasisPoints, Digest, Problem, PurchaseEvent, PurchaseId, PurchaseState, Settlement,
    Timestamp,
};

use super::{
    Fault, Store, contracts, events, journal, outbox, purchases,
    row::{Cells as _, Row, minor},
    writer::{Tx, Work},
};
use crate::domain::{
    errand::{Errand, Letter},
    ledger::Head,
    purchase::Purchase,
    settlement::{Booked, Booking, MerchantWord, Terms, WordKind, book},
};

impl Store {
    /// Books a merchant's word, or finds what was booked under its name before. The fee is that of
    /// a purchase's first word; a later change is for later purchases.
    ///
    /// # Errors
    /// [`Fault`]; then nothing was booked.
    pub async fn book(
        &self,
        purchase: PurchaseId,
        word: MerchantWord,
        fee: BasisPoints,
        now: Timestamp,
    ) -> Result<Result<Booked, Problem>, Fault> {
        self.0.writer.write(Settle { purchase, word, fee, now }).await
    }
}

struct Settle {
    purchase: PurchaseId,
    word: MerchantWord,
    fee: BasisPoints,
    now: Timestamp,
}

impl Work for Settle {
    type Answer = Result<Booked, Problem>;
    const NAME: &'static str = "settle";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Result<Booked, Problem>, Fault> {
        let Some(purchase) = purchases::find(tx, &self.purchase).await? else {
            return Ok(Err(Problem::PurchaseUnknown));
        };
        if let Some(before) = self.said_before(tx, &purchase).await? {
            return Ok(before);
        }
        match purchase.state {
            PurchaseState::Confirmed => {}
            PurchaseState::Granted | PurchaseState::Accepted => {
                return Ok(Err(Problem::NotConfirmedYet));
            }
            _ => return Ok(Err(Problem::PurchaseClosed)),
        }
        if !self.shipment_is_known(tx, &purchase).await? {
            return Ok(Err(Problem::ShipmentUnknown));
        }
        // The money has gone straight to the merchant: there is nothing to claim.
        if purchase.is_by_transfer() && self.word.kind() != WordKind::Shipment {
            return Ok(Err(Problem::PaidByTransfer));
        }
        let sums = find(tx, &purchase).await?;
        let before = sums.unwrap_or_else(|| Sums::none(purchase.amount, self.fee));
        let terms = terms(&purchase, before.fee)?;
        let (word, paid) = (&self.word, before.paid);
        let booking = match book(&terms, before.settlement, paid, word.event(), word.digest()) {
            Ok(booking) => booking,
            Err(problem) => return Ok(Err(problem)),
        };
        let written = Written { by: Self::NAME, at: self.now };
        let head = written.money(tx, &purchase, &terms, &before, &booking).await?;
        let said = NewWord {
            kind: word.kind().name(),
            name: word.name().as_str(),
            said: Some(word.bytes()),
            digest: word.digest(),
        };
        written.word(tx, &purchase, (&said, before.words + 1), &booking, head).await?;
        events::add(tx, purchase.row, word.kind().notice(), self.now).await?;
        if booking.cancels {
            written.cancel(tx, &purchase).await?;
        }
        Ok(Ok(Booked { settlement: booking.settlement, head, at: self.now }))
    }
}

impl Settle {
    /// What was answered under this name, if anything was.
    async fn said_before(
        &self,
        tx: &mut Tx<'_>,
        purchase: &Purchase,
    ) -> Result<Option<Result<Booked, Problem>>, Fault> {
        let row = sqlx::query(
            "SELECT said, claimed, voided, refunded, head, at FROM settlement_words
             WHERE purchase = $1 AND kind = $2 AND name = $3",
        )
        .bind(purchase.row)
        .bind(self.word.kind().name())
        .bind(self.word.name().as_str())
        .fetch_optional(&mut *tx.connection)
        .await?;
        let Some(row) = row else { return Ok(None) };
        if row.cell::<Option<&[u8]>>("said")? != Some(self.word.bytes()) {
            return Ok(Some(Err(Problem::PurchaseConflict)));
        }
        let head = journal::at(tx, row.count("head")?).await?;
        let settlement = settlement(&row, purchase.amount)?;
        Ok(Some(Ok(Booked { settlement, head, at: row.moment("at")? })))
    }

    /// Whether the shipment that a claim is for was notified; also where it is for none.
    async fn shipment_is_known(&self, tx: &mut Tx<'_>, purchase: &Purchase) -> Result<bool, Fault> {
        let Some(shipment) = self.word.shipment() else { return Ok(true) };
        let row = sqlx::query(
            "SELECT 1 FROM settlement_words WHERE purchase = $1 AND kind = $2 AND name = $3",
        )
        .bind(purchase.row)
        .bind(WordKind::Shipment.name())
        .bind(shipment.as_str())
        .fetch_optional(&mut *tx.connection)
        .await?;
        Ok(row.is_some())
    }
}

/// The row of `settlements`.
pub(super) struct Sums {
    pub(super) settlement: Settlement,
    pub(super) billed: i64,
    pub(super) paid: u64,
    pub(super) fee: BasisPoints,
    /// How many words led to it; none: there is no row yet.
    pub(super) words: u32,
}

impl Sums {
    fn none(granted: Amount, fee: BasisPoints) -> Self {
        Self { settlement: Settlement::of(granted), billed: 0, paid: 0, fee, words: 0 }
    }
}

/// How the money of a purchase stands, once anything was said of it.
pub(super) async fn find(tx: &mut Tx<'_>, purchase: &Purchase) -> Result<Option<Sums>, Fault> {
    let row = sqlx::query("SELECT * FROM settlements WHERE purchase = $1")
        .bind(purchase.row)
        .fetch_optional(&mut *tx.connection)
        .await?;
    row.as_ref().map(|row| sums(row, purchase.amount)).transpose()
}

pub(super) fn sums(row: &Row, granted: Amount) -> Result<Sums, Fault> {
    Ok(Sums {
        settlement: settlement(row, granted)?,
        billed: row.cell("billed")?,
        paid: row.count("paid")?,
        fee: BasisPoints(row.count("fee_rate")?),
        words: row.count("words")?,
    })
}

/// How the money of a joined row's purchase stands, if anything was said of it.
pub(super) fn settlement_or_none(row: &Row, granted: Amount) -> Result<Option<Settlement>, Fault> {
    let claimed: Option<i64> = row.cell("claimed")?;
    claimed.map(|_| settlement(row, granted)).transpose()
}

fn settlement(row: &Row, granted: Amount) -> Result<Settlement, Fault> {
    let (claimed, voided) = (row.count("claimed")?, row.count("voided")?);
    Settlement::with(granted, claimed, voided, row.count("refunded")?)
        .ok_or(Fault::Damaged("settlements"))
}

/// On which terms a purchase is settled that a contract pays for.
pub(super) fn terms(purchase: &Purchase, fee_rate: BasisPoints) -> Result<Terms, Fault> {
    let plan_fee = purchase.total.minor.checked_sub(purchase.amount.minor);
    Ok(Terms {
        purchase: purchase.id,
        contract: purchase.contract.ok_or(Fault::Damaged("contract"))?,
        merchant: purchase.merchant.clone(),
        amount: purchase.amount,
        plan_fee: Amount { minor: plan_fee.ok_or(Fault::Damaged("total"))?, ..purchase.amount },
        fee_rate,
    })
}

/// What a purchase still holds of its contract.
pub(super) async fn held(tx: &mut Tx<'_>, purchase: &Purchase) -> Result<Amount, Fault> {
    let Some(sums) = find(tx, purchase).await? else { return Ok(purchase.total) };
    let held = terms(purchase, sums.fee)?.held(sums.settlement, sums.paid);
    Ok(Amount { minor: held, ..purchase.total })
}

/// Whether anything was shipped or claimed.
pub(super) async fn has_begun(tx: &mut Tx<'_>, purchase: &Purchase) -> Result<bool, Fault> {
    let row = sqlx::query(
        "SELECT 1 FROM settlement_words WHERE purchase = $1 AND kind IN ('shipment', 'claim')
         LIMIT 1",
    )
    .bind(purchase.row)
    .fetch_optional(&mut *tx.connection)
    .await?;
    Ok(row.is_some())
}

/// A row of `settlement_words`.
pub(super) struct NewWord<'a> {
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) said: Option<&'a [u8]>,
    pub(super) digest: Digest,
}

/// Writes down what was decided.
pub(super) struct Written {
    pub(super) by: &'static str,
    pub(super) at: Timestamp,
}

impl Written {
    /// Journal, sums and credit; returns the newest entry.
    pub(super) async fn money(
        &self,
        tx: &mut Tx<'_>,
        purchase: &Purchase,
        terms: &Terms,
        before: &Sums,
        booking: &Booking,
    ) -> Result<Head, Fault> {
        let head = match &booking.entry {
            Some(entry) => {
                let purchase = Some(purchase.row);
                journal::append(tx, journal::New { entry, purchase, at: self.at, by: self.by })
                    .await?
            }
            None => journal::head(tx).await?,
        };
        self.sums(tx, purchase, before, booking.settlement).await?;
        if booking.released > 0 {
            let released = Amount { minor: booking.released, ..purchase.total };
            contracts::release(tx, terms.contract, released, self.at, self.by).await?;
        }
        Ok(head)
    }

    async fn sums(
        &self,
        tx: &mut Tx<'_>,
        purchase: &Purchase,
        before: &Sums,
        after: Settlement,
    ) -> Result<(), Fault> {
        let statement = match before.words {
            0 => {
                "INSERT INTO settlements (purchase, claimed, voided, refunded, billed, paid,
                     bill_on, fee_rate, words, updated_at, updated_by)
                 SELECT $1, $2, $3, $4, 0, 0, MIN(due), $6, $5 + 1, $7, $8
                 FROM instalments WHERE purchase = $1
                 ON CONFLICT (purchase) DO NOTHING"
            }
            _ => {
                "UPDATE settlements SET claimed = $2, voided = $3, refunded = $4,
                     words = $5 + 1, fee_rate = $6, updated_at = $7, updated_by = $8,
                     bill_on = (SELECT MIN(due) FROM instalments WHERE purchase = $1)
                 WHERE purchase = $1 AND words = $5"
            }
        };
        let done = sqlx::query(statement)
            .bind(purchase.row)
            .bind(minor(after.claimed()))
            .bind(minor(after.voided()))
            .bind(minor(after.refunded()))
            .bind(i64::from(before.words))
            .bind(i64::from(before.fee.0))
            .bind(self.at.as_millis())
            .bind(self.by)
            .execute(&mut *tx.connection)
            .await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(Fault::Raced) }
    }

    /// The word itself.
    pub(super) async fn word(
        &self,
        tx: &mut Tx<'_>,
        purchase: &Purchase,
        (word, number): (&NewWord<'_>, u32),
        booking: &Booking,
        head: Head,
    ) -> Result<(), Fault> {
        let head = i64::try_from(head.number).map_err(|_| Fault::Damaged("head"))?;
        let after = booking.settlement;
        sqlx::query(
            "INSERT INTO settlement_words (purchase, kind, name, number, said, digest, claimed,
                 voided, refunded, share, entry, head, at, created_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(purchase.row)
        .bind(word.kind)
        .bind(word.name)
        .bind(i64::from(number))
        .bind(word.said)
        .bind(word.digest.as_bytes().as_slice())
        .bind(minor(after.claimed()))
        .bind(minor(after.voided()))
        .bind(minor(after.refunded()))
        .bind(booking.share)
        .bind(booking.entry.as_ref().map(|_| head))
        .bind(head)
        .bind(self.at.as_millis())
        .bind(self.by)
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }

    /// Nothing is left of the purchase.
    async fn cancel(&self, tx: &mut Tx<'_>, purchase: &Purchase) -> Result<(), Fault> {
        let (event, state) = (PurchaseEvent::MerchantVoided, PurchaseState::Cancelled);
        let done = sqlx::query(
            "UPDATE purchases SET state = $2, events = events + 1, updated_at = $3,
                 updated_by = $4
             WHERE id = $1 AND state = 'confirmed'",
        )
        .bind(purchase.row)
        .bind(state.name())
        .bind(self.at.as_millis())
        .bind(self.by)
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() != 1 {
            return Err(Fault::Raced);
        }
        let number = purchase.events + 1;
        purchases::add_event(tx, purchase.row, number, event, state, (self.at, self.by)).await?;
        let letter = Errand::Mail(Letter::Cancelled);
        outbox::add(tx, purchase.row, letter, number, self.at).await
    }
}
