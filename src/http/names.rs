//! Under which names a server answers. A page elsewhere whose name was made to lead here (DNS rebinding) comes under its own
//! name, and is told apart by it.

use super::message::single;
use axum::http::request::Parts;
use std::net::IpAddr;

/// The names this computer has for itself.
const OWN: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// The names of one server.
#[derive(Debug, Clone)]
pub struct Names {
    port: u16,
    /// Other computers reach it by whatever address it has. A page's name never is an address.
    addresses: bool,
    allowed: Vec<String>,
}

impl Names {
    /// Those of a server that only this computer reaches.
    pub fn loopback(port: u16) -> Self {
        Self { port, addresses: false, allowed: Vec::new() }
    }

    /// Those of a server on `address`, and the `allowed` ones, which may come with any port.
    pub fn of(address: IpAddr, port: u16, allowed: &[String]) -> Self {
        let allowed = allowed.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self { port, addresses: !address.is_loopback(), allowed }
    }

    /// Whether a name with port, as a Host header or an origin has it, is one of these.
    pub fn include(&self, authority: &str) -> bool {
        let (host, port) = split(authority);
        let own = OWN.contains(&host.as_str()) || (self.addresses && is_address(&host));
        let here = match port {
            Some(port) => port == self.port.to_string(),
            None => self.port == 80,
        };
        (own && here) || (self.allowed.contains(&host) && self.know(authority))
    }

    /// Whether a name is this computer's or an allowed one, whatever port stands behind it.
    pub fn know(&self, authority: &str) -> bool {
        let (host, port) = split(authority);
        let named = OWN.contains(&host.as_str()) || self.allowed.contains(&host);
        named && port.is_none_or(|port| port.parse::<u16>().is_ok())
    }

    /// Whether a request asks for this server.
    pub fn are_asked(&self, head: &Parts) -> bool {
        let named = head.uri.authority().is_none_or(|authority| self.include(authority.as_str()));
        named && single(&head.headers, "host").is_some_and(|host| self.include(host))
    }
}

/// Host in lower case, and port.
fn split(authority: &str) -> (String, Option<&str>) {
    let (host, port) = match authority.rsplit_once(':') {
        // Not the colons of a bare IPv6 address.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    (host.to_ascii_lowercase(), port)
}

fn is_address(host: &str) -> bool {
    host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_this_computer_has_its_three_names_at_its_port() {
        let names = Names::loopback(7689);
        for ours in ["127.0.0.1:7689", "LocalHost:7689", "[::1]:7689"] {
            assert!(names.include(ours), "{ours}");
        }
        let others =
            ["127.0.0.1", "localhost:80", "evil.example:7689", "192.168.1.5:7689", "localhost:7689.evil", "", ":7689"];
        for other in others {
            assert!(!names.include(other), "{other}");
        }
        assert!(Names::loopback(80).include("localhost"));
        assert!(names.know("localhost:3000") && names.know("[::1]"));
        for other in ["evil.example:3000", "localhost:3000.evil.example", "localhost.evil.example", "localhost:"] {
            assert!(!names.know(other), "{other}");
        }
    }

    #[test]
    fn one_that_others_reach_is_asked_by_address_or_by_an_allowed_name() {
        let allowed = ["Host.Docker.Internal".to_string()];
        let names = Names::of("0.0.0.0".parse().unwrap(), 7689, &allowed);
        for ours in ["192.168.1.5:7689", "[fe80::1]:7689", "host.docker.internal:7689", "host.docker.internal"] {
            assert!(names.include(ours), "{ours}");
        }
        for other in ["192.168.1.5:1", "docker.internal:7689", "evil.example:7689"] {
            assert!(!names.include(other), "{other}");
        }
        assert!(!Names::of("127.0.0.1".parse().unwrap(), 7689, &allowed).include("192.168.1.5:7689"));
    }
}
