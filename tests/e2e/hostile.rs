//! Whoever answers in AlipayHK's place, or answers nonsense with AlipayHK's own key: a clear reason, a bounded cost, no lost record.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use alipayhk::exchange::{content, signature, timestamp};
use alipayhk::{METHOD, PATH};
use crypto::{Algorithm, Signer};
use order_sync_tests::alipayhk::CLIENT_ID;
use order_sync_tests::avro::Order;
use order_sync_tests::keys::Keys;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::wait::{PATIENCE, until};

use crate::world::{World, disposed};

const SUCCESS: &str = r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}"#;

/// What is answered instead of AlipayHK's answer.
type Answer = Arc<dyn Fn() -> Vec<u8> + Send + Sync>;

/// Stands between the process and AlipayHK: passes everything on, or answers itself.
struct Between {
    port: u16,
    answer: Arc<Mutex<Option<Answer>>>,
    /// Connections that pass everything on; a client keeps them.
    passing: Arc<Mutex<Vec<TcpStream>>>,
    /// Requests for a path that nobody should ask for.
    elsewhere: Arc<AtomicU64>,
}

impl Between {
    fn start(behind: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let between = Self {
            port: listener.local_addr().unwrap().port(),
            answer: Arc::default(),
            passing: Arc::default(),
            elsewhere: Arc::default(),
        };
        let (answer, elsewhere) = (Arc::clone(&between.answer), Arc::clone(&between.elsewhere));
        let passing = Arc::clone(&between.passing);
        let behind = behind.trim_start_matches("http://").to_owned();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, elsewhere, behind) = (answer.lock().unwrap().clone(), Arc::clone(&elsewhere), behind.clone());
                if answer.is_none() {
                    passing.lock().unwrap().push(stream.try_clone().unwrap());
                }
                thread::spawn(move || match answer {
                    Some(answer) => reply(stream, &answer, &elsewhere),
                    None => pass(stream, &behind),
                });
            }
        });
        between
    }

    fn answers(&self, answer: Option<Answer>) {
        *self.answer.lock().unwrap() = answer;
        // Nobody goes on with a connection of before.
        self.passing.lock().unwrap().drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
    }
}

/// Reads one request and answers it; a client that goes in the middle of the answer is what is hoped for.
fn reply(stream: TcpStream, answer: &Answer, elsewhere: &AtomicU64) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length, mut first) = (String::new(), 0, true);
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) && line != "\r\n" {
        if std::mem::take(&mut first) && !line.contains(PATH) {
            elsewhere.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    let _ = reader.read_exact(&mut vec![0; length]);
    let _ = reader.get_mut().write_all(&answer());
    // What was not read yet would turn the end into a reset: the client ends it.
    let _ = reader.get_mut().shutdown(Shutdown::Write);
    let _ = reader.read_to_end(&mut Vec::new());
}

fn pass(stream: TcpStream, behind: &str) {
    let Ok(to) = TcpStream::connect(behind) else { return };
    let (mut from, mut back) = (stream.try_clone().unwrap(), to.try_clone().unwrap());
    let answering = thread::spawn(move || {
        let _ = std::io::copy(&mut back, &mut &stream);
        let _ = stream.shutdown(Shutdown::Both);
    });
    let _ = std::io::copy(&mut from, &mut &to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = answering.join();
}

fn http(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let mut all = format!("{head}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    all.extend_from_slice(body);
    all
}

/// An answer that AlipayHK's key has signed. `signed` are the bytes that the signature is over.
fn signed(signed: &[u8], sent: &[u8], more: &[(&str, &str)]) -> Vec<u8> {
    let signer = Signer::new(Arc::new(Keys::rsa().alipayhk.private_key()), Algorithm::Rsa256).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let time = timestamp(now as i64).unwrap();
    let value = signature(&signer, 1, &content(METHOD, PATH, CLIENT_ID, &time, signed)).unwrap();
    let headers = [("Client-Id", CLIENT_ID), ("Response-Time", &time), ("Signature", &value)];
    http("200 OK", &[headers.as_slice(), more].concat(), sent)
}

/// Bytes as gzip, not compressed (RFC 1952 and RFC 1951, section 3.2.4).
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    let crc = !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)));
    let length = bytes.len() as u16;
    let mut all = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    all.extend([length.to_le_bytes(), (!length).to_le_bytes()].concat());
    all.extend_from_slice(bytes);
    all.extend([crc.to_le_bytes(), u32::from(length).to_le_bytes()].concat());
    all
}

/// Name, the cause it is counted under, and what comes back.
fn answers(port: u16) -> Vec<(&'static str, &'static str, Answer)> {
    let unsigned = |body: Vec<u8>| http("200 OK", &[("Content-Type", "application/json")], &body);
    let twice = r#"{"result":{"resultCode":"SUCCESS","resultStatus":"F"},"result":{"resultCode":"SUCCESS","resultStatus":"S"}}"#;
    let deep = format!("{{\"deep\":{}{},{}", "[".repeat(50_000), "]".repeat(50_000), &SUCCESS[1..]);
    let charset = [SUCCESS.trim_end_matches('}').as_bytes(), b",\"resultMessage\":\"\xc5\xa9\xff\"}}"].concat();
    let many =
        |line: &str| [b"HTTP/1.1 200 OK\r\n".to_vec(), line.as_bytes().repeat(100_000), b"Content-Length: 0\r\n\r\n".to_vec()].concat();
    let endless = || {
        let chunk = [b"100000\r\n".to_vec(), vec![b' '; 1 << 20], b"\r\n".to_vec()].concat();
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(), chunk.repeat(10)].concat()
    };
    vec![
        ("ten megabytes", "broken", Arc::new(move || unsigned(vec![b' '; 10 << 20]))),
        ("ten megabytes in chunks", "broken", Arc::new(endless)),
        ("a hundred thousand headers", "broken", Arc::new(move || many("x-more: 1\r\n"))),
        ("a header of a megabyte", "broken", Arc::new(|| http("200 OK", &[("x-long", &"a".repeat(1 << 20))], b""))),
        ("members that come twice, signed", "unreadable", Arc::new(move || signed(twice.as_bytes(), twice.as_bytes(), &[]))),
        ("fifty thousand levels, signed", "unreadable", Arc::new(move || signed(deep.as_bytes(), deep.as_bytes(), &[]))),
        (
            "another charset, signed",
            "unreadable",
            Arc::new(move || signed(&charset, &charset, &[("Content-Type", "application/json; charset=GBK")])),
        ),
        (
            "gzip over a signed text",
            "unreadable",
            Arc::new(|| signed(SUCCESS.as_bytes(), &gzip(SUCCESS.as_bytes()), &[("Content-Encoding", "gzip")])),
        ),
        (
            "a redirect",
            "http_status",
            Arc::new(move || http("302 Found", &[("Location", &format!("http://127.0.0.1:{port}/elsewhere"))], SUCCESS.as_bytes())),
        ),
        ("a success of somebody else", "unverified", Arc::new(|| http("200 OK", &[], SUCCESS.as_bytes()))),
        ("no HTTP at all", "broken", Arc::new(|| b"220 mail.example ESMTP\r\n".to_vec())),
    ]
}

#[test]
fn a_hostile_answer_has_a_clear_reason_and_a_bounded_cost_and_loses_nothing() {
    let world = World::new("hostile", 1);
    let between = Between::start(&world.alipayhk.base_url());
    let base_url = format!("http://127.0.0.1:{}", between.port);
    let run = OrderSync::start(&world.config().set("alipayhk.base_url", base_url));
    run.until("it runs", |_| true);
    let counted = |cause: &str| run.metric("ordersync_calls_total", &[("outcome", "indefinite"), ("cause", cause)]);
    let mut written = 0;
    for (name, cause, answer) in answers(between.port) {
        between.answers(Some(answer));
        let before = counted(cause);
        let number = format!("E2E-HOSTILE-{written}");
        world.orders.write(Order::new(&number).ext_info("{\"start_time\": 1760003600000}").record(world.schema));
        written += 1;
        until(name, PATIENCE, || {
            let times = counted(cause) - before;
            if times >= 3.0 { Ok(()) } else { Err(format!("{cause} {times} times: {}", run.get("/metrics")?.1)) }
        });
        let state = run.state().unwrap();
        let settled = order_sync_tests::order_sync::settled(&state);
        assert_eq!(settled, written - 1, "{name}: nothing is decided by it: {state}");
        between.answers(None);
        let state = run.until_settled(written);
        assert_eq!(disposed(&state, "delivered"), written, "{name}: {state}");
        assert!(world.alipayhk.order(&number).is_some(), "{name}");
    }
    assert_eq!(between.elsewhere.load(Ordering::Relaxed), 0, "a redirect was followed");
    assert!(run.peak_memory_mib() < 256, "{} MiB at most", run.peak_memory_mib());
    assert_eq!(world.dead_letters.ends(), [(0, 0)]);
    world.assert_well_behaved();
    world.stop_at_the_end(run);
}
