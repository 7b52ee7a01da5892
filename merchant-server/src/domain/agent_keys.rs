//! The agent's keys: those that were configured, and what the agent said of them since. A list
//! counts if a key that is believed signed it, so each next key is learnt from the one before.

use std::sync::{PoisonError, RwLock};

use shared_protocol::{KeyList, ListedKey, Signed, Timestamp, VerifyingKey, jws};

use super::{Failure, Shop};
use crate::store::Store;

/// What the agent said of its keys.
#[derive(Debug, Default)]
pub struct LearntKeys(RwLock<Learnt>);

#[derive(Clone, Debug, Default)]
struct Learnt {
    keys: Vec<ListedKey>,
    listed: Option<Timestamp>,
}

impl Shop {
    /// Keys by which the agent is believed, newest first.
    pub fn agent_keys(&self) -> Vec<VerifyingKey> {
        let learnt = self.learnt.now();
        let listed = |key: &VerifyingKey| learnt.keys.iter().any(|known| known.key == *key);
        let living = learnt.keys.iter().filter(|key| key.until.is_none()).map(|known| known.key);
        let configured = self.agent.verifying.iter().copied().filter(|key| !listed(key));
        living.chain(configured).collect()
    }

    /// The name of the newest of them, by which the agent is asked for its list.
    pub fn newest_kid(&self) -> String {
        self.agent_keys().first().map(jws::key_id).unwrap_or_default()
    }

    /// Takes up what was learnt before this process, and whether the database was brought back.
    ///
    /// # Errors
    /// [`Failure`] if the database does not answer.
    pub async fn remember(&mut self, store: &Store) -> Result<(), Failure> {
        self.restored = store.restored_at().await?;
        let (keys, listed) = store.agent_keys().await?;
        self.learnt.set(Learnt { keys, listed });
        Ok(())
    }

    /// Believes a list of the agent's keys; `true` if it says something new.
    ///
    /// # Errors
    /// [`Failure`] if no believed key signed it, or the database does not answer.
    pub async fn learn(
        &self,
        store: &Store,
        said: &Signed<KeyList>,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let list = self.believe(said)?.into_inner();
        let before = self.learnt.now();
        let is_newer = before.listed.is_none_or(|listed| listed < list.listed);
        if list.agent != self.agent.agent || !is_newer {
            return Ok(false);
        }
        let is_new = before.keys != list.keys;
        if is_new {
            let mut tx = store.begin("learn_agent_keys", now).await?;
            for key in &list.keys {
                tx.keep_agent_key(key, list.listed).await?;
            }
            tx.commit().await?;
        }
        self.learnt.set(Learnt { keys: list.keys, listed: Some(list.listed) });
        Ok(is_new)
    }
}

impl LearntKeys {
    fn now(&self) -> Learnt {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, learnt: Learnt) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = learnt;
    }
}
