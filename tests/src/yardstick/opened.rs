//! What the agent gets to read: the payment halves among all that it received, opened with its key.

use std::{fs, path::Path};

use shared_protocol::{Credential, GrantRequest, Message as _, OpeningKey, decode};

use crate::Result;

/// The credentials in every request for a Grant among these connections.
pub fn credentials(connections: &[Vec<u8>], agent: &Path) -> Result<Vec<u8>> {
    let key = fs::read(agent.join("data/keys/opening.x25519"))?;
    let key = <[u8; 32]>::try_from(key.as_slice())?;
    let key = OpeningKey::from_bytes(&key).map_err(|e| anyhow::anyhow!("{e:?}"))?;
    let mut read = Vec::new();
    for connection in connections {
        for body in bodies(connection, &GrantRequest::media_type()) {
            let request: GrantRequest =
                decode(body).map_err(|e| anyhow::anyhow!("no request: {e:?}"))?;
            let context = request.context().map_err(|e| anyhow::anyhow!("{e:?}"))?;
            let half = request.payment.open(&context, &key);
            let half = half.map_err(|e| anyhow::anyhow!("cannot be opened: {e:?}"))?;
            if let Credential::Code { contract, code } = &half.credential {
                read.extend_from_slice(contract.expose().as_bytes());
                read.push(b'\n');
                read.extend_from_slice(code.expose().as_bytes());
                read.push(b'\n');
            }
        }
    }
    Ok(read)
}

/// The bodies of this media type in what one connection brought (RFC 9112 §6.2).
fn bodies<'c>(connection: &'c [u8], media_type: &str) -> Vec<&'c [u8]> {
    let mut bodies = Vec::new();
    let mut rest = connection;
    while let Some(end) = memchr::memmem::find(rest, b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&rest[..end]).to_ascii_lowercase();
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let length = header("content-length: ").and_then(|length| length.trim().parse().ok());
        let (begin, length) = (end + 4, length.unwrap_or(0));
        let body = rest.get(begin..begin + length).unwrap_or_default();
        if header("content-type: ").is_some_and(|kind| kind.trim() == media_type) {
            bodies.push(body);
        }
        rest = rest.get(begin + length..).unwrap_or_default();
    }
    bodies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_found_one_after_the_other() {
        let sent = b"PUT /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Type: x/y\r\n\r\nabc\
            GET /b HTTP/1.1\r\n\r\n\
            PUT /c HTTP/1.1\r\ncontent-type: x/y\r\ncontent-length: 2\r\n\r\nde";
        assert_eq!(bodies(sent, "x/y"), [&b"abc"[..], b"de"]);
        assert!(bodies(sent, "x/z").is_empty());
    }
}
