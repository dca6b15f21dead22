//! One signed exchange with AlipayHK: build, sign on the pool, send with a deadline, judge the raw answer.

mod body;
mod http;
mod pool;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use alipayhk::{Answer, Client, RawAnswer, Request, RequestId, Transport};
use domain::{OrderEvent, Rulebook};
use getrandom::SysRng;
use rand_core::UnwrapErr;

pub(crate) use http::{Http, HttpError, HttpSettings};
pub(crate) use pool::SigningPool;

/// A signature older than this is renewed for a retry.
const RENEW_AFTER: Duration = Duration::from_secs(30);

/// The signed request of one modification, kept for its retries: the same body bytes, the same `requestId`.
#[derive(Debug, Default)]
pub(crate) struct Prepared(Mutex<Option<Box<Signed>>>);

#[derive(Debug, Clone)]
struct Signed {
    generation: u32,
    at: Instant,
    request: Arc<Request>,
    request_id: RequestId,
}

/// When a call may write its first byte, and when it is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) write_by: Instant,
    pub(crate) deadline: Instant,
}

/// What a finished call leaves behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) answer: Answer,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) signing: Option<Duration>,
    pub(crate) took: Duration,
}

/// Makes calls.
#[derive(Clone)]
pub(crate) struct Caller {
    client: Arc<Client>,
    rulebook: Arc<Rulebook>,
    pool: SigningPool,
    http: Http,
}

impl Caller {
    pub(crate) fn new(client: Arc<Client>, rulebook: Arc<Rulebook>, pool: SigningPool, http: Http) -> Self {
        Self { client, rulebook, pool, http }
    }

    /// One exchange. Never fails: what goes wrong is part of the answer.
    pub(crate) async fn call(
        &self,
        event: Arc<OrderEvent>,
        prepared: &Prepared,
        generation: u32,
        limits: Limits,
        trace: Vec<(String, String)>,
    ) -> Finished {
        let began = Instant::now();
        let (signed, signing) = self.signed(&event, prepared, generation).await;
        let Some(signed) = signed else { return self.finish(&event, Err(Transport::NotSent), None, signing, began) };
        let exchanged = self.http.exchange(&signed.request, limits, trace).await;
        let request_id = Some(signed.request_id);
        match &exchanged {
            Err(transport) => self.finish(&event, Err(*transport), request_id, signing, began),
            Ok(received) => {
                let headers: Vec<(&str, &[u8])> = received.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
                let raw = RawAnswer { status: received.status, headers: &headers, body: &received.body };
                self.finish(&event, Ok(raw), request_id, signing, began)
            }
        }
    }

    /// The request with a signature that is fresh enough.
    async fn signed(&self, event: &Arc<OrderEvent>, prepared: &Prepared, generation: u32) -> (Option<Signed>, Option<Duration>) {
        let kept = prepared.0.lock().unwrap_or_else(PoisonError::into_inner).as_deref().cloned();
        if let Some(kept) = kept.filter(|kept| kept.generation == generation && kept.at.elapsed() < RENEW_AFTER) {
            return (Some(kept), None);
        }
        let (client, event) = (Arc::clone(&self.client), Arc::clone(event));
        let signed = self.pool.run(move || {
            let began = Instant::now();
            let body = client.body(&event, generation);
            let request = client.sign(&body, unix_seconds(), &mut UnwrapErr(SysRng));
            (request, body.request_id, began.elapsed())
        });
        match signed.await {
            Some((Ok(request), request_id, took)) => {
                let signed = Signed { generation, at: Instant::now(), request: Arc::new(request), request_id };
                *prepared.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(signed.clone()));
                (Some(signed), Some(took))
            }
            Some((Err(error), _, took)) => {
                tracing::error!(%error, "a request could not be signed; it is tried again");
                (None, Some(took))
            }
            // The pool is gone: the process ends.
            None => (None, None),
        }
    }

    fn finish(
        &self,
        event: &OrderEvent,
        raw: Result<RawAnswer<'_>, Transport>,
        request_id: Option<RequestId>,
        signing: Option<Duration>,
        began: Instant,
    ) -> Finished {
        let answer = self.client.judge(event, raw, &self.rulebook, unix_seconds());
        Finished { answer, request_id, signing, took: began.elapsed() }
    }
}

fn unix_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
