//! Load on one agent: grants prepared beforehand, then sent over many connections at once. The
//! sender is a bare keep-alive HTTP/1.1 writer, so that it costs the server's cores little.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use shared_protocol::{GrantRequest, Message as _, encode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    Client, Result,
    client::{Attempt, form_by_passkey, form_with},
    passkey::Passkey,
    server::Server,
};

/// What one round took.
#[derive(Clone, Debug)]
pub struct Round {
    /// Grants given.
    pub grants: usize,
    /// Wall time.
    pub wall: Duration,
    /// CPU time of the server's process.
    pub cpu: Duration,
    /// Time of each grant, sorted.
    pub latencies: Vec<Duration>,
}

impl Round {
    /// Grants per second.
    #[expect(clippy::float_arithmetic, reason = "a figure for people")]
    pub fn rate(&self) -> f64 {
        self.grants as f64 / self.wall.as_secs_f64()
    }

    /// Microseconds of the server's CPU per grant.
    #[expect(clippy::float_arithmetic, reason = "a figure for people")]
    pub fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.grants as f64
    }

    /// The middle latency.
    pub fn median(&self) -> Duration {
        self.latencies[self.latencies.len() / 2]
    }
}

/// Who pays for the purchases of a round.
#[derive(Clone, Copy)]
pub enum Payers<'a> {
    /// These contracts, by number and code.
    ByCode(&'a [String]),
    /// The contracts of these passkeys, in a page of this origin.
    ByPasskey(&'a [Passkey], &'a str),
}

/// Prepares so many purchases, spread over those who pay.
pub async fn prepare(client: &Client, payers: Payers<'_>, count: usize) -> Result<Vec<Attempt>> {
    let offer = client.offer("SENCHA-01").await?;
    let mut attempts = Vec::with_capacity(count);
    for number in 0..count {
        let purchase = shared_protocol::PurchaseId::random(&mut crate::randomness::Entropy::new());
        let challenge = client.challenge(purchase).await?.map_err(|r| anyhow::anyhow!("{r:?}"))?;
        attempts.push(match payers {
            Payers::ByCode(contracts) => {
                let form = form_with(&contracts[number % contracts.len()], "2468");
                client.prepare_with(form, &offer, &challenge)?
            }
            Payers::ByPasskey(passkeys, shop) => {
                let attempt = client.prepare_with(form_by_passkey(), &offer, &challenge)?;
                let tally = attempt.sealed.passkey_challenge();
                let said = passkeys[number % passkeys.len()].approve(tally, shop)?;
                client.with_passkey(attempt, &offer, &challenge, &said)?
            }
        });
    }
    Ok(attempts)
}

/// Sends all of them over `connections` at once and waits for every Grant.
#[expect(clippy::disallowed_methods, reason = "this measures")]
pub async fn grant_all(server: &Server, attempts: &[Attempt], connections: usize) -> Result<Round> {
    let requests: Arc<Vec<Vec<u8>>> =
        Arc::new(attempts.iter().map(|a| request(a.purchase, &a.sealed.grant_request())).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let address = server.listens_on();
    let cpu_before = cpu_time(server)?;
    let start = Instant::now();
    let mut senders = Vec::new();
    for _ in 0..connections {
        senders.push(tokio::spawn(send_some(address.clone(), requests.clone(), next.clone())));
    }
    let mut latencies = Vec::with_capacity(attempts.len());
    for sender in senders {
        latencies.extend(sender.await??);
    }
    let wall = start.elapsed();
    let cpu = cpu_time(server)? - cpu_before;
    latencies.sort();
    Ok(Round { grants: attempts.len(), wall, cpu, latencies })
}

#[expect(clippy::disallowed_methods, reason = "this measures")]
async fn send_some(
    address: String,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(4096);
    let mut latencies = Vec::new();
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let start = Instant::now();
        stream.write_all(request).await?;
        read_answer(&mut stream, &mut buffer).await?;
        latencies.push(start.elapsed());
    }
    Ok(latencies)
}

fn request(purchase: shared_protocol::PurchaseId, request: &GrantRequest) -> Vec<u8> {
    let body = encode(request);
    let mut bytes = format!(
        "PUT /v1/purchases/{purchase}/grant HTTP/1.1\r\nhost: localhost\r\ncontent-type: {}\r\n\
         content-length: {}\r\n\r\n",
        GrantRequest::media_type(),
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(&body);
    bytes
}

async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result {
    buffer.clear();
    let (head_end, length) = loop {
        ensure!(stream.read_buf(buffer).await? > 0, "the server hung up");
        if let Some(end) = buffer.windows(4).position(|here| here == b"\r\n\r\n") {
            break (end + 4, content_length(&buffer[..end])?);
        }
    };
    while buffer.len() < head_end + length {
        ensure!(stream.read_buf(buffer).await? > 0, "the server hung up in its answer");
    }
    let granted = buffer.starts_with(b"HTTP/1.1 200") || buffer.starts_with(b"HTTP/1.1 201");
    ensure!(granted, "not granted: {}", String::from_utf8_lossy(buffer));
    Ok(())
}

fn content_length(head: &[u8]) -> Result<usize> {
    let head = str::from_utf8(head)?.to_ascii_lowercase();
    let line = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    Ok(line.context("no content-length")?.trim().parse()?)
}

/// User and system time of a process (proc_pid_stat(5), fields 14 and 15, in 1/100 s).
fn cpu_time(server: &Server) -> Result<Duration> {
    let id = server.process_id().context("the server is not running")?;
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    let after_name = stat.rsplit_once(')').context("no name in stat")?.1;
    let mut fields = after_name.split_whitespace().skip(11);
    let mut ticks = || -> Result<u64> { Ok(fields.next().context("a short stat")?.parse()?) };
    Ok(Duration::from_millis((ticks()? + ticks()?) * 10))
}
