//! From which network a request comes, for the limits against guessing. Never kept, never logged.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};

use crate::{app::App, domain::network::Network};

/// The other end of the connection; an extension of every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The network of whoever sent the request; an extension of what came through a relay.
#[derive(Clone, Copy, Debug)]
pub struct Caller(pub Network);

impl FromRequestParts<App> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(*known);
        }
        let peer = parts.extensions.get::<Peer>().map(|Peer(address)| *address);
        let told = forwarded(&parts.headers).filter(|_| app.config.behind_proxy);
        let address = told.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Self(Network::of(address)))
    }
}

/// The last address of `X-Forwarded-For`: the one that our own proxy wrote. Those before it are
/// whatever the caller liked to write.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_proxy_wrote_is_believed() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded(&headers), None);
        headers.append("x-forwarded-for", "192.0.2.1, 198.51.100.7".parse().unwrap());
        assert_eq!(forwarded(&headers), "198.51.100.7".parse().ok());
        headers.append("x-forwarded-for", "2001:db8::1".parse().unwrap());
        assert_eq!(forwarded(&headers), "2001:db8::1".parse().ok());
        headers.append("x-forwarded-for", "unknown".parse().unwrap());
        assert_eq!(forwarded(&headers), None);
    }
}
