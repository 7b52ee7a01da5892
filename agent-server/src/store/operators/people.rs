//! Who operators are, and the links by which they come in.

use shared_protocol::Timestamp;

use super::acts;
use crate::{
    domain::{
        operator::{LinkDigest, Operator, Role},
        passkey::UserHandle,
    },
    store::{
        Fault, Store,
        row::{Cells as _, Row},
        writer::{Tx, Work},
    },
};

/// An operator to be added.
#[derive(Clone, Debug)]
pub struct NewOperator {
    /// As the others call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What authenticators call them.
    pub handle: UserHandle,
    /// By which they come in.
    pub link: NewLink,
}

/// A link to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewLink {
    /// Of its token.
    pub digest: LinkDigest,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

impl Store {
    /// Adds an operator; `false` if the name is taken.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn add_operator(&self, new: NewOperator, now: Timestamp) -> Result<bool, Fault> {
        self.0.writer.write(Add { new, now }).await
    }

    /// Keeps another link of the operator of this name; `false` if there is none.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn link_operator(
        &self,
        name: String,
        link: NewLink,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(Link { name, link, now }).await
    }

    /// Gives the operator of this name another role; `false` if there is none.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn set_role(&self, name: String, role: Role, now: Timestamp) -> Result<bool, Fault> {
        self.0.writer.write(SetRole { name, role, now, spares: false }).await
    }

    /// The same, unless nobody else could govern then: `false`.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn set_role_sparing(
        &self,
        name: String,
        role: Role,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(SetRole { name, role, now, spares: true }).await
    }

    /// Removes the operator of this name, their passkeys, sessions, links and tokens.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn remove_operator(&self, name: String, now: Timestamp) -> Result<bool, Fault> {
        self.0.writer.write(Remove { name, now, spares: false }).await
    }

    /// The same, unless nobody else could govern then: `false`.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn remove_operator_sparing(
        &self,
        name: String,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(Remove { name, now, spares: true }).await
    }

    /// Whether somebody else than the operator of this name can come in and govern.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn is_governed_without(&self, name: &str) -> Result<bool, Fault> {
        let row = sqlx::query(OTHER_ADMINS).bind(name).fetch_one(&self.0.reads).await?;
        Ok(row.count::<u64>("others")? > 0)
    }

    /// All operators, also removed ones, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn operators(&self) -> Result<Vec<Operator>, Fault> {
        let rows = sqlx::query("SELECT * FROM operators ORDER BY id").fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// The operator of this row, unless removed.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn operator(&self, id: i64) -> Result<Option<Operator>, Fault> {
        let row = sqlx::query("SELECT * FROM operators WHERE id = $1 AND removed_at IS NULL")
            .bind(id)
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The operator whose link this is, if it can still be used.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn operator_of_link(
        &self,
        digest: &LinkDigest,
        now: Timestamp,
    ) -> Result<Option<Operator>, Fault> {
        let row = sqlx::query(
            "SELECT o.* FROM operator_links l JOIN operators o ON o.id = l.operator
             WHERE l.token_digest = $1 AND l.used_at IS NULL AND l.expires_at > $2
                 AND o.removed_at IS NULL",
        )
        .bind(digest.0.as_slice())
        .bind(now.as_millis())
        .fetch_optional(&self.0.reads)
        .await?;
        row.as_ref().map(read).transpose()
    }
}

/// The row of the operator of this name, unless removed.
pub(super) async fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<i64>, Fault> {
    let row = sqlx::query("SELECT id FROM operators WHERE name = $1 AND removed_at IS NULL")
        .bind(name)
        .fetch_optional(&mut *tx.connection)
        .await?;
    row.map(|row| row.cell("id")).transpose()
}

/// Whether the operator of this name is the last who can come in and govern.
async fn is_last_admin(tx: &mut Tx<'_>, name: &str) -> Result<bool, Fault> {
    let row = sqlx::query(OTHER_ADMINS).bind(name).fetch_one(&mut *tx.connection).await?;
    Ok(row.count::<u64>("others")? == 0)
}

/// Those who have a passkey.
const OTHER_ADMINS: &str = "SELECT COUNT(*) AS others FROM operators o
     WHERE o.role = 'admin' AND o.removed_at IS NULL AND o.name <> $1
         AND EXISTS (SELECT 1 FROM operator_passkeys k WHERE k.operator = o.id)";

async fn keep_link(
    tx: &mut Tx<'_>,
    operator: i64,
    link: &NewLink,
    now: Timestamp,
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO operator_links (token_digest, operator, expires_at, created_at)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(link.digest.0.as_slice())
    .bind(operator)
    .bind(link.expires_at.as_millis())
    .bind(now.as_millis())
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

struct Add {
    new: NewOperator,
    now: Timestamp,
}

impl Work for Add {
    type Answer = bool;
    const NAME: &'static str = "add-operator";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let id = tx.id(self.now);
        let done = sqlx::query(
            "INSERT INTO operators (id, name, role, handle, created_at, updated_at, updated_by)
             VALUES ($1, $2, $3, $4, $5, $5, $6) ON CONFLICT (name) DO NOTHING",
        )
        .bind(id)
        .bind(&self.new.name)
        .bind(self.new.role.name())
        .bind(self.new.handle.as_slice())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        keep_link(tx, id, &self.new.link, self.now).await?;
        acts::append(tx, id, "added", self.new.role.name(), self.now).await?;
        Ok(true)
    }
}

struct Link {
    name: String,
    link: NewLink,
    now: Timestamp,
}

impl Work for Link {
    type Answer = bool;
    const NAME: &'static str = "link-operator";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let Some(id) = find(tx, &self.name).await? else { return Ok(false) };
        keep_link(tx, id, &self.link, self.now).await?;
        acts::append(tx, id, "invited", "", self.now).await?;
        Ok(true)
    }
}

struct SetRole {
    name: String,
    role: Role,
    now: Timestamp,
    spares: bool,
}

impl Work for SetRole {
    type Answer = bool;
    const NAME: &'static str = "set-operator-role";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let Some(id) = find(tx, &self.name).await? else { return Ok(false) };
        let stays = self.role == Role::Admin;
        if self.spares && !stays && is_last_admin(tx, &self.name).await? {
            return Ok(false);
        }
        sqlx::query(
            "UPDATE operators SET role = $2, updated_at = $3, updated_by = $4 WHERE id = $1",
        )
        .bind(id)
        .bind(self.role.name())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        acts::append(tx, id, "role-given", self.role.name(), self.now).await?;
        Ok(true)
    }
}

struct Remove {
    name: String,
    now: Timestamp,
    spares: bool,
}

impl Work for Remove {
    type Answer = bool;
    const NAME: &'static str = "remove-operator";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let Some(id) = find(tx, &self.name).await? else { return Ok(false) };
        if self.spares && is_last_admin(tx, &self.name).await? {
            return Ok(false);
        }
        sqlx::query(
            "UPDATE operators SET removed_at = $2, updated_at = $2, updated_by = $3 WHERE id = $1",
        )
        .bind(id)
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        for sql in FORGET {
            sqlx::query(sql).bind(id).execute(&mut *tx.connection).await?;
        }
        acts::append(tx, id, "removed", "", self.now).await?;
        Ok(true)
    }
}

const FORGET: [&str; 4] = [
    "DELETE FROM operator_sessions WHERE operator = $1",
    "DELETE FROM operator_passkeys WHERE operator = $1",
    "DELETE FROM operator_links WHERE operator = $1",
    "DELETE FROM operator_tokens WHERE operator = $1",
];

pub(super) fn read(row: &Row) -> Result<Operator, Fault> {
    Ok(Operator {
        id: row.cell("id")?,
        name: row.cell("name")?,
        role: row.named("role", Role::from_name)?,
        handle: row.exact("handle")?,
        removed_at: row.moment_or_none("removed_at")?,
        created_at: row.moment("created_at")?,
        signed_in_at: row.moment_or_none("signed_in_at")?,
    })
}
