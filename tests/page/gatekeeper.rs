//! A door in front of the admin address that wants a token for everything but the frame.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use order_sync_tests::wait::block_on;

/// What carries no figures.
const FRAME: [&str; 4] = ["/", "/page.css", "/page.js", "/page.svg"];

pub(crate) struct Gatekeeper(SocketAddr);

impl Gatekeeper {
    pub(crate) fn start(behind: &str, token: &'static str) -> Self {
        let behind = behind.to_owned();
        block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("it is bound");
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            let pass = move |request: Request| passed(client.clone(), behind.clone(), token, request);
            tokio::spawn(async move { axum::serve(listener, Router::new().fallback(pass)).await });
            Self(address)
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.0)
    }
}

async fn passed(client: reqwest::Client, behind: String, token: &'static str, request: Request) -> Response {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !FRAME.contains(&request.uri().path()) && given != Some(&format!("Bearer {token}")) {
        return (StatusCode::UNAUTHORIZED, "a token is needed\n").into_response();
    }
    let asked = client.get(format!("{behind}{}", request.uri())).send().await;
    let Ok(answer) = asked else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut passed = Response::builder().status(answer.status());
    for name in [CONTENT_TYPE, CONTENT_SECURITY_POLICY] {
        if let Some(value) = answer.headers().get(&name) {
            passed = passed.header(name, value);
        }
    }
    let body = answer.bytes().await.unwrap_or_default();
    passed.body(body.into()).expect("headers that were already sent once")
}
