//! Ports for servers that are about to start.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU16, Ordering},
};

use anyhow::Context as _;

use crate::Result;

/// Below those that the system gives to connections and to whoever asks for port 0: between the
/// choice and the start of a server, which may be seconds on a busy machine, one of those would
/// often be somebody else's.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// How many this process has chosen.
static CHOSEN: AtomicU16 = AtomicU16::new(0);

/// A port that is free, and that no other call in this process is given.
pub fn free_port() -> Result<u16> {
    // Processes side by side begin far from each other.
    let first = std::process::id().wrapping_mul(2_657) % u32::from(COUNT);
    let chosen = (0..COUNT).map(|_| CHOSEN.fetch_add(1, Ordering::Relaxed));
    let mut ports = chosen.map(|nth| {
        let place = (first + u32::from(nth)) % u32::from(COUNT);
        FIRST + u16::try_from(place).unwrap_or_default()
    });
    let free = ports.find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    free.context("no port is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice_nor_one_that_is_taken() {
        let taken = TcpListener::bind(("127.0.0.1", free_port().unwrap() + 1)).unwrap();
        let mut ports: Vec<_> = (0..500).map(|_| free_port().unwrap()).collect();
        assert!(!ports.contains(&taken.local_addr().unwrap().port()));
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 500);
        assert!(ports.iter().all(|port| (FIRST..FIRST + COUNT).contains(port)));
    }
}
