//! The demo's mailbox: letters as files in one folder, so that a restart loses none.
//! The same posting kept twice is one letter.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use shared_protocol::Timestamp;

use crate::mail::Posting;

/// Keeps letters for the page that shows them.
#[derive(Clone)]
pub struct Mailbox(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    /// Oldest first.
    letters: Mutex<Vec<KeptLetter>>,
}

/// A letter as programs read it at `/_demo/mail.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLetter {
    /// Its name, the left-hand side of its Message-ID.
    pub id: String,
    /// The address on its envelope.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Its HTML.
    pub html: String,
    /// The confirmation page, if it asks for consent.
    pub link: Option<String>,
    /// When it came, RFC 3339 in UTC.
    pub received_at: String,
}

impl Mailbox {
    /// Opens the folder, makes it if it is not there, and reads the letters in it.
    ///
    /// # Errors
    /// If that fails, or if a file in it is no letter.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut letters = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|kind| kind == "json") {
                letters.push(serde_json::from_slice(&fs::read(path)?)?);
            }
        }
        letters.sort_by(|a: &KeptLetter, b| (&a.received_at, &a.id).cmp(&(&b.received_at, &b.id)));
        Ok(Self(Arc::new(Inner { folder: folder.to_owned(), letters: Mutex::new(letters) })))
    }

    /// Keeps a letter, unless it is here already.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, posting: &Posting) -> io::Result<()> {
        let mut letters = self.letters();
        if letters.iter().any(|letter| letter.id == posting.id) {
            return Ok(());
        }
        let letter = KeptLetter::new(posting);
        let file = self.0.folder.join(file_name(&letter.id));
        let unfinished = file.with_extension("part");
        fs::write(&unfinished, serde_json::to_vec_pretty(&letter)?)?;
        fs::rename(unfinished, file)?;
        letters.push(letter);
        Ok(())
    }

    /// All letters, newest first.
    pub fn newest_first(&self) -> Vec<KeptLetter> {
        self.letters().iter().rev().cloned().collect()
    }

    /// The letter of this name.
    pub fn find(&self, id: &str) -> Option<KeptLetter> {
        self.letters().iter().find(|letter| letter.id == id).cloned()
    }

    fn letters(&self) -> MutexGuard<'_, Vec<KeptLetter>> {
        self.0.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({} letters)", self.letters().len())
    }
}

impl KeptLetter {
    /// When it came.
    pub fn moment(&self) -> Option<Timestamp> {
        let moment: jiff::Timestamp = self.received_at.parse().ok()?;
        Some(Timestamp::from_millis(moment.as_millisecond()))
    }

    fn new(posting: &Posting) -> Self {
        let moment = jiff::Timestamp::from_millisecond(posting.now.as_millis());
        let letter = &posting.letter;
        Self {
            id: posting.id.clone(),
            to: posting.to.clone(),
            subject: letter.subject.clone(),
            text: letter.text.clone(),
            html: letter.html.clone(),
            link: letter.link.clone(),
            received_at: moment.unwrap_or(jiff::Timestamp::MAX).to_string(),
        }
    }
}

/// An id never leaves the folder, whatever is in it.
fn file_name(id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    format!("{}.json", id.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Letter;

    #[test]
    fn letters_stay_in_order_once_each_over_a_restart() {
        let folder = std::env::temp_dir().join(format!("warifu-mailbox-{}", std::process::id()));
        let mailbox = Mailbox::open(&folder).unwrap();
        for (id, at) in [("out_1", 1000), ("out_2", 2000), ("out_1", 3000), ("../out/3", 4000)] {
            mailbox.keep(&posting(id, at)).unwrap();
        }
        let ids = |mailbox: &Mailbox| {
            mailbox.newest_first().into_iter().map(|letter| letter.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&mailbox), ["../out/3", "out_2", "out_1"]);
        let again = Mailbox::open(&folder).unwrap();
        assert_eq!(ids(&again), ["../out/3", "out_2", "out_1"]);
        let letter = again.find("out_1").unwrap();
        assert_eq!(letter.received_at, "1970-01-01T00:00:01Z");
        assert_eq!(letter.link.as_deref(), Some("http://localhost:7070/confirm/t"));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
        fs::remove_dir_all(&folder).unwrap();
    }

    fn posting(id: &str, millis: i64) -> Posting {
        Posting {
            id: id.to_owned(),
            to: "hanako@example.jp".to_owned(),
            from_name: "Agent".to_owned(),
            letter: Letter {
                subject: "Subject".to_owned(),
                text: "Text".to_owned(),
                html: "<p>Text</p>".to_owned(),
                link: Some("http://localhost:7070/confirm/t".to_owned()),
            },
            now: Timestamp::from_millis(millis),
        }
    }
}
