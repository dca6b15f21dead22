//! The order sync interface itself.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{Request, Response};

use crate::decision::{Decision, ResultStatus};
use crate::faults::{Answer, Apply, Delivery, Facts, Treatment};
use crate::gateway::{Incoming, Refused};
use crate::model::Kind;
use crate::sync::{Illegal, OrderSync};

use super::body::Body;
use super::connection::{Dropped, Fate};
use super::journal::Entry;
use super::reply::{self, Reply};
use super::shared::{Shared, millis};

/// The largest request that is read.
const MAX_REQUEST: usize = 4 * 1024 * 1024;

/// What a request turned out to be.
enum Asked {
    Refused(Refused),
    Illegal(Illegal),
    Sync(OrderSync),
}

pub(super) async fn answer(request: Request<hyper::body::Incoming>, shared: Arc<Shared>, fate: Fate) -> Result<Response<Body>, Dropped> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST).collect().await.map_err(|_| Dropped)?.to_bytes();
    let headers: Vec<_> = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let incoming = Incoming { method: parts.method.as_str(), path, headers: &headers, body: &body };
    let (asked, sealed) = admit(&shared, &incoming);

    let (treatment, kinds) = treat(&shared, &asked);
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let open = match &asked {
        Asked::Sync(sync) => Some(shared.begin(sync, host, &kinds)),
        Asked::Refused(_) | Asked::Illegal(_) => None,
    };
    let entry = open.as_ref().and_then(|open| open.entry);
    // Whatever the client does meanwhile, AlipayHK goes on with what it has begun: so this runs on its own.
    let deciding = tokio::spawn(decide(Arc::clone(&shared), asked, treatment.clone(), sealed, entry));
    let reply = deciding.await.map_err(|_| Dropped)?;
    deliver(&shared, &reply, treatment.delivery(), &fate, entry).await
}

fn admit(shared: &Shared, incoming: &Incoming<'_>) -> (Asked, bool) {
    match shared.gateway.admit(incoming, millis() / 1000) {
        Err(refused) => (Asked::Refused(refused), false),
        Ok(admitted) => match OrderSync::parse(&admitted.json) {
            Ok(sync) => (Asked::Sync(sync), admitted.sealed),
            Err(illegal) => (Asked::Illegal(illegal), admitted.sealed),
        },
    }
}

fn treat(shared: &Shared, asked: &Asked) -> (Treatment, Vec<&'static str>) {
    let facts = match asked {
        Asked::Sync(sync) => {
            Facts { order: Some(&sync.merchant_biz_no), biz_type: Some(sync.biz_type.name()), status: Some(sync.status.as_str()) }
        }
        Asked::Refused(_) | Asked::Illegal(_) => Facts::default(),
    };
    let now = shared.started.elapsed();
    let mut world = shared.world();
    world.pace.count(now);
    let (treatment, kinds) = world.script.treat(&facts, now);
    let record = world.model.record_mut();
    record.counters.requests += 1;
    for kind in &kinds {
        *record.counters.faults.entry(*kind).or_default() += 1;
    }
    if matches!(asked, Asked::Refused(Refused { bad_signature: true, .. })) {
        record.counters.bad_signatures += 1;
        record.violation(Kind::BadSignature, None, millis(), "a request without a good signature");
    }
    (treatment, kinds)
}

async fn decide(shared: Arc<Shared>, asked: Asked, treatment: Treatment, sealed: bool, entry: Option<Entry>) -> Reply {
    if !treatment.delay().is_zero() {
        tokio::time::sleep(treatment.delay()).await;
    }
    if sealed {
        shared.world().model.record_mut().counters.sealed += 1;
    }
    let (own, signed) = match asked {
        Asked::Refused(refused) => (refused.decision, refused.signed),
        Asked::Illegal(illegal) => (shared.world().model.refuse(&illegal), true),
        Asked::Sync(sync) => (decide_sync(&shared, sync, &treatment, entry), true),
    };
    match treatment.answer() {
        Answer::Model => {
            let damage = if signed { treatment.damage() } else { Some(crate::faults::Damage::Absent) };
            reply::result(&shared, &own, damage, sealed).await
        }
        // What was decided in the model's place is `own` already: a repeated requestId may have got an earlier answer instead.
        Answer::Result(_) => reply::result(&shared, &own, treatment.damage(), sealed).await,
        Answer::Http(status, retry_after) => reply::http(*status, retry_after.as_deref()),
        Answer::Redirect(location) => reply::redirect(location),
        Answer::NotJson => reply::signed_text(&shared, Bytes::from_static(b"<html>Service notice</html>"), treatment.damage()).await,
        Answer::Oversize(bytes) => reply::oversize(*bytes),
    }
}

/// Applies the modification as the treatment says and gives the result it is answered with.
fn decide_sync(shared: &Arc<Shared>, sync: OrderSync, treatment: &Treatment, entry: Option<Entry>) -> Decision {
    let injected = match treatment.answer() {
        Answer::Result(decision) => Some(decision),
        Answer::Model | Answer::Http(..) | Answer::Redirect(_) | Answer::NotJson | Answer::Oversize(_) => None,
    };
    let decision = match treatment.apply() {
        Apply::Now => {
            let decision = shared.world().decide(&sync, entry);
            injected.cloned().unwrap_or(decision)
        }
        Apply::Never => match injected {
            Some(decision) => shared.world().model.inject(&sync, decision, millis()),
            None => Decision::new("SYSTEM_ERROR", ResultStatus::U, "Not processed"),
        },
        Apply::Late(delay) => {
            let answer = injected.cloned().unwrap_or_else(|| Decision::success(sync.status.as_str()));
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                let mut world = shared.world();
                world.decide(&sync, entry);
                world.model.record_mut().counters.applied_late += 1;
            });
            answer
        }
    };
    let has_result = matches!(treatment.answer(), Answer::Model | Answer::Result(_));
    if let Some(exchange) = shared.world().journal.of(entry).filter(|_| has_result) {
        exchange.result = Some(format!("{}/{:?}", decision.code, decision.status));
    }
    decision
}

async fn deliver(shared: &Shared, reply: &Reply, delivery: Delivery, fate: &Fate, entry: Option<Entry>) -> Result<Response<Body>, Dropped> {
    let unanswered = || shared.world().model.record_mut().counters.unanswered += 1;
    match delivery {
        Delivery::Reset => {
            unanswered();
            fate.reset();
            Err(Dropped)
        }
        Delivery::Close => {
            unanswered();
            Err(Dropped)
        }
        Delivery::Hang => {
            unanswered();
            // Ends when the client goes or the sandbox stops: both drop this future.
            std::future::pending().await
        }
        Delivery::Truncate => {
            unanswered();
            fate.reset();
            reply.response(Body::broken)
        }
        Delivery::Drip(every) => {
            reply.count(shared);
            reply.response(|bytes| Body::drip(bytes, every))
        }
        Delivery::Send => {
            reply.count(shared);
            if let Some(exchange) = shared.world().journal.of(entry) {
                exchange.answered_at = Some(millis());
            }
            reply.response(Body::whole)
        }
    }
}
