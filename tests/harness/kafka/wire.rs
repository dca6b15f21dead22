//! Two requests of Kafka's protocol by hand, to know when a broker is ready without the patience of a client.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

const API_VERSIONS: i16 = 18;
const FIND_COORDINATOR: i16 = 10;

/// Whether it answers at all.
pub(super) fn answers(port: u16) -> bool {
    ask(port, API_VERSIONS, &[]).is_ok()
}

/// Whether it has a coordinator for a group; asking is what makes it create its internal topic.
pub(super) fn has_groups(port: u16) -> bool {
    ask(port, FIND_COORDINATOR, b"\x00\x04warm").is_ok_and(|answer| answer.starts_with(&[0, 0]))
}

/// The node that coordinates a group, where that is settled.
pub(super) fn coordinator(port: u16, group: &str) -> Option<usize> {
    let body = [&(group.len() as u16).to_be_bytes(), group.as_bytes()].concat();
    let answer = ask(port, FIND_COORDINATOR, &body).ok()?;
    let node: [u8; 4] = answer.get(2..6)?.try_into().ok()?;
    answer.starts_with(&[0, 0]).then(|| i32::from_be_bytes(node) as usize)
}

/// Version 0 of a request with correlation id 1 and no client id; gives the answer after its correlation id.
fn ask(port: u16, api: i16, body: &[u8]) -> io::Result<Vec<u8>> {
    let limit = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), limit)?;
    stream.set_read_timeout(Some(limit))?;
    let mut request = Vec::new();
    request.extend_from_slice(&(10 + body.len() as i32).to_be_bytes());
    request.extend_from_slice(&api.to_be_bytes());
    request.extend_from_slice(&[0, 0, 0, 0, 0, 1, 0xFF, 0xFF]);
    request.extend_from_slice(body);
    stream.write_all(&request)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut answer)?;
    Ok(answer.split_off(4.min(answer.len())))
}
