//! The paths.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Path, Query, State as Extract};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware;
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc::Sender;

use super::guard::{self, Door};
use super::health::Heartbeats;
use super::orders::{self, Question, Unanswered};
use super::page::{self, Look};
use super::state::{Published, State};
use crate::telemetry::metrics::Metrics;

/// What the paths show.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) published: Published,
    pub(super) metrics: Metrics,
    pub(super) heartbeats: Heartbeats,
    pub(super) orders: Sender<Question>,
}

pub(super) fn router(shown: Shown, door: Arc<Door>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/page.css", get(async || file("text/css; charset=utf-8", ::page::STYLE)))
        .route("/page.js", get(async || file("text/javascript; charset=utf-8", ::page::SCRIPT)))
        .route("/page.svg", get(async || file("image/svg+xml", ::page::ICON)))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/api/state", get(state))
        .route("/api/orders/{order}", get(order))
        .route("/api/page", get(figures))
        .fallback(async || problem(StatusCode::NOT_FOUND, "no such path"))
        .layer(middleware::from_fn_with_state(door, guard::check))
        .with_state(shown)
}

/// The page's frame. It has no figures, so whoever may not see them can still be asked for a token.
async fn index() -> Html<String> {
    Html(page::frame())
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind)], text).into_response()
}

/// What the page is looking at.
#[derive(Deserialize)]
struct Asked {
    order: Option<String>,
}

/// The page's figures: what its script asks for, again and again.
async fn figures(Extract(shown): Extract<Shown>, Query(asked): Query<Asked>) -> Html<String> {
    let state = shown.published.get();
    // Nobody listens before there are partitions, so nobody is asked.
    let oldest = if state.partitions.is_empty() { Ok(Arc::default()) } else { orders::oldest(&shown.orders).await };
    let order = match asked.order {
        Some(number) => {
            let known = orders::ask(&shown.orders, &number).await;
            Some((number, known))
        }
        None => None,
    };
    let (now, millis) = (shown.heartbeats.elapsed(), unix_millis());
    Html(Look { state: &state, history: &shown.published.history(), now, millis, oldest, order }.html())
}

/// Alive: both loops turned lately.
async fn livez(Extract(shown): Extract<Shown>) -> Response {
    match shown.heartbeats.stuck() {
        None => (StatusCode::OK, Json(json!({ "alive": true }))).into_response(),
        Some((name, age)) => {
            let reason = format!("the {name} loop stands still for {} s", age.as_secs());
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "alive": false, "reason": reason }))).into_response()
        }
    }
}

/// Ready: a member of the group, or rightly without partitions. A closed gate is a metric, not unreadiness.
async fn readyz(Extract(shown): Extract<Shown>) -> Response {
    let state = shown.published.get();
    let (ready, reason) = state.group.readiness();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "reason": reason }))).into_response()
}

async fn metrics(Extract(shown): Extract<Shown>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], shown.metrics.render()).into_response()
}

async fn state(Extract(shown): Extract<Shown>) -> Response {
    let state: &State = &shown.published.get();
    Json(state).into_response()
}

async fn order(Extract(shown): Extract<Shown>, Path(order): Path<String>) -> Response {
    match orders::ask(&shown.orders, &order).await {
        Ok(lanes) => Json(json!({ "order": order, "lanes": lanes })).into_response(),
        Err(Unanswered::Unknown) => problem(StatusCode::NOT_FOUND, &Unanswered::Unknown.to_string()),
        Err(why @ (Unanswered::Busy | Unanswered::Late)) => problem(StatusCode::SERVICE_UNAVAILABLE, &why.to_string()),
    }
}

fn problem(status: StatusCode, what: &str) -> Response {
    (status, Json(json!({ "error": what }))).into_response()
}

fn unix_millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
