//! Where a request comes from, as coarsely as neighbours share it: /24 of IPv4, /56 of IPv6, what
//! a provider gives to one household. Never kept, never logged.

use std::net::IpAddr;

/// A network of neighbours, or of all who come through a relay that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    neighbours: Neighbours,
    is_relay: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Neighbours {
    /// The first 24 bits.
    V4([u8; 3]),
    /// The first 56 bits.
    V6([u8; 7]),
}

impl Network {
    /// Of this address.
    pub fn of(address: IpAddr) -> Self {
        let neighbours = match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Neighbours::V4([a, b, c])
            }
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, ..] = address.octets();
                Neighbours::V6([a, b, c, d, e, f, g])
            }
        };
        Self { neighbours, is_relay: false }
    }

    /// Those for whom a relay in this network stands: all together, as nobody can tell them apart.
    pub fn of_relay(self) -> Self {
        Self { is_relay: true, ..self }
    }

    /// Whether it is a relay's.
    pub fn is_relay(&self) -> bool {
        self.is_relay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_network() {
        let same =
            |a: &str, b: &str| Network::of(a.parse().unwrap()) == Network::of(b.parse().unwrap());
        assert!(same("192.0.2.1", "192.0.2.254"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.2"), "IPv4 in IPv6 is IPv4");
        assert!(!same("192.0.2.1", "192.0.3.1"));
        assert!(same("2001:db8:0:1200::1", "2001:db8:0:12ff:ffff::"));
        assert!(!same("2001:db8:0:1200::1", "2001:db8:0:1300::1"));
    }
}
