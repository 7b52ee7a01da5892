//! Which keys an agent signs with and from when to when each of them counts, signed by a key that
//! its reader knows already: so a merchant learns the next key from the one before.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{
    AgentId,
    codec::messages,
    problem::Problem,
    role::Role,
    sign::{Statement, VerifyingKey},
    time::Timestamp,
};

/// Agent-signed: its keys, as they stand at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    /// Whose keys they are.
    pub agent: AgentId,
    /// The one that signs first, then the next and those before.
    pub keys: Vec<ListedKey>,
    /// When they stood so.
    pub listed: Timestamp,
}

/// A key and when its signature counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedKey {
    /// The public half.
    pub key: VerifyingKey,
    /// It signs nothing before.
    pub from: Timestamp,
    /// It counts until then; `None`: it still does.
    pub until: Option<Timestamp>,
}

messages! {
    KeyList = "key-list", 2048;
}

impl Statement for KeyList {
    const SPEAKER: Role = Role::Agent;
    const HEARER: Role = Role::Merchant;
    const BROKEN: Problem = Problem::WebhookInvalid;
}
