//! A wire tap in front of a server: passes every byte on and keeps a copy, and is the weather on
//! the way there. Where what was kept is to be searched, compression is refused on the server's
//! behalf.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use anyhow::Context as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::Result;

/// Listens on one port, passes on to another.
#[derive(Clone)]
pub struct Tap {
    kept: Arc<Mutex<Kept>>,
    weather: Arc<Mutex<Weather>>,
    port: u16,
}

/// What becomes of requests on their way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    /// They arrive, and so do the answers.
    #[default]
    Fair,
    /// They arrive so much later.
    Slow(Duration),
    /// They do not arrive: somebody in between answers with this status.
    Answers(u16),
    /// They do not arrive: the line breaks.
    Breaks,
    /// They do not arrive, and nobody says so.
    Swallows,
    /// They arrive; the line breaks when the answer comes.
    LosesAnswers,
}

/// What becomes of the browser's wish for compressed answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// It is passed on.
    Allowed,
    /// The server does not hear of it.
    Refused,
}

/// What went through.
#[derive(Default, Clone)]
pub struct Kept {
    /// All that the server received, connection by connection.
    pub received: Vec<Vec<u8>>,
    /// All that it answered, connection by connection.
    pub answered: Vec<Vec<u8>>,
}

impl Tap {
    /// Starts listening; connections are passed on to `server_port` of this machine.
    pub async fn start(server_port: u16, compression: Compression) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let tap = Self { kept: Arc::default(), weather: Arc::default(), port };
        let new = (tap.kept.clone(), tap.weather.clone());
        tokio::spawn(async move {
            while let Ok((shopper, _)) = listener.accept().await {
                let (kept, weather) = new.clone();
                let line = Line { kept, weather, compression };
                tokio::spawn(line.pass_on(shopper, server_port));
            }
        });
        Ok(tap)
    }

    /// The port that the world sees.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on it is so.
    pub fn set(&self, weather: Weather) {
        *self.weather.lock().expect("no tap panics") = weather;
    }

    /// A copy of all that went through so far.
    pub fn kept(&self) -> Kept {
        self.kept.lock().expect("no tap panics").clone()
    }
}

/// One connection.
struct Line {
    kept: Arc<Mutex<Kept>>,
    weather: Arc<Mutex<Weather>>,
    compression: Compression,
}

impl Line {
    async fn pass_on(self, mut shopper: TcpStream, port: u16) -> Result {
        let server = TcpStream::connect(("127.0.0.1", port)).await;
        let mut server = server.context("the server is down")?;
        shopper.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let place = {
            let mut kept = self.kept();
            kept.received.push(Vec::new());
            kept.answered.push(Vec::new());
            kept.received.len() - 1
        };
        let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        let mut asks = true;
        loop {
            tokio::select! {
                count = shopper.read(&mut asked), if asks => match count? {
                    0 => {
                        asks = false;
                        server.shutdown().await?;
                    }
                    count => {
                        if !self.arrives(&mut shopper).await? {
                            return Ok(());
                        }
                        if self.compression == Compression::Refused {
                            refuse_compression(&mut asked[..count]);
                        }
                        self.kept().received[place].extend_from_slice(&asked[..count]);
                        server.write_all(&asked[..count]).await?;
                    }
                },
                count = server.read(&mut answered) => {
                    let count = count?;
                    if count == 0 || self.weather() == Weather::LosesAnswers {
                        return Ok(shopper.shutdown().await?);
                    }
                    self.kept().answered[place].extend_from_slice(&answered[..count]);
                    shopper.write_all(&answered[..count]).await?;
                }
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no tap panics")
    }

    fn weather(&self) -> Weather {
        *self.weather.lock().expect("no tap panics")
    }

    /// Whether what was asked is to be passed on now; else all of the line is done.
    async fn arrives(&self, shopper: &mut TcpStream) -> Result<bool> {
        match self.weather() {
            Weather::Fair | Weather::LosesAnswers => return Ok(true),
            Weather::Slow(long) => {
                tokio::time::sleep(long).await;
                return Ok(true);
            }
            Weather::Breaks => shopper.set_zero_linger()?,
            Weather::Answers(status) => {
                let head = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n");
                shopper.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).await?;
            }
            Weather::Swallows => {
                while self.weather() == Weather::Swallows {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        Ok(false)
    }
}

/// Renames the header in place, so that lengths stay as they are.
fn refuse_compression(bytes: &mut [u8]) {
    const HEADER: &[u8] = b"accept-encoding:";
    let found = bytes.windows(HEADER.len()).position(|here| here.eq_ignore_ascii_case(HEADER));
    if let Some(at) = found {
        bytes[at] = b'x';
    }
}
