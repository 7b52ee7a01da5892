//! Questions to shoppers and what the confirmation page and the letters say of their purchases.

use shared_protocol::{HandlingNumber, Instalment, Locale, PurchaseId, PurchaseState, Timestamp};

use super::{
    Fault, Store, instalments,
    merchants::localized,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::{Question, TokenDigest, purchase::scheduled, turn::Asked};

impl Store {
    /// The question whose token has this digest.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn question(&self, digest: &TokenDigest) -> Result<Option<Question>, Fault> {
        let row =
            sqlx::query(BY_TOKEN).bind(digest.0.as_slice()).fetch_optional(&self.0.reads).await?;
        match &row {
            Some(row) => Ok(Some(self.read_question(row).await?)),
            None => Ok(None),
        }
    }

    /// The question of a purchase, and the address to which its letters go. Where a passkey left
    /// nothing to ask, its deadline is the moment of the answer.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn question_of(
        &self,
        purchase: &PurchaseId,
    ) -> Result<Option<(Question, String)>, Fault> {
        let row = sqlx::query(BY_PURCHASE)
            .bind(purchase.as_bytes().as_slice())
            .fetch_optional(&self.0.reads)
            .await?;
        match &row {
            Some(row) => Ok(Some((self.read_question(row).await?, row.cell("email")?))),
            None => Ok(None),
        }
    }

    async fn read_question(&self, row: &Row) -> Result<Question, Fault> {
        let schedule = self.instalments(&row.exact("purchase_id")?).await?;
        read(row, schedule)
    }

    /// The question of the purchase with this number, and how many wrong codes were typed for it.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn question_of_number(
        &self,
        number: &HandlingNumber,
    ) -> Result<Option<(Question, u32)>, Fault> {
        let row =
            sqlx::query(BY_NUMBER).bind(number.compact()).fetch_optional(&self.0.reads).await?;
        match &row {
            Some(row) => Ok(Some((self.read_question(row).await?, row.count("code_failures")?))),
            None => Ok(None),
        }
    }

    /// Counts a wrong code.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn count_wrong_code(&self, purchase: PurchaseId) -> Result<(), Fault> {
        self.0.writer.write(CountWrongCode(purchase)).await
    }
}

struct CountWrongCode(PurchaseId);

impl Work for CountWrongCode {
    type Answer = ();
    const NAME: &'static str = "count-wrong-code";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query(
            "UPDATE questions SET code_failures = code_failures + 1
             WHERE purchase = (SELECT id FROM purchases WHERE purchase_id = $1)",
        )
        .bind(self.0.as_bytes().as_slice())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

/// Notes that the shopper is being asked.
pub(super) async fn ask(
    tx: &mut Tx<'_>,
    purchase: i64,
    asked: &Asked,
    now: Timestamp,
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO questions (id, purchase, token_digest, asked_at, deadline)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(tx.id(now))
    .bind(purchase)
    .bind(asked.token.0.as_slice())
    .bind(now.as_millis())
    .bind(asked.deadline.as_millis())
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// Notes that the question needs no answer any more.
pub(super) async fn answer(tx: &mut Tx<'_>, purchase: i64, now: Timestamp) -> Result<(), Fault> {
    sqlx::query("UPDATE questions SET answered_at = $2 WHERE purchase = $1")
        .bind(purchase)
        .bind(now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
    Ok(())
}

fn read(row: &Row, schedule: Vec<Instalment>) -> Result<Question, Fault> {
    Ok(Question {
        bill: instalments::bill(row, schedule)?,
        purchase: row.exact("purchase_id")?,
        state: row.named("state", PurchaseState::from_name)?,
        handling_number: row.named("handling_number", |text| text.parse().ok())?,
        merchant: row.named("merchant", |id| id.parse().ok())?,
        merchant_name: localized(row, "name_ja", "name_en")?,
        item_name: localized(row, "item_ja", "item_en")?,
        quantity: row.count("quantity")?,
        amount: row.amount("amount", "currency")?,
        contract_tail: row.cell("number_tail")?,
        deadline: row.moment("question_deadline")?,
        scheduled: scheduled(row.message("remittance")?.as_ref()),
        locale: row.named("locale", |tag| tag.parse::<Locale>().ok())?,
    })
}

const BY_TOKEN: &str = "SELECT p.purchase_id, p.state, p.handling_number, p.merchant, p.item_ja,
         p.item_en, p.quantity, p.amount, p.currency, p.locale, p.plan, p.fee, p.total, p.quote,
         p.remittance,
         q.deadline AS question_deadline,
         m.name_ja, m.name_en, c.number_tail, c.email
     FROM questions q
     JOIN purchases p ON p.id = q.purchase
     JOIN merchants m ON m.id = p.merchant
     JOIN contracts c ON c.id = p.contract
     WHERE q.token_digest = $1";

const BY_PURCHASE: &str = "SELECT p.purchase_id, p.state, p.handling_number, p.merchant, p.item_ja,
         p.item_en, p.quantity, p.amount, p.currency, p.locale, p.plan, p.fee, p.total, p.quote,
         p.remittance,
         COALESCE(q.deadline, p.updated_at) AS question_deadline,
         m.name_ja, m.name_en, c.number_tail, c.email
     FROM purchases p
     LEFT JOIN questions q ON q.purchase = p.id
     JOIN merchants m ON m.id = p.merchant
     JOIN contracts c ON c.id = p.contract
     WHERE p.purchase_id = $1";

const BY_NUMBER: &str = "SELECT p.purchase_id, p.state, p.handling_number, p.merchant, p.item_ja,
         p.item_en, p.quantity, p.amount, p.currency, p.locale, p.plan, p.fee, p.total, p.quote,
         p.remittance,
         q.deadline AS question_deadline,
         m.name_ja, m.name_en, c.number_tail, c.email,
         q.code_failures
     FROM questions q
     JOIN purchases p ON p.id = q.purchase
     JOIN merchants m ON m.id = p.merchant
     JOIN contracts c ON c.id = p.contract
     WHERE p.handling_number = $1";
