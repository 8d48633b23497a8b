//! Who listens on a port: cheap to find out on Linux, not attempted elsewhere.

use std::net::SocketAddr;

/// The program that listens where `addr` would, as `name (pid 1)`. Programs of other users stay unknown.
pub(crate) fn holder(addr: SocketAddr) -> Option<String> {
    #[cfg(target_os = "linux")]
    return linux::holder(addr);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = addr;
        None
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        fs,
        net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
        path::Path,
    };

    /// The state of a listening socket in the tables of the kernel.
    const LISTENING: &str = "0A";

    pub(super) fn holder(addr: SocketAddr) -> Option<String> {
        let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
            .into_iter()
            .filter_map(|table| fs::read_to_string(table).ok())
            .flat_map(|table| listening_at(&table, addr))
            .collect();
        if sockets.is_empty() {
            return None;
        }
        fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
            let pid: u32 = process.file_name().to_str()?.parse().ok()?;
            if !has_one_of(&process.path(), &sockets) {
                return None;
            }
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            Some(format!("{} (pid {pid})", name.trim_end()))
        })
    }

    /// The link texts of the sockets in a kernel table that listen where `addr` would.
    fn listening_at(table: &str, addr: SocketAddr) -> Vec<String> {
        table
            .lines()
            .filter_map(|line| {
                let mut columns = line.split_whitespace().skip(1);
                let (local, state) = (columns.next()?, columns.nth(1)?);
                let inode = columns.nth(5)?;
                let (ip, port) = local.split_once(':')?;
                let (ip, wanted) = (address(ip)?, addr.ip().to_canonical());
                let collides = ip == wanted || ip.is_unspecified() || wanted.is_unspecified();
                (state == LISTENING && u16::from_str_radix(port, 16) == Ok(addr.port()) && collides)
                    .then(|| format!("socket:[{inode}]"))
            })
            .collect()
    }

    /// An address as the kernel prints it: words of 32 bits in the byte order of the machine.
    fn address(hex: &str) -> Option<IpAddr> {
        let word = |at: usize| Some(u32::from_str_radix(hex.get(at * 8..at * 8 + 8)?, 16).ok()?.to_ne_bytes());
        match hex.len() {
            8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
            32 => {
                let mut bytes = [0; 16];
                for (at, room) in bytes.chunks_exact_mut(4).enumerate() {
                    room.copy_from_slice(&word(at)?);
                }
                Some(Ipv6Addr::from(bytes).to_canonical())
            }
            _ => None,
        }
    }

    fn has_one_of(process: &Path, sockets: &[String]) -> bool {
        fs::read_dir(process.join("fd")).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                fs::read_link(entry.path())
                    .is_ok_and(|link| sockets.iter().any(|socket| link.as_os_str() == socket.as_str()))
            })
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        #[cfg(target_endian = "little")]
        fn the_tables_of_the_kernel_are_understood() {
            let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 111 1 x 100 0 0 10 0\n\
                1: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000 0 222 1 x 100 0 0 10 0\n\
                2: 0200007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 333 1 x 100 0 0 10 0\n\
                3: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 1000 0 444 1\n";
            for (addr, expected) in [
                ("127.0.0.1:8080", vec!["socket:[111]"]),
                ("127.0.0.2:8080", vec!["socket:[333]"]),
                ("[::1]:8080", vec!["socket:[444]"]),
                ("127.0.0.1:8081", vec![]),
                ("0.0.0.0:8080", vec!["socket:[111]", "socket:[333]", "socket:[444]"]),
            ] {
                assert_eq!(listening_at(table, addr.parse().unwrap()), expected, "{addr}");
            }
        }
    }
}
