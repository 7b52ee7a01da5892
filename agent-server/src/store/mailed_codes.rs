//! Codes that were mailed: asked for, tried, used, each once.

use shared_protocol::{Locale, Span, Timestamp};

use super::{
    Fault, Store, contracts,
    contracts::NewContract,
    ids,
    outbox::{self, Addressee},
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::{
    errand::{CodeLetter, Errand},
    mailed_code::{MailedCode, Purpose, TRIES_MAX, Tried},
};

/// A code to be mailed.
pub struct NewMailedCode {
    /// Its row, from [`Store::fresh_id`].
    pub id: i64,
    /// What for.
    pub purpose: Purpose,
    /// Where to.
    pub email: String,
    /// In which language.
    pub locale: Locale,
    /// Until when it can be typed.
    pub expires_at: Timestamp,
}

/// What came of an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// The contract is there; also when the same form is sent again.
    Contract(i64),
    /// The number is somebody's: try another.
    NumberTaken,
    /// The code is not proved, or too long ago, or the address has got a contract meanwhile.
    Over,
}

impl Store {
    /// Writes down that a code is to be mailed, unless the address has had its `most` letters
    /// `since` then; says whether it did.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn mail_code(
        &self,
        code: NewMailedCode,
        (since, most): (Timestamp, u32),
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(MailCode { code, since, most, now }).await
    }

    /// The code of this row.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn mailed_code(&self, id: i64) -> Result<Option<MailedCode>, Fault> {
        let row = sqlx::query(BY_ID).bind(id).fetch_optional(&self.0.reads).await?;
        row.as_ref().map(read).transpose()
    }

    /// Counts a try of it.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn try_code(&self, id: i64, is_right: bool, now: Timestamp) -> Result<Tried, Fault> {
        self.0.writer.write(TryCode { id, is_right, now }).await
    }

    /// Issues the contract for which a code was proved, once.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn enrol(
        &self,
        code: i64,
        contract: NewContract,
        now: Timestamp,
    ) -> Result<Enrolled, Fault> {
        self.0.writer.write(Enrol { code, contract, now }).await
    }

    /// The contract that signs in by this address: one in force before others, the oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn contract_of_address(&self, email: &str) -> Result<Option<i64>, Fault> {
        let row = sqlx::query(BY_ADDRESS).bind(email).fetch_optional(&self.0.reads).await?;
        row.map(|row| row.cell("id")).transpose()
    }
}

struct MailCode {
    code: NewMailedCode,
    since: Timestamp,
    most: u32,
    now: Timestamp,
}

impl Work for MailCode {
    type Answer = bool;
    const NAME: &'static str = "mail-code";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let code = &self.code;
        forget(tx, self.now.minus(KEPT)).await?;
        let row = sqlx::query(
            "SELECT COUNT(*) AS letters FROM mailed_codes
             WHERE lower(email) = lower($1) AND created_at > $2",
        )
        .bind(&code.email)
        .bind(self.since.as_millis())
        .fetch_one(&mut *tx.connection)
        .await?;
        if row.count::<u32>("letters")? >= self.most {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO mailed_codes (id, purpose, email, locale, tries, expires_at, created_at)
             VALUES ($1, $2, $3, $4, 0, $5, $6)",
        )
        .bind(code.id)
        .bind(code.purpose.name())
        .bind(&code.email)
        .bind(code.locale.tag())
        .bind(code.expires_at.as_millis())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        let letter = match code.purpose {
            Purpose::Enrol => CodeLetter::Enrol,
            Purpose::Known => CodeLetter::Known,
            Purpose::SignIn => CodeLetter::SignIn,
            Purpose::Nobody => return Ok(true),
        };
        outbox::add_letter(tx, Addressee::MailedCode(code.id), Errand::Code(letter), self.now)
            .await?;
        Ok(true)
    }
}

/// Deletes what was asked for before then, with its letters: addresses are not collected.
async fn forget(tx: &mut Tx<'_>, before: Timestamp) -> Result<(), Fault> {
    for query in FORGET {
        let query = sqlx::query(query).bind(ids::first(before));
        query.execute(&mut *tx.connection).await?;
    }
    Ok(())
}

struct TryCode {
    id: i64,
    is_right: bool,
    now: Timestamp,
}

impl Work for TryCode {
    type Answer = Tried;
    const NAME: &'static str = "try-code";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Tried, Fault> {
        let Some(code) = find(tx, self.id).await?.filter(|code| code.is_open(self.now)) else {
            return Ok(Tried::Over);
        };
        sqlx::query("UPDATE mailed_codes SET proved_at = $2, tries = tries + $3 WHERE id = $1")
            .bind(self.id)
            .bind(self.is_right.then_some(self.now.as_millis()))
            .bind(i64::from(!self.is_right))
            .execute(&mut *tx.connection)
            .await?;
        let left = TRIES_MAX.saturating_sub(code.tries + 1);
        Ok(match (self.is_right, left) {
            (true, _) => Tried::Right,
            (false, 0) => Tried::Over,
            (false, left) => Tried::Wrong(left),
        })
    }
}

struct Enrol {
    code: i64,
    contract: NewContract,
    now: Timestamp,
}

impl Work for Enrol {
    type Answer = Enrolled;
    const NAME: &'static str = "enrol";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Enrolled, Fault> {
        let code = find(tx, self.code).await?;
        let Some(code) = code.filter(|code| code.is_proved(self.now)) else {
            return Ok(Enrolled::Over);
        };
        if let Some(contract) = code.contract {
            return Ok(Enrolled::Contract(contract));
        }
        let known =
            sqlx::query(BY_ADDRESS).bind(&code.email).fetch_optional(&mut *tx.connection).await?;
        if known.is_some() || code.purpose != Purpose::Enrol {
            return Ok(Enrolled::Over);
        }
        if !contracts::add(tx, &self.contract, self.now, Self::NAME).await? {
            return Ok(Enrolled::NumberTaken);
        }
        sqlx::query("UPDATE mailed_codes SET contract = $2, used_at = $3 WHERE id = $1")
            .bind(self.code)
            .bind(self.contract.id)
            .bind(self.now.as_millis())
            .execute(&mut *tx.connection)
            .await?;
        Ok(Enrolled::Contract(self.contract.id))
    }
}

async fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<MailedCode>, Fault> {
    let row = sqlx::query(BY_ID).bind(id).fetch_optional(&mut *tx.connection).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<MailedCode, Fault> {
    Ok(MailedCode {
        id: row.cell("id")?,
        purpose: row.named("purpose", Purpose::from_name)?,
        email: row.cell("email")?,
        locale: row.named("locale", |tag| tag.parse::<Locale>().ok())?,
        tries: row.count("tries")?,
        expires_at: row.moment("expires_at")?,
        created_at: row.moment("created_at")?,
        proved_at: row.moment_or_none("proved_at")?,
        contract: row.cell("contract")?,
    })
}

/// So long a code is kept, used or not.
const KEPT: Span = Span::hours(24);

const FORGET: [&str; 2] =
    ["DELETE FROM outbox WHERE mailed_code < $1", "DELETE FROM mailed_codes WHERE id < $1"];

const BY_ID: &str = "SELECT * FROM mailed_codes WHERE id = $1";

const BY_ADDRESS: &str = "SELECT id FROM contracts
     WHERE lower(email) = lower($1) AND status <> 'lapsed'
     ORDER BY CASE status WHEN 'active' THEN 0 ELSE 1 END, id LIMIT 1";
