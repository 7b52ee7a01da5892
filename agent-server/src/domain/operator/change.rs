//! What one operator changes by a passkey: a merchant's origins and keys, who may use the console.
//! All that decides is written out, so that exactly this is signed, and done only as long as what
//! it begins from has not changed. Money is never moved so.

use serde::{Deserialize, Serialize};
use shared_protocol::{Digest, Timestamp, digest};

/// A change: its JSON is what the passkey signs for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// Where a merchant's widget may appear.
    Origins {
        /// Whose.
        merchant: String,
        /// As it is now.
        before: Vec<String>,
        /// As it will be.
        after: Vec<String>,
    },
    /// A merchant's next pair of keys.
    Keys {
        /// Whose.
        merchant: String,
        /// The name of the key that it has now.
        before: String,
        /// The name of the next one.
        after: String,
        /// The next signing key, base64url.
        verifying: String,
        /// The next sealing key, base64url.
        sealing: String,
        /// So many hours the one before still counts.
        overlap_hours: u32,
    },
    /// A merchant's key that somebody else may have.
    RevokeKey {
        /// Whose.
        merchant: String,
        /// Its name.
        kid: String,
    },
    /// Somebody new may use the console.
    Invite {
        /// As the others will call them.
        name: String,
        /// What they will be allowed to do.
        role: String,
    },
    /// An operator needs another passkey.
    Link {
        /// Who.
        name: String,
    },
    /// An operator may do something else.
    Role {
        /// Who.
        name: String,
        /// What they may do now.
        before: String,
        /// What they will be allowed to do.
        after: String,
    },
    /// An operator may do nothing any more.
    Remove {
        /// Who.
        name: String,
    },
}

/// A change as it is kept.
#[derive(Clone, Debug)]
pub struct PreparedChange {
    /// Its row.
    pub id: i64,
    /// What is changed, exactly as it is signed for.
    pub what: String,
    /// The digest of it, as it was kept.
    pub digest: Digest,
    /// Who changes it.
    pub operator: i64,
    /// From when on it cannot be signed.
    pub lapses_at: Timestamp,
    /// When it was signed; `None`: not yet.
    pub signed_at: Option<Timestamp>,
    /// When it was done; `None`: not yet, or it could not be.
    pub done_at: Option<Timestamp>,
}

impl Change {
    /// As it is kept, and signed for.
    ///
    /// # Panics
    /// Never: numbers and texts always become JSON.
    pub fn written(&self) -> String {
        serde_json::to_string(self).expect("numbers and texts become JSON")
    }

    /// The digest of what is kept.
    pub fn digest(written: &str) -> Digest {
        digest("operator-change", written.as_bytes())
    }

    /// How it is written down among what operators did: what, and about whom.
    pub fn act(&self) -> (&'static str, String) {
        let (act, about) = match self {
            Self::Origins { merchant, .. } => ("origins-set", merchant),
            Self::Keys { merchant, .. } => ("keys-replaced", merchant),
            Self::RevokeKey { merchant, .. } => ("key-revoked", merchant),
            Self::Invite { name, .. } => ("operator-added", name),
            Self::Link { name } => ("operator-invited", name),
            Self::Role { name, .. } => ("operator-role-given", name),
            Self::Remove { name } => ("operator-removed", name),
        };
        (act, about.clone())
    }

    /// Whether a link comes of it.
    pub fn is_invitation(&self) -> bool {
        matches!(self, Self::Invite { .. } | Self::Link { .. })
    }

    /// The page from which it came, and to which it goes back.
    pub fn page(&self) -> String {
        match self {
            Self::Origins { merchant, .. }
            | Self::Keys { merchant, .. }
            | Self::RevokeKey { merchant, .. } => format!("/console/merchants/{merchant}"),
            _ => "/console/operators".into(),
        }
    }
}

impl PreparedChange {
    /// What is changed, if it is still what was kept.
    pub fn change(&self) -> Option<Change> {
        let is_whole = Change::digest(&self.what) == self.digest;
        is_whole.then(|| serde_json::from_str(&self.what).ok())?
    }

    /// Whether it waits for its signature.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.signed_at.is_none() && now < self.lapses_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_another_has_another_digest() {
        let change =
            Change::Role { name: "a".into(), before: "viewer".into(), after: "admin".into() };
        let written = change.written();
        let at = Timestamp::from_millis(7);
        let kept = PreparedChange {
            id: 1,
            digest: Change::digest(&written),
            what: written,
            operator: 1,
            lapses_at: at,
            signed_at: None,
            done_at: None,
        };
        assert_eq!(kept.change(), Some(change));
        assert!(!kept.is_open(at) && kept.is_open(Timestamp::from_millis(6)));
        let spoilt = PreparedChange { what: kept.what.replace("viewer", "support"), ..kept };
        assert_eq!(spoilt.change(), None);
    }
}
