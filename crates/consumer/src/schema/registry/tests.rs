//! A registry that gives one prepared answer after another.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};

use super::*;
use crate::config::{Framing, Secret};

/// Answers one connection after another with what is given, and tells what it was asked.
fn registry(answers: Vec<(&'static str, String)>) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, questions) = channel();
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut question, mut chunk) = (Vec::new(), [0; 4096]);
            while !complete(&question) {
                let read = stream.read(&mut chunk).unwrap();
                question.extend_from_slice(&chunk[..read]);
            }
            let _ = asked.send(String::from_utf8(question).unwrap());
            let _ = write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        }
    });
    (address, questions)
}

fn complete(question: &[u8]) -> bool {
    let text = String::from_utf8_lossy(question).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
    body.len() >= length
}

fn client(address: SocketAddr, path: &str, credentials: Option<Credentials>) -> Registry {
    let url = Url::parse(&format!("http://{address}{path}")).unwrap();
    let registry = config::Registry { url, credentials, ca_file: None };
    Registry::new(&config::Schema { framing: Framing::Confluent, registry: Some(registry), writer_schema: None }).unwrap().unwrap()
}

async fn fetch(answers: Vec<(&'static str, String)>) -> Result<String, RegistryError> {
    let (address, _questions) = registry(answers);
    client(address, "", None).fetch(7).await
}

fn not_found() -> (&'static str, String) {
    ("404 Not Found", r#"{"error_code":40403,"message":"Schema 7 not found"}"#.to_owned())
}

#[tokio::test]
async fn a_schema_is_asked_for_below_the_configured_path() {
    for path in ["/apis/ccompat/v7", "/apis/ccompat/v7/"] {
        let (address, questions) = registry(vec![("200 OK", r#"{"schema":"\"string\"","guid":"x"}"#.to_owned())]);
        assert_eq!(client(address, path, None).fetch(7).await, Ok("\"string\"".to_owned()));
        let question = questions.recv().unwrap();
        assert!(question.starts_with("GET /apis/ccompat/v7/schemas/ids/7 HTTP/1.1\r\n"), "{question}");
        assert!(question.to_lowercase().contains("accept: application/vnd.schemaregistry.v1+json"), "{question}");
        assert!(!question.to_lowercase().contains("authorization"), "{question}");
    }
}

#[tokio::test]
async fn we_introduce_ourselves_as_configured() {
    let basic = Credentials::Basic { username: "Aladdin".to_owned(), password: Secret::new("open sesame".to_owned()) };
    // RFC 7617, section 2, and RFC 6750, section 2.1.
    let forms = [
        (basic, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        (Credentials::Token(Secret::new("mF_9.B5f-4.1JqM".to_owned())), "Bearer mF_9.B5f-4.1JqM"),
    ];
    for (credentials, header) in forms {
        let (address, questions) = registry(vec![("200 OK", r#"{"schema":"\"int\""}"#.to_owned())]);
        let client = client(address, "", Some(credentials));
        assert!(!format!("{client:?}").contains("sesame"));
        client.fetch(7).await.unwrap();
        assert!(questions.recv().unwrap().contains(header));
    }
}

#[tokio::test]
async fn only_the_registry_s_own_word_makes_an_id_unknown_and_it_is_asked_again_first() {
    assert_eq!(fetch(vec![not_found(), not_found(), not_found()]).await, Err(RegistryError::Unknown(7)));
    let found = ("200 OK", r#"{"schema":"\"int\"","schemaType":"AVRO","references":[]}"#.to_owned());
    assert_eq!(fetch(vec![not_found(), not_found(), found]).await, Ok("\"int\"".to_owned()), "a replica that was behind");
}

#[tokio::test]
async fn what_is_no_clear_answer_waits_and_says_what_to_look_at() {
    let table = [
        ("404 Not Found", "<html>not here</html>", "registry_url"),
        ("404 Not Found", r#"{"error_code":404,"message":"HTTP 404 Not Found"}"#, "registry_url"),
        ("401 Unauthorized", r#"{"error_code":40101,"message":"no"}"#, "(no); are schema.username"),
        ("403 Forbidden", "", "schema.username"),
        ("302 Found", "", "redirects are not followed"),
        ("429 Too Many Requests", "", "429"),
        ("500 Internal Server Error", r#"{"error_code":50001,"message":"store\n is down"}"#, "500 (store  is down)"),
        ("503 Service Unavailable", "", "503"),
        ("200 OK", "<html>log in first</html>", "something else than a schema"),
        ("200 OK", r#"{"id":7}"#, "something else than a schema"),
        ("200 OK", "", "something else than a schema"),
    ];
    for (status, body, said) in table {
        let error = fetch(vec![(status, body.to_owned())]).await.unwrap_err();
        assert!(error.waits(), "{status} {body}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn nobody_listening_waits_and_names_the_reason() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = client(address, "", Some(Credentials::Token(Secret::new("hunter2".to_owned())))).fetch(7).await.unwrap_err();
    assert!(error.waits());
    assert!(error.to_string().contains("refused") && !error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let error = fetch(vec![("200 OK", " ".repeat(LARGEST + 1))]).await.unwrap_err();
    assert!(error.waits() && error.to_string().contains("larger than 1 MiB"), "{error}");
}

#[tokio::test]
async fn a_schema_of_another_kind_is_refused_for_good() {
    for (body, said) in [
        (r#"{"schema":"syntax = \"proto3\";","schemaType":"PROTOBUF"}"#, "not Avro"),
        (r#"{"schema":"{}","schemaType":"JSON"}"#, "not Avro"),
    ] {
        let error = fetch(vec![("200 OK", body.to_owned())]).await.unwrap_err();
        assert!(!error.waits() && error.to_string().contains(said), "{error}");
    }
}

/// An answer with a schema that refers to these versions of subject `b/value`.
fn referring(schema: &str, versions: impl IntoIterator<Item = u32>) -> (&'static str, String) {
    let references: Vec<_> =
        versions.into_iter().map(|version| serde_json::json!({ "name": "a.B", "subject": "b/value", "version": version })).collect();
    ("200 OK", serde_json::json!({ "schema": schema, "references": references }).to_string())
}

#[tokio::test]
async fn what_a_schema_refers_to_is_fetched_once_each_and_stands_in_its_text() {
    let b = r#"{"type":"record","name":"a.B","fields":[{"name":"c","type":"a.C"}]}"#;
    let c = r#"{"type":"fixed","name":"a.C","size":2}"#;
    // The third one refers back to the second.
    let answers = vec![referring(r#"["null","a.B"]"#, [2]), referring(b, [3, 2]), referring(c, [2])];
    let (address, questions) = registry(answers);
    let text = client(address, "", None).fetch(7).await.unwrap();
    let expected = serde_json::json!(["null", { "type": "record", "name": "B", "namespace": "a", "fields": [
        { "name": "c", "type": { "type": "fixed", "name": "C", "namespace": "a", "size": 2 } }] }]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), expected);
    let asked: Vec<String> = questions.iter().map(|question| question.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(asked, ["/schemas/ids/7", "/subjects/b%2Fvalue/versions/2", "/subjects/b%2Fvalue/versions/3"]);
}

#[tokio::test]
async fn what_cannot_be_made_whole_is_refused_for_good_and_what_is_not_there_now_waits() {
    let first = || referring("\"a.B\"", [1]);
    let gone = ("404 Not Found", r#"{"error_code":40402,"message":"Version 1 not found."}"#.to_owned());
    let away = ("503 Service Unavailable", String::new());
    let proto = ("200 OK", r#"{"schema":"syntax","schemaType":"PROTOBUF"}"#.to_owned());
    let many = (0..80).map(|number| referring("\"int\"", [number + 1])).collect::<Vec<_>>();
    for (answers, waits, said) in [
        (vec![first(), gone], false, "a schema that the registry does not have"),
        (vec![first(), away], true, "503"),
        (vec![first(), ("404 Not Found", "<html>".to_owned())], true, "registry_url"),
        (vec![first(), proto], false, "is not Avro"),
        (vec![first(), ("200 OK", r#"{"schema":"{"}"#.to_owned())], false, "is not JSON"),
        (many, false, "more than 64 schemas"),
    ] {
        let error = fetch(answers).await.unwrap_err();
        assert!(error.waits() == waits && error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn registering_tells_the_id() {
    let (address, questions) = registry(vec![("200 OK", r#"{"id":12,"version":1}"#.to_owned())]);
    assert_eq!(client(address, "/v7", None).register("orders/eu-value", "\"int\"").await, Ok(12));
    let question = questions.recv().unwrap();
    assert!(question.starts_with("POST /v7/subjects/orders%2Feu-value/versions HTTP/1.1\r\n"), "{question}");
    let body: serde_json::Value = serde_json::from_str(question.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body, serde_json::json!({"schema": "\"int\""}));
}

#[tokio::test]
async fn a_schema_that_is_not_taken_is_told_in_the_registry_s_words() {
    let (address, _questions) =
        registry(vec![("409 Conflict", r#"{"error_code":409,"message":"incompatible with version 3"}"#.to_owned())]);
    let error = client(address, "", None).register("orders-value", "\"int\"").await.unwrap_err();
    assert!(error.to_string().contains("409 (incompatible with version 3)"), "{error}");
}

#[test]
fn without_a_registry_there_is_no_client() {
    let config = config::Schema { framing: Framing::Bare, registry: None, writer_schema: None };
    assert!(Registry::new(&config).unwrap().is_none());
}

#[tokio::test]
async fn the_newest_schema_of_a_subject_comes_with_its_numbers() {
    let found = r#"{"subject":"orders-value","version":3,"id":12,"schema":"\"int\""}"#;
    let (address, questions) = registry(vec![("200 OK", found.to_owned())]);
    let newest = client(address, "", None).newest("orders-value").await;
    assert_eq!(newest, Ok(Some(Newest { id: 12, version: 3, text: "\"int\"".to_owned() })));
    assert!(questions.recv().unwrap().starts_with("GET /subjects/orders-value/versions/latest HTTP/1.1\r\n"));
    for (status, body, expected) in [
        ("404 Not Found", r#"{"error_code":40401,"message":"Subject not found"}"#, Ok(None)),
        ("200 OK", r#"{"version":1,"id":2,"schema":"{}","schemaType":"JSON"}"#, Err(false)),
        ("404 Not Found", "<html>", Err(true)),
        ("200 OK", r#"{"schema":"\"int\""}"#, Err(true)),
    ] {
        let (address, _questions) = registry(vec![(status, body.to_owned())]);
        let newest = client(address, "", None).newest("orders-value").await;
        assert_eq!(newest.map_err(|error| error.waits()), expected, "{body}");
    }
}

#[tokio::test]
async fn a_schema_that_we_may_not_register_is_told_from_a_registry_that_is_away() {
    for (status, refused) in [
        ("401 Unauthorized", true),
        ("403 Forbidden", true),
        ("405 Method Not Allowed", true),
        ("409 Conflict", true),
        ("422 Unprocessable Entity", true),
        ("500 Internal Server Error", false),
        ("429 Too Many Requests", false),
    ] {
        let (address, _questions) = registry(vec![(status, String::new())]);
        let offered = client(address, "", None).offer("outcomes-value", "\"int\"").await;
        assert_eq!(offered.is_ok_and(|offered| offered.is_err()), refused, "{status}");
    }
    let (address, _questions) = registry(vec![("200 OK", r#"{"id":4}"#.to_owned())]);
    assert_eq!(client(address, "", None).offer("outcomes-value", "\"int\"").await, Ok(Ok(4)));
}

#[tokio::test]
async fn a_schema_is_looked_up_where_it_is() {
    let (address, questions) = registry(vec![("200 OK", r#"{"subject":"o","id":4,"version":1,"schema":"\"int\""}"#.to_owned())]);
    assert_eq!(client(address, "", None).look_up("o", "\"int\"").await, Ok(Some(4)));
    assert!(questions.recv().unwrap().starts_with("POST /subjects/o HTTP/1.1\r\n"));
    let (address, _questions) = registry(vec![not_found()]);
    assert_eq!(client(address, "", None).look_up("o", "\"int\"").await, Ok(None));
}
