//! The paths.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware;
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::get;
use domain::MerchantBizNo;
use serde_json::json;
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::guard::{self, Door};
use super::health::Heartbeats;
use super::orders::OrderQuery;
use super::page;
use super::state::{Published, State};
use crate::telemetry::metrics::Metrics;

/// How long the driver may take to answer for one order.
const REPLY_WITHIN: Duration = Duration::from_secs(2);

/// What the paths show.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) published: Published,
    pub(super) metrics: Metrics,
    pub(super) heartbeats: Heartbeats,
    pub(super) orders: Sender<OrderQuery>,
}

pub(super) fn router(shown: Shown, door: Arc<Door>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/page.css", get(style))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/api/state", get(state))
        .route("/api/orders/{order}", get(order))
        .fallback(async || problem(StatusCode::NOT_FOUND, "no such path"))
        .layer(middleware::from_fn_with_state(door, guard::check))
        .with_state(shown)
}

async fn index(Extract(shown): Extract<Shown>) -> Html<String> {
    Html(page::html(&shown.published.get()))
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], page::STYLE).into_response()
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
    // what no record could carry cannot be known, and does not have to trouble the driver
    if MerchantBizNo::parse(&order).is_err() {
        return problem(StatusCode::NOT_FOUND, "unknown order");
    }
    let (reply, answer) = oneshot::channel();
    if shown.orders.try_send(OrderQuery { order: order.clone(), reply }).is_err() {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "too many questions, or the pipeline is ending");
    }
    match timeout(REPLY_WITHIN, answer).await {
        Ok(Ok(lanes)) if lanes.is_empty() => problem(StatusCode::NOT_FOUND, "unknown order"),
        Ok(Ok(lanes)) => Json(json!({ "order": order, "lanes": lanes })).into_response(),
        Ok(Err(_)) | Err(_) => problem(StatusCode::SERVICE_UNAVAILABLE, "the pipeline did not answer in time"),
    }
}

fn problem(status: StatusCode, what: &str) -> Response {
    (status, Json(json!({ "error": what }))).into_response()
}
