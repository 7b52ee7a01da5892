//! The catalogue as it stands now: the file is read again when it has changed. A file with
//! mistakes changes nothing: the shop goes on selling by the last good one.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use shared_protocol::MerchantId;

use super::{Catalogue, Mistake};

/// The live catalogue.
pub enum Shelf {
    /// It is in a file.
    File(Watched),
    /// A program says what it is.
    Live(Source),
}

/// Says what is sold now.
pub type Source = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Catalogue> + Send>> + Send + Sync>;

/// A catalogue file, read again when it has changed.
pub struct Watched {
    file: PathBuf,
    merchant: MerchantId,
    seen: RwLock<Seen>,
}

struct Seen {
    stamp: Stamp,
    catalogue: Arc<Catalogue>,
}

/// What tells one version of the file from the next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// The file cannot be read.
    #[error("{0}: {1}")]
    Unreadable(PathBuf, #[source] io::Error),
    /// It has mistakes.
    #[error("{0} has {n} mistakes:{list}", n = .1.len(), list = listed(.1))]
    Mistaken(PathBuf, Vec<Mistake>),
}

impl Shelf {
    /// Reads a catalogue file for the first time.
    ///
    /// # Errors
    /// [`ShelfError`]: a shop without a sound catalogue does not open.
    pub async fn open(file: PathBuf, merchant: MerchantId) -> Result<Self, ShelfError> {
        Watched::open(file, merchant).await.map(Self::File)
    }

    /// A catalogue that a program says.
    pub fn live(source: Source) -> Self {
        Self::Live(source)
    }

    /// The catalogue as it is now.
    pub async fn catalogue(&self) -> Arc<Catalogue> {
        match self {
            Self::File(file) => file.catalogue().await,
            Self::Live(source) => Arc::new(source().await),
        }
    }
}

impl Watched {
    async fn open(file: PathBuf, merchant: MerchantId) -> Result<Self, ShelfError> {
        let unreadable = |error| ShelfError::Unreadable(file.clone(), error);
        let stamp = Self::stamp(&file).await.map_err(unreadable)?;
        let text = tokio::fs::read_to_string(&file).await.map_err(unreadable)?;
        let catalogue = Catalogue::read(&text, &merchant)
            .map_err(|mistakes| ShelfError::Mistaken(file.clone(), mistakes))?;
        let seen = RwLock::new(Seen { stamp, catalogue: Arc::new(catalogue) });
        Ok(Self { file, merchant, seen })
    }

    /// The catalogue, read again if the file has changed since.
    async fn catalogue(&self) -> Arc<Catalogue> {
        let (known, catalogue) = {
            let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
            (seen.stamp, Arc::clone(&seen.catalogue))
        };
        match Self::stamp(&self.file).await {
            Ok(stamp) if stamp == known => catalogue,
            Ok(stamp) => self.read_again(stamp, catalogue).await,
            Err(error) => {
                tracing::warn!(%error, "the catalogue cannot be seen; the last one holds");
                catalogue
            }
        }
    }

    async fn read_again(&self, stamp: Stamp, last: Arc<Catalogue>) -> Arc<Catalogue> {
        let text = tokio::fs::read_to_string(&self.file).await;
        let read = text.map(|text| Catalogue::read(&text, &self.merchant));
        let catalogue = match read {
            Ok(Ok(catalogue)) => {
                tracing::info!(items = catalogue.items.len(), "the catalogue was read again");
                Arc::new(catalogue)
            }
            Ok(Err(mistakes)) => {
                tracing::warn!(mistakes = %listed(&mistakes), "the last catalogue holds");
                last
            }
            Err(error) => {
                tracing::warn!(%error, "the catalogue cannot be read; the last one holds");
                return last;
            }
        };
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        *seen = Seen { stamp, catalogue: Arc::clone(&catalogue) };
        catalogue
    }

    async fn stamp(file: &std::path::Path) -> io::Result<Stamp> {
        let about = tokio::fs::metadata(file).await?;
        Ok(Stamp { modified: about.modified().ok(), bytes: about.len() })
    }
}

fn listed(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect()
}
