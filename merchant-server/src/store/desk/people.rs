//! Who may use the desk, the links by which they come in, and what they did.

use shared_protocol::Timestamp;
use sqlx::FromRow;

use crate::domain::desk::{Done, Person, Role, TokenDigest};
use crate::store::{Fault, Store, Tx};

/// Somebody to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewPerson<'a> {
    /// As the others call them.
    pub name: &'a str,
    /// What they may do.
    pub role: Role,
    /// What authenticators call them.
    pub handle: [u8; 32],
}

impl Store {
    /// Whether there is anybody who may use the desk.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn has_people(&self) -> Result<bool, Fault> {
        let sql = "SELECT 1 FROM people WHERE removed_at IS NULL LIMIT 1";
        let row: Option<(i64,)> = sqlx::query_as(sql).fetch_optional(&self.0.reading).await?;
        Ok(row.is_some())
    }

    /// All of them, also who was removed, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn people(&self) -> Result<Vec<Person>, Fault> {
        let sql = "SELECT id, name, role, handle, removed_at FROM people ORDER BY id";
        let rows: Vec<PersonRow> = sqlx::query_as(sql).fetch_all(&self.0.reading).await?;
        rows.into_iter().map(PersonRow::person).collect()
    }

    /// The person of this row, unless removed.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn person(&self, id: i64) -> Result<Option<Person>, Fault> {
        let sql = "SELECT id, name, role, handle, removed_at FROM people
            WHERE id = $1 AND removed_at IS NULL";
        let row: Option<PersonRow> =
            sqlx::query_as(sql).bind(id).fetch_optional(&self.0.reading).await?;
        row.map(PersonRow::person).transpose()
    }

    /// Whose link this is, if it can still be used.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn person_of_link(
        &self,
        link: TokenDigest,
        now: Timestamp,
    ) -> Result<Option<Person>, Fault> {
        let sql = "SELECT p.id, p.name, p.role, p.handle, p.removed_at
            FROM person_links l JOIN people p ON p.id = l.person
            WHERE l.token_digest = $1 AND l.used_at IS NULL AND l.expires_at > $2
                AND p.removed_at IS NULL";
        let row: Option<PersonRow> = sqlx::query_as(sql)
            .bind(link.0.as_slice())
            .bind(now.as_millis())
            .fetch_optional(&self.0.reading)
            .await?;
        row.map(PersonRow::person).transpose()
    }

    /// What was done, newest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn acts(&self, at_most: u32) -> Result<Vec<Done>, Fault> {
        let sql = "SELECT p.name, a.act, a.about, a.at
            FROM person_acts a LEFT JOIN people p ON p.id = a.person ORDER BY a.id DESC LIMIT $1";
        let rows: Vec<(Option<String>, String, String, i64)> =
            sqlx::query_as(sql).bind(i64::from(at_most)).fetch_all(&self.0.reading).await?;
        let read = |(name, act, about, at)| {
            let at = Timestamp::from_millis(at);
            Done { name, act, about, at }
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

impl Tx<'_> {
    /// Adds somebody; `None` if the name is taken.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn add_person(&mut self, new: &NewPerson<'_>) -> Result<Option<i64>, Fault> {
        let sql = "INSERT INTO people (id, name, role, handle, created_at, updated_by)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING";
        let id = self.next_id();
        let done = sqlx::query(sql)
            .bind(id)
            .bind(new.name)
            .bind(new.role.name())
            .bind(new.handle.as_slice())
            .bind(self.now.as_millis())
            .bind(self.name)
            .execute(&mut *self.transaction)
            .await?;
        Ok((done.rows_affected() == 1).then_some(id))
    }

    /// The row of the person of this name, unless removed.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn person_called(&mut self, name: &str) -> Result<Option<i64>, Fault> {
        let sql = "SELECT id FROM people WHERE name = $1 AND removed_at IS NULL";
        let row: Option<(i64,)> =
            sqlx::query_as(sql).bind(name).fetch_optional(&mut *self.transaction).await?;
        Ok(row.map(|(id,)| id))
    }

    /// Keeps a link by which somebody registers a passkey.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn keep_person_link(
        &mut self,
        person: i64,
        link: TokenDigest,
        expires: Timestamp,
    ) -> Result<(), Fault> {
        let sql = "INSERT INTO person_links (token_digest, person, expires_at) VALUES ($1, $2, $3)";
        sqlx::query(sql)
            .bind(link.0.as_slice())
            .bind(person)
            .bind(expires.as_millis())
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Uses up a link: one statement that succeeds once. Whose it was.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn use_person_link(&mut self, link: TokenDigest) -> Result<Option<i64>, Fault> {
        let sql = "UPDATE person_links SET used_at = $2
            WHERE token_digest = $1 AND used_at IS NULL AND expires_at > $2
                AND person IN (SELECT id FROM people WHERE removed_at IS NULL)
            RETURNING person";
        let row: Option<(i64,)> = sqlx::query_as(sql)
            .bind(link.0.as_slice())
            .bind(self.now.as_millis())
            .fetch_optional(&mut *self.transaction)
            .await?;
        Ok(row.map(|(person,)| person))
    }

    /// Has somebody do other things from now on.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn set_role(&mut self, person: i64, role: Role) -> Result<(), Fault> {
        let sql = "UPDATE people SET role = $2, updated_by = $3 WHERE id = $1";
        let query = sqlx::query(sql).bind(person).bind(role.name()).bind(self.name);
        query.execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Takes everything from somebody but what they did.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn remove_person(&mut self, person: i64) -> Result<(), Fault> {
        for sql in [
            "DELETE FROM person_sessions WHERE person = $1",
            "DELETE FROM person_passkeys WHERE person = $1",
            "DELETE FROM person_links WHERE person = $1",
        ] {
            sqlx::query(sql).bind(person).execute(&mut *self.transaction).await?;
        }
        let sql = "UPDATE people SET removed_at = $2, updated_by = $3 WHERE id = $1";
        let query = sqlx::query(sql).bind(person).bind(self.now.as_millis()).bind(self.name);
        query.execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Writes down what somebody did; `None`: whoever was at the command line.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn note_act(
        &mut self,
        person: Option<i64>,
        act: &str,
        about: &str,
    ) -> Result<(), Fault> {
        let sql = "INSERT INTO person_acts (id, person, act, about, at)
            VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(self.next_id())
            .bind(person)
            .bind(act)
            .bind(about)
            .bind(self.now.as_millis())
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}

#[derive(FromRow)]
struct PersonRow {
    id: i64,
    name: String,
    role: String,
    handle: Vec<u8>,
    removed_at: Option<i64>,
}

impl PersonRow {
    fn person(self) -> Result<Person, Fault> {
        Ok(Person {
            id: self.id,
            name: self.name,
            role: Role::from_name(&self.role).ok_or(Fault::Damaged("role"))?,
            handle: self.handle.as_slice().try_into().map_err(|_| Fault::Damaged("handle"))?,
            removed: self.removed_at.map(Timestamp::from_millis),
        })
    }
}
