//! A wire tap in front of a server: passes every byte on and keeps a copy. Where what was kept is
//! to be searched, compression is refused on the server's behalf.

use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::Result;

/// Listens on one port, passes on to another.
#[derive(Clone)]
pub struct Tap {
    kept: Arc<Mutex<Kept>>,
    port: u16,
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
        let tap = Self { kept: Arc::default(), port: listener.local_addr()?.port() };
        let kept = tap.kept.clone();
        tokio::spawn(async move {
            while let Ok((shopper, _)) = listener.accept().await {
                tokio::spawn(pass_on(shopper, server_port, kept.clone(), compression));
            }
        });
        Ok(tap)
    }

    /// The port that the world sees.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A copy of all that went through so far.
    pub fn kept(&self) -> Kept {
        self.kept.lock().expect("no tap panics").clone()
    }
}

async fn pass_on(
    shopper: TcpStream,
    port: u16,
    kept: Arc<Mutex<Kept>>,
    compression: Compression,
) -> Result {
    let server = TcpStream::connect(("127.0.0.1", port)).await.context("the server is down")?;
    shopper.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (shopper_in, shopper_out) = shopper.into_split();
    let (server_in, server_out) = server.into_split();
    let place = {
        let mut kept = kept.lock().expect("no tap panics");
        kept.received.push(Vec::new());
        kept.answered.push(Vec::new());
        kept.received.len() - 1
    };
    let up = copy(shopper_in, server_out, |bytes| {
        if compression == Compression::Refused {
            refuse_compression(bytes);
        }
        kept.lock().expect("no tap panics").received[place].extend_from_slice(bytes);
    });
    let down = copy(server_in, shopper_out, |bytes| {
        kept.lock().expect("no tap panics").answered[place].extend_from_slice(bytes);
    });
    tokio::join!(up, down);
    Ok(())
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut keep: impl FnMut(&mut [u8]),
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count) = from.read(&mut buffer).await {
        keep(&mut buffer[..count]);
        if count == 0 || to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
    to.shutdown().await.ok();
}

/// Renames the header in place, so that lengths stay as they are.
fn refuse_compression(bytes: &mut [u8]) {
    const HEADER: &[u8] = b"accept-encoding:";
    let found = bytes.windows(HEADER.len()).position(|here| here.eq_ignore_ascii_case(HEADER));
    if let Some(at) = found {
        bytes[at] = b'x';
    }
}
