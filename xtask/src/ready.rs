//! Asking a server over plain HTTP whether it is up: one request, one status, no client library.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use anyhow::{Context as _, Result};

const PATIENCE: Duration = Duration::from_secs(2);

/// What a server answered.
pub struct Answer {
    /// HTTP status, 0 if the answer was not HTTP.
    pub status: u16,
    /// Everything after the headers.
    pub body: String,
}

/// `GET path` from `host:port`.
pub fn get(address: &str, path: &str) -> Result<Answer> {
    let mut last = None;
    // `localhost` may be ::1, 127.0.0.1 or both; a server need not listen on each.
    for place in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&place, PATIENCE) {
            Ok(stream) => return ask(stream, address, path),
            Err(trouble) => last = Some(trouble),
        }
    }
    let trouble = last.context("the address stands for no machine")?;
    Err(trouble).with_context(|| format!("nothing answers at {address}"))
}

fn ask(mut stream: TcpStream, host: &str, path: &str) -> Result<Answer> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(parse(&String::from_utf8_lossy(&bytes)))
}

fn parse(text: &str) -> Answer {
    let status = text.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Answer { status: status.unwrap_or(0), body: body.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_body_are_read() {
        let answer = parse("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nnot yet");
        assert_eq!((answer.status, answer.body.as_str()), (503, "not yet"));
        assert_eq!(parse("garbage").status, 0);
    }

    #[test]
    fn nobody_there_is_an_error_and_not_a_hang() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(get(&free.to_string(), "/readyz").is_err());
    }
}
