//! Movements of money that operators propose: kept as they are signed for, decided once.

use shared_protocol::{Digest, Timestamp};

use super::acts;
use crate::{
    domain::operator::{Decision, Power, Proposal, Role, Signed},
    store::{
        Fault, Store,
        row::{Cells as _, Row},
        writer::{Tx, Work},
    },
};

/// A proposal to be kept.
#[derive(Clone, Debug)]
pub struct NewProposal {
    /// Its row, from [`Store::fresh_id`].
    pub id: i64,
    /// What is proposed, as it is signed for.
    pub what: String,
    /// The digest of it.
    pub digest: Digest,
    /// Who proposes it.
    pub by: i64,
    /// From when on nobody can approve it.
    pub lapses_at: Timestamp,
}

/// What a signature did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedHow {
    /// It was the proposer's: another operator may approve now.
    Proposed,
    /// It was another's: it is to be carried out.
    Approved,
    /// The proposer cannot approve.
    OwnProposal,
    /// It was decided, has lapsed, is not proposed yet, or is another than was signed.
    Closed,
}

/// Proposals with the names of those who had to do with them.
macro_rules! proposals {
    ($rest:literal) => {
        concat!(
            "SELECT p.*, o.name AS proposer, d.name AS decider
             FROM proposals p JOIN operators o ON o.id = p.proposed_by
             LEFT JOIN operators d ON d.id = p.decided_by ",
            $rest
        )
    };
}
impl Store {
    /// Keeps a proposal that nobody has signed.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn add_proposal(&self, new: NewProposal, now: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(Add { new, now }).await
    }

    /// The proposal of this row.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn proposal(&self, id: i64) -> Result<Option<Proposal>, Fault> {
        let row = sqlx::query(proposals!("WHERE p.id = $1"));
        row.bind(id).fetch_optional(&self.0.reads).await?.as_ref().map(read).transpose()
    }

    /// The newest ones, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn proposals(&self, most: u32) -> Result<Vec<Proposal>, Fault> {
        let rows = sqlx::query(proposals!("ORDER BY p.id DESC LIMIT $1"))
            .bind(i64::from(most))
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// Whether two operators have let a file of this name out.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn is_released(&self, message: &str) -> Result<bool, Fault> {
        let row = sqlx::query("SELECT 1 FROM proposals WHERE outcome = $1");
        Ok(row.bind(message).fetch_optional(&self.0.reads).await?.is_some())
    }

    /// Takes the word of a passkey for a proposal.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn sign_proposal(&self, word: Signed, now: Timestamp) -> Result<SignedHow, Fault> {
        self.0.writer.write(Sign { word, now }).await
    }

    /// Refuses a proposal that is not decided; says whether it was open.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn refuse_proposal(&self, id: i64, by: i64, now: Timestamp) -> Result<bool, Fault> {
        self.0.writer.write(Refuse { id, by, now }).await
    }

    /// Notes what came of an approved proposal.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn end_proposal(
        &self,
        id: i64,
        outcome: String,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(End { id, outcome, now }).await
    }
}

struct Add {
    new: NewProposal,
    now: Timestamp,
}

impl Work for Add {
    type Answer = ();
    const NAME: &'static str = "add-proposal";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query(
            "INSERT INTO proposals (id, what, digest, proposed_by, proposed_at, lapses_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.new.id)
        .bind(&self.new.what)
        .bind(self.new.digest.as_bytes().as_slice())
        .bind(self.new.by)
        .bind(self.now.as_millis())
        .bind(self.new.lapses_at.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        acts::append(tx, self.new.by, "drafted", &self.new.id.to_string(), self.now).await
    }
}

struct Sign {
    word: Signed,
    now: Timestamp,
}

impl Work for Sign {
    type Answer = SignedHow;
    const NAME: &'static str = "sign-proposal";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<SignedHow, Fault> {
        let row = sqlx::query(
            "SELECT p.digest, p.proposed_by, p.signed_at, o.role
             FROM proposals p JOIN operators o ON o.id = p.proposed_by
             WHERE p.id = $1 AND p.decision IS NULL AND p.lapses_at > $2
                 AND o.removed_at IS NULL",
        )
        .bind(self.word.id())
        .bind(self.now.as_millis())
        .fetch_optional(&mut *tx.connection)
        .await?;
        let Some(row) = row else { return Ok(SignedHow::Closed) };
        // Who proposed it must be able to still, when another approves it.
        let may = row.named("role", Role::from_name)?.may(Power::Money);
        let digest: Digest = row.exact("digest")?;
        let is_own = row.cell::<i64>("proposed_by")? == self.word.operator();
        let is_signed = row.moment_or_none("signed_at")?.is_some();
        let (sql, how) = match (may && digest == self.word.digest(), is_own, is_signed) {
            (true, true, false) => (SIGN, SignedHow::Proposed),
            (true, false, true) => (APPROVE, SignedHow::Approved),
            (true, true, true) => return Ok(SignedHow::OwnProposal),
            _ => return Ok(SignedHow::Closed),
        };
        let done = sqlx::query(sql)
            .bind(self.word.id())
            .bind(self.now.as_millis())
            .bind(self.word.operator())
            .execute(&mut *tx.connection)
            .await?;
        if done.rows_affected() != 1 {
            return Err(Fault::Raced);
        }
        let act = if how == SignedHow::Approved { "approved" } else { "proposed" };
        let about = self.word.id().to_string();
        acts::append(tx, self.word.operator(), act, &about, self.now).await?;
        Ok(how)
    }
}

const SIGN: &str = "UPDATE proposals SET signed_at = $2
     WHERE id = $1 AND proposed_by = $3 AND signed_at IS NULL AND decision IS NULL";
const APPROVE: &str = "UPDATE proposals SET decision = 'approved', decided_at = $2, decided_by = $3
     WHERE id = $1 AND proposed_by <> $3 AND signed_at IS NOT NULL AND decision IS NULL";

struct Refuse {
    id: i64,
    by: i64,
    now: Timestamp,
}

impl Work for Refuse {
    type Answer = bool;
    const NAME: &'static str = "refuse-proposal";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "UPDATE proposals SET decision = 'refused', decided_at = $2, decided_by = $3
             WHERE id = $1 AND decision IS NULL AND lapses_at > $2",
        )
        .bind(self.id)
        .bind(self.now.as_millis())
        .bind(self.by)
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        acts::append(tx, self.by, "refused", &self.id.to_string(), self.now).await?;
        Ok(true)
    }
}

struct End {
    id: i64,
    outcome: String,
    now: Timestamp,
}

impl Work for End {
    type Answer = ();
    const NAME: &'static str = "end-proposal";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let row = sqlx::query(
            "UPDATE proposals SET outcome = $2 WHERE id = $1 AND outcome IS NULL
             RETURNING decided_by",
        )
        .bind(self.id)
        .bind(&self.outcome)
        .fetch_optional(&mut *tx.connection)
        .await?;
        let Some(row) = row else { return Ok(()) };
        let by = row.cell("decided_by")?;
        acts::append(tx, by, "carried-out", &self.id.to_string(), self.now).await
    }
}

fn read(row: &Row) -> Result<Proposal, Fault> {
    let decision: Option<&str> = row.cell("decision")?;
    let decision = match decision {
        None => None,
        Some(name) => {
            let decision = Decision::from_name(name).ok_or(Fault::Damaged("decision"))?;
            Some((decision, row.cell("decider")?, row.moment("decided_at")?))
        }
    };
    Ok(Proposal {
        id: row.cell("id")?,
        what: row.cell("what")?,
        digest: row.exact("digest")?,
        proposer: (row.cell("proposed_by")?, row.cell("proposer")?),
        proposed_at: row.moment("proposed_at")?,
        lapses_at: row.moment("lapses_at")?,
        signed_at: row.moment_or_none("signed_at")?,
        decision,
        outcome: row.cell("outcome")?,
    })
}
