//! Stands between an agent and its PostgreSQL, and kills the agent at the so-many-th word between
//! them.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
};

use crate::Result;

/// Listens for the agent.
pub struct Cutter {
    /// The database's URL, by way of this.
    pub url: String,
    fuse: Arc<Fuse>,
    _folder: TempDir,
}

/// Whom to kill, and when.
#[derive(Default)]
struct Fuse {
    process: AtomicU32,
    words_left: AtomicUsize,
}

impl Fuse {
    /// Counts a word; true if it was the last.
    fn burn(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        let left = self.words_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        if left != Ok(1) {
            return false;
        }
        let process = self.process.swap(0, Ordering::SeqCst).to_string();
        Command::new("kill").args(["-9", &process]).status().is_ok_and(|status| status.success())
    }
}

impl Cutter {
    /// Before the database of this URL, which is reached by a socket in a folder. To be called
    /// where tasks can be spawned.
    pub fn before(url: &str) -> Result<Self> {
        let (base, host) = url.split_once("?host=").context("a socket's folder")?;
        let folder = tempfile::tempdir()?;
        let listener = UnixListener::bind(folder.path().join(SOCKET))?;
        let url = format!("{base}?host={}", folder.path().display());
        let fuse = Arc::<Fuse>::default();
        let (server, burning) = (format!("{host}/{SOCKET}"), fuse.clone());
        tokio::spawn(async move {
            while let Ok((agent, _)) = listener.accept().await {
                tokio::spawn(pass_on(agent, server.clone(), burning.clone()));
            }
        });
        Ok(Self { url, fuse, _folder: folder })
    }

    /// This process dies at the so-many-th word from now on, its own or the server's, which nobody
    /// hears.
    pub fn kill(&self, process: u32, words: usize) {
        self.fuse.process.store(process, Ordering::SeqCst);
        self.fuse.words_left.store(words, Ordering::SeqCst);
    }

    /// Whether it has died.
    pub fn has_killed(&self) -> bool {
        self.fuse.process.load(Ordering::SeqCst) == 0
    }

    /// Nobody dies any more.
    pub fn spare(&self) {
        self.kill(0, 0);
    }
}

async fn pass_on(mut agent: UnixStream, server: String, fuse: Arc<Fuse>) -> Result {
    let mut server = UnixStream::connect(server).await?;
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            count = agent.read(&mut asked) => {
                let count = count?;
                if count == 0 || fuse.burn() {
                    return Ok(());
                }
                server.write_all(&asked[..count]).await?;
            }
            count = server.read(&mut answered) => {
                let count = count?;
                if count == 0 || fuse.burn() {
                    return Ok(());
                }
                agent.write_all(&answered[..count]).await?;
            }
        }
    }
}

const SOCKET: &str = ".s.PGSQL.5432";
