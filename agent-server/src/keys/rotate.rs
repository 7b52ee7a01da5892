//! Makes the next key, ends the one before. What is written first is harmless without what is
//! written after it, so a crash in between leaves nothing that cannot be done again.

use std::path::Path;

use shared_protocol::Timestamp;
use zeroize::Zeroizing;

use super::{
    AgentKeyring, KeyFault,
    book::{KeyBook, KeyKind},
    file,
    held::Held,
};
use crate::entropy::Entropy;

impl AgentKeyring {
    /// Makes the next key of a kind, which is used from `from` on. Running servers read it within
    /// seconds; they publish it at once.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn rotate(
        dir: &Path,
        kind: KeyKind,
        (now, from): (Timestamp, Timestamp),
        entropy: &Entropy,
    ) -> Result<u32, KeyFault> {
        // With the public halves of all, so that they outlive the private ones.
        let mut book = Held::read(dir, book(dir)?, now)?.book;
        let number = book.add(kind, now, from)?;
        // One that a rotation left behind which did not come so far.
        file::remove(&dir.join(kind.file(number)))?;
        make(dir, kind, number, entropy)?;
        write(dir, &book)
            .and_then(|()| write(dir, &Held::read(dir, book, now)?.book))
            .map(|()| number)
    }

    /// Ends the older of two keys and removes its file; returns its number.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn retire(
        dir: &Path,
        kind: KeyKind,
        now: Timestamp,
        revoked: bool,
    ) -> Result<u32, KeyFault> {
        let mut book = Held::read(dir, book(dir)?, now)?.book;
        let number = book.end(kind, now, revoked)?;
        write(dir, &book)?;
        file::remove(&dir.join(kind.file(number)))?;
        Ok(number)
    }
}

/// The book in this folder.
pub(super) fn book(dir: &Path) -> Result<KeyBook, KeyFault> {
    let path = dir.join(BOOK);
    match file::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|_| KeyFault::Damaged(path)),
        Err(KeyFault::Missing(_)) => Ok(KeyBook::first()),
        Err(fault) => Err(fault),
    }
}

/// Whether anything was ever rotated here.
pub(super) fn is_kept(dir: &Path) -> bool {
    dir.join(BOOK).exists()
}

fn write(dir: &Path, book: &KeyBook) -> Result<(), KeyFault> {
    let path = dir.join(BOOK);
    let text = serde_json::to_vec_pretty(book).map_err(|_| KeyFault::Damaged(path.clone()))?;
    file::replace(&path, &text)
}

/// Makes a key file.
pub(super) fn make(
    dir: &Path,
    kind: KeyKind,
    number: u32,
    entropy: &Entropy,
) -> Result<(), KeyFault> {
    let bytes = Zeroizing::new(match kind {
        KeyKind::Signing => entropy.signing_key(),
        KeyKind::Opening | KeyKind::Pepper | KeyKind::Numbers => entropy.bytes::<32>().to_vec(),
    });
    file::write_new(&dir.join(kind.file(number)), &bytes)
}

/// Lists the keys; holds none.
const BOOK: &str = "keys.json";
