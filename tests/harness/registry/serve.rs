//! The HTTP side.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{Method, Response, StatusCode, header};
use axum::middleware::{self, Next};
use axum::routing::{get, post};
use serde_json::Value as Json;
use tokio::net::TcpListener;

use super::catalogue::{Answer, error};
use super::{Fault, Shared};

type Registry = State<Arc<Mutex<Shared>>>;

pub(super) async fn run(listener: TcpListener, shared: Arc<Mutex<Shared>>) {
    let routes = Router::new()
        .route("/schemas/ids/{id}", get(by_id))
        .route("/subjects", get(subjects))
        .route("/subjects/{subject}", post(look_up))
        .route("/subjects/{subject}/versions", get(versions).post(register))
        .route("/subjects/{subject}/versions/{version}", get(version))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), misbehave))
        .with_state(shared);
    let _ = axum::serve(listener, routes).await;
}

async fn by_id(State(registry): Registry, Path(id): Path<String>) -> Response<Body> {
    reply(lock(&registry).catalogue.by_id(&id))
}

async fn subjects(State(registry): Registry) -> Response<Body> {
    reply(lock(&registry).catalogue.subjects())
}

async fn versions(State(registry): Registry, Path(subject): Path<String>) -> Response<Body> {
    reply(lock(&registry).catalogue.versions(&subject))
}

async fn version(State(registry): Registry, Path((subject, version)): Path<(String, String)>) -> Response<Body> {
    reply(lock(&registry).catalogue.version(&subject, &version))
}

async fn register(State(registry): Registry, Path(subject): Path<String>, body: Bytes) -> Response<Body> {
    reply(lock(&registry).catalogue.post(&subject, &body))
}

async fn look_up(State(registry): Registry, Path(subject): Path<String>, body: Bytes) -> Response<Body> {
    reply(lock(&registry).catalogue.look_up(&subject, &body))
}

async fn misbehave(State(registry): Registry, request: Request, next: Next) -> Response<Body> {
    let (fault, stranger) = {
        let mut registry = lock(&registry);
        registry.requests.push(format!("{} {}", request.method(), request.uri()));
        let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let stranger = registry.authorization.as_deref().is_some_and(|wanted| given != Some(wanted));
        (registry.fault.clone(), stranger)
    };
    match fault {
        _ if stranger => reply(error(401, 40101, "Unauthorized")),
        Fault::ReadOnly if request.method() == Method::POST && request.uri().path().ends_with("/versions") => {
            reply(error(403, 40301, "User is denied operation Write on this Subject"))
        }
        Fault::None | Fault::ReadOnly => next.run(request).await,
        Fault::Status(status) => reply(error(status, 50001, "Error in the backend data store")),
        Fault::Slow(delay) => {
            tokio::time::sleep(delay).await;
            next.run(request).await
        }
        Fault::Garbage(text) => response(200, text),
    }
}

fn reply((status, body): Answer) -> Response<Body> {
    response(status, Json::to_string(&body))
}

/// Every answer ends its connection, so that a client of a registry that went away has none left.
fn response(status: u16, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status a test has chosen");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/vnd.schemaregistry.v1+json"));
    headers.insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    response
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
