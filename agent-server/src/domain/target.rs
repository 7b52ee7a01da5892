//! Where webhooks may go: never to this machine, its network or its keeper's (SSRF, TRUST.md T34).
//! The address is judged when it is connected to, so that a name cannot mean something else by
//! then. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Why nothing is sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// It cannot be read as a URL.
    #[error("the merchant's address is no URL")]
    NoUrl,
    /// Not `https`, or with a user's name in it.
    #[error("the merchant's address is not https://host")]
    NotHttps,
    /// It is not on the public internet.
    #[error("the merchant's address is not on the public internet")]
    NotPublic,
}

/// Reads a target. Where `local` merchants are allowed, `http` to this very machine is one too.
///
/// # Errors
/// [`Forbidden`]. Names are judged by [`is_allowed`] once they are resolved.
pub fn target(text: &str, local: bool) -> Result<Url, Forbidden> {
    let url = Url::parse(text).map_err(|_| Forbidden::NoUrl)?;
    let host = url.host_str().ok_or(Forbidden::NoUrl)?;
    let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let is_home = literal.is_some_and(|ip| ip.is_loopback()) || host == "localhost";
    let is_scheme = url.scheme() == "https" || (local && is_home && url.scheme() == "http");
    if !is_scheme || !url.username().is_empty() || url.password().is_some() {
        return Err(Forbidden::NotHttps);
    }
    match literal {
        Some(address) if !is_allowed(address, local) => Err(Forbidden::NotPublic),
        _ => Ok(url),
    }
}

/// Whether something may be sent to this address.
pub fn is_allowed(address: IpAddr, local: bool) -> bool {
    match address.to_canonical() {
        address if local && address.is_loopback() => true,
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// All that the IANA registry of special addresses (RFC 6890) does not keep from the public.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    // The address of a cloud's own wire server is a public one.
    !is_special && address != Ipv4Addr::new(168, 63, 129, 16)
}

/// Only global unicast (2000::/3), without what stands for something else in it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_unicast = a & 0xe000 == 0x2000;
    let is_special = match a {
        0x2001 => b < 0x0200 || b == 0x0db8,
        0x2002 => true,
        0x3fff => b < 0x1000,
        _ => false,
    };
    is_unicast && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ways to write an address that is nobody's business (T34).
    const FORBIDDEN: &[&str] = &[
        "https://127.0.0.1/",
        "https://127.0.0.1:8443/",
        "https://127.1/",
        "https://127.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.255.255.254/",
        "https://0.0.0.0/",
        "https://0/",
        "https://0.1.2.3/",
        "https://10.0.0.1/",
        "https://10.255.255.255/",
        "https://0xa000001/",
        "https://172.16.0.1/",
        "https://172.31.255.255/",
        "https://192.168.0.1/",
        "https://192.168.255.255/",
        "https://169.254.169.254/",
        "https://169.254.170.2/",
        "https://0xa9fea9fe/",
        "https://2852039166/",
        "https://100.64.0.1/",
        "https://100.100.100.200/",
        "https://100.127.255.255/",
        "https://192.0.0.192/",
        "https://192.0.2.1/",
        "https://192.88.99.1/",
        "https://198.18.0.1/",
        "https://198.19.255.255/",
        "https://198.51.100.1/",
        "https://203.0.113.1/",
        "https://224.0.0.1/",
        "https://239.255.255.250/",
        "https://240.0.0.1/",
        "https://255.255.255.255/",
        "https://168.63.129.16/",
        "https://[::]/",
        "https://[::1]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::1]/",
        "https://[100::1]/",
        "https://[2001::1]/",
        "https://[2001:10::1]/",
        "https://[2001:db8::1]/",
        "https://[2002:7f00:1::]/",
        "https://[3fff::1]/",
        "https://[fc00::1]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://[5f00::1]/",
        "https://１２７.０.０.１/",
        "https://①②⑦.0.0.1/",
        "https://127。0。0。1/",
    ];

    const NO_TARGET: &[&str] = &[
        "http://shop.example/",
        "http://8.8.8.8/",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "gopher://shop.example/",
        "https://user@shop.example/",
        "https://a:b@shop.example/",
        "shop.example",
        "",
        "//shop.example/",
        "https://",
        "javascript:alert(1)",
    ];

    #[test]
    fn no_way_of_writing_a_forbidden_address_helps() {
        assert!(FORBIDDEN.len() >= 60, "{}", FORBIDDEN.len());
        for text in FORBIDDEN {
            assert_eq!(target(text, false), Err(Forbidden::NotPublic), "{text}");
        }
        for text in NO_TARGET {
            assert!(target(text, false).is_err(), "{text}");
            assert!(target(text, true).is_err(), "{text}");
        }
    }

    #[test]
    fn public_addresses_are_targets() {
        for text in [
            "https://shop.example/",
            "https://shop.example:8443/warifu",
            "https://8.8.8.8/",
            "https://100.63.0.1/",
            "https://172.32.0.1/",
            "https://[2606:4700::1111]/",
            "https://[2400:cb00::1]/",
            "https://[2001:4860::8888]/",
            "https://xn--wgv71a.example/",
        ] {
            assert!(target(text, false).is_ok(), "{text}");
        }
    }

    #[test]
    fn this_machine_is_a_target_only_where_that_was_said() {
        for text in ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"] {
            assert_eq!(target(text, false), Err(Forbidden::NotHttps), "{text}");
            assert!(target(text, true).is_ok(), "{text}");
        }
        for text in ["http://10.0.0.1/", "http://shop.example/", "https://169.254.169.254/"] {
            assert!(target(text, true).is_err(), "{text}");
        }
    }
}
