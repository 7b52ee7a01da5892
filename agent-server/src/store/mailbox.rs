//! The mailboxes of sellers without a server: orders as they came, and the newest Offers.

use shared_protocol::{
    Deposit, ItemId, Mailbox, MailboxEntry, MailboxVisit, MerchantId, Offer, Problem, PurchaseId,
    PurchaseState, Signed, Timestamp, Verified, encode,
};

use super::{
    Fault, Store, purchases,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::turn::why_not;

/// An order to be put into its merchant's mailbox.
pub struct Deposition {
    /// Which purchase.
    pub purchase: PurchaseId,
    /// As it came.
    pub submission: Vec<u8>,
    /// What is answered.
    pub deposit: Signed<Deposit>,
    /// Until when the merchant may take it.
    pub deadline: Timestamp,
    /// When it is thrown away, if nobody reads it.
    pub kept_until: Timestamp,
    /// When.
    pub now: Timestamp,
}

/// A merchant looks into its mailbox.
pub struct Visit {
    /// What it signed.
    pub visit: Verified<MailboxVisit>,
    /// When what it reads is thrown away.
    pub kept_until: Timestamp,
    /// When.
    pub now: Timestamp,
}

/// What a merchant offers from now on.
pub struct NewOffer {
    /// Who.
    pub merchant: MerchantId,
    /// What.
    pub item: ItemId,
    /// As it was signed.
    pub signed: Signed<Offer>,
    /// When that was, as it says.
    pub issued: Timestamp,
    /// When.
    pub now: Timestamp,
}

impl Store {
    /// Puts an order into a mailbox, once; the same again gets the same answer.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn keep_for_seller(
        &self,
        deposition: Deposition,
    ) -> Result<Result<Signed<Deposit>, Problem>, Fault> {
        self.0.writer.write(deposition).await
    }

    /// What lies in a mailbox; `None` if such a visit, or a later one, was made before.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn visit(&self, visit: Visit) -> Result<Option<Vec<MailboxEntry>>, Fault> {
        self.0.writer.write(visit).await
    }

    /// Throws away what has been kept for long enough.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn prune_mailboxes(&self, now: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(Prune { now }).await
    }

    /// Keeps an Offer; `false` if a newer one is there.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn put_offer(&self, offer: NewOffer) -> Result<bool, Fault> {
        self.0.writer.write(offer).await
    }

    /// The newest Offer of an item that a merchant has left here.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn deposited_offer(
        &self,
        merchant: &MerchantId,
        item: &ItemId,
    ) -> Result<Option<Signed<Offer>>, Fault> {
        let row =
            sqlx::query("SELECT signed FROM deposited_offers WHERE merchant = $1 AND item = $2")
                .bind(merchant.as_str())
                .bind(item.as_str())
                .fetch_optional(&self.0.reads);
        row.await?.map_or(Ok(None), |row| row.message("signed"))
    }
}

/// Whether an order was put into a mailbox and not taken out of it since.
pub(super) async fn holds(tx: &mut Tx<'_>, purchase: i64) -> Result<bool, Fault> {
    let row = sqlx::query("SELECT id FROM mailbox WHERE purchase = $1")
        .bind(purchase)
        .fetch_optional(&mut *tx.connection);
    Ok(row.await?.is_some())
}

impl Work for Deposition {
    type Answer = Result<Signed<Deposit>, Problem>;
    const NAME: &'static str = "deposit";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Answer, Fault> {
        let Some(purchase) = purchases::find(tx, &self.purchase).await? else {
            return Ok(Err(Problem::PurchaseUnknown));
        };
        let before = sqlx::query("SELECT submission, deposit FROM mailbox WHERE purchase = $1")
            .bind(purchase.row)
            .fetch_optional(&mut *tx.connection)
            .await?;
        if let Some(row) = before {
            let is_same = row.cell::<&[u8]>("submission")? == self.submission;
            let deposit = row.message("deposit")?.ok_or(Fault::Damaged("deposit"))?;
            return Ok(if is_same { Ok(deposit) } else { Err(Problem::PurchaseConflict) });
        }
        if purchase.state != PurchaseState::Granted {
            return Ok(Err(why_not(purchase.state)));
        }
        self.put_in(tx, purchase.row, &purchase.merchant).await?;
        let done = sqlx::query(
            "UPDATE purchases SET deadline = $2, updated_at = $3, updated_by = $4
             WHERE id = $1 AND state = 'granted'",
        )
        .bind(purchase.row)
        .bind(self.deadline.as_millis())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() == 1 { Ok(Ok(self.deposit.clone())) } else { Err(Fault::Raced) }
    }
}

impl Deposition {
    async fn put_in(
        &self,
        tx: &mut Tx<'_>,
        purchase: i64,
        merchant: &MerchantId,
    ) -> Result<(), Fault> {
        sqlx::query(
            "INSERT INTO mailbox (id, merchant, purchase, submission, deposit, kept_until,
                 created_at, updated_at, updated_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
        )
        .bind(tx.id(self.now))
        .bind(merchant.as_str())
        .bind(purchase)
        .bind(self.submission.as_slice())
        .bind(encode(&self.deposit))
        .bind(self.kept_until.as_millis())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

impl Work for Visit {
    type Answer = Option<Vec<MailboxEntry>>;
    const NAME: &'static str = "visit-mailbox";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Answer, Fault> {
        if !self.is_new(tx).await? {
            return Ok(None);
        }
        self.note_read(tx).await?;
        let purchase = self.visit.purchase.as_ref().map(|id| id.as_bytes().as_slice());
        let rows = sqlx::query(
            "SELECT m.id, m.submission, m.created_at, p.state
             FROM mailbox m JOIN purchases p ON p.id = m.purchase
             WHERE m.merchant = $1 AND m.id > $2
                 AND (CAST($3 AS BYTEA) IS NULL OR p.purchase_id = $3)
             ORDER BY m.id LIMIT $4",
        )
        .bind(self.visit.merchant.as_str())
        .bind(i64::try_from(self.visit.after).unwrap_or(i64::MAX))
        .bind(purchase)
        .bind(i64::try_from(Mailbox::ENTRIES_MAX).unwrap_or(1))
        .fetch_all(&mut *tx.connection);
        rows.await?.iter().map(read).collect::<Result<_, _>>().map(Some)
    }
}

impl Visit {
    /// Whether it is later than all visits before it; then it is the last.
    async fn is_new(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "INSERT INTO mailbox_visits (merchant, visited_at, updated_by) VALUES ($1, $2, $3)
             ON CONFLICT (merchant) DO UPDATE SET visited_at = $2, updated_by = $3
             WHERE mailbox_visits.visited_at < $2",
        )
        .bind(self.visit.merchant.as_str())
        .bind(self.visit.visited.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// What is read is thrown away so long after it was read first.
    async fn note_read(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let Some(purchase) = &self.visit.purchase else { return Ok(()) };
        sqlx::query(
            "UPDATE mailbox SET read_at = $3, kept_until = $4, updated_at = $3, updated_by = $5
             WHERE merchant = $1 AND read_at IS NULL
                 AND purchase = (SELECT id FROM purchases WHERE purchase_id = $2)",
        )
        .bind(self.visit.merchant.as_str())
        .bind(purchase.as_bytes().as_slice())
        .bind(self.now.as_millis())
        .bind(self.kept_until.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

struct Prune {
    now: Timestamp,
}

impl Work for Prune {
    type Answer = ();
    const NAME: &'static str = "prune-mailboxes";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        // Nothing that can still be taken is thrown away.
        sqlx::query(
            "DELETE FROM mailbox WHERE kept_until <= $1 AND NOT EXISTS
                 (SELECT 1 FROM purchases p WHERE p.id = mailbox.purchase AND p.state = 'granted')",
        )
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

impl Work for NewOffer {
    type Answer = bool;
    const NAME: &'static str = "put-offer";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "INSERT INTO deposited_offers (merchant, item, signed, issued_at, updated_at,
                 updated_by)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (merchant, item) DO UPDATE SET signed = $3, issued_at = $4,
                 updated_at = $5, updated_by = $6
             WHERE deposited_offers.issued_at < $4 OR deposited_offers.signed = $3",
        )
        .bind(self.merchant.as_str())
        .bind(self.item.as_str())
        .bind(encode(&self.signed))
        .bind(self.issued.as_millis())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn read(row: &Row) -> Result<MailboxEntry, Fault> {
    Ok(MailboxEntry {
        number: row.count("id")?,
        state: row.named("state", PurchaseState::from_name)?,
        deposited: row.moment("created_at")?,
        submission: row.message("submission")?.ok_or(Fault::Damaged("submission"))?,
    })
}
