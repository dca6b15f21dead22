//! One signed exchange with AlipayHK: build and sign on the pool, send with a deadline, judge the raw answer.

mod body;
mod http;
mod pool;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use alipayhk::{Answer, Client, RawAnswer, Request, RequestId, Transport};
use domain::{OrderEvent, Rulebook};
use engine::{Offset, Ticket};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use tokio::sync::mpsc::UnboundedSender;
use tracing::Span;

pub(crate) use http::{Http, HttpError, HttpSettings};
pub(crate) use pool::Pool;

/// One call to make.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) ticket: Ticket,
    pub(crate) offset: Offset,
    pub(crate) event: Box<OrderEvent>,
    pub(crate) generation: u32,
    pub(crate) limits: Limits,
    pub(crate) span: Span,
    /// When it was handed out.
    pub(crate) began: Instant,
}

/// A signed request. Its retries send the same body bytes with the same `requestId`.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    request: Arc<Request>,
    request_id: RequestId,
    at: Instant,
}

/// When a call may write its first byte, and when it is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) write_by: Instant,
    pub(crate) deadline: Instant,
}

/// A job with its signature; without one, nothing can be sent.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) job: Job,
    pub(crate) signed: Option<Signed>,
    /// How long the signature took, where it is a new one.
    pub(crate) signing: Option<Duration>,
}

/// What a finished call leaves behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) job: Job,
    pub(crate) signed: Option<Signed>,
    pub(crate) signing: Option<Duration>,
    pub(crate) answer: Answer,
    pub(crate) took: Duration,
}

/// Starts the threads that sign, one a core; what they signed comes in batches.
pub(crate) fn signing_pool(client: Arc<Client>, threads: usize, prepared: UnboundedSender<Vec<Prepared>>) -> std::io::Result<Pool<Job>> {
    Pool::start(threads, move |job| sign(&client, job), prepared)
}

fn sign(client: &Client, job: Job) -> Prepared {
    let began = Instant::now();
    let body = client.body(&job.event, job.generation);
    let signed = match client.sign(&body, unix_seconds(), &mut UnwrapErr(SysRng)) {
        Ok(request) => Some(Signed { request: Arc::new(request), request_id: body.request_id, at: Instant::now() }),
        Err(error) => {
            tracing::error!(%error, "a request could not be signed; it is tried again");
            None
        }
    };
    Prepared { job, signed, signing: Some(began.elapsed()) }
}

impl Signed {
    /// When it was made.
    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    /// The `requestId` in it.
    pub(crate) fn request_id(&self) -> &RequestId {
        &self.request_id
    }
}

/// Makes calls.
pub(crate) struct Caller {
    client: Arc<Client>,
    rulebook: Arc<Rulebook>,
    http: Http,
}

impl Caller {
    pub(crate) fn new(client: Arc<Client>, rulebook: Arc<Rulebook>, http: Http) -> Self {
        Self { client, rulebook, http }
    }

    /// One exchange. Never fails: what goes wrong is part of the answer.
    pub(crate) async fn call(&self, prepared: Prepared) -> Finished {
        let trace = crate::telemetry::spans::inject(&prepared.job.span);
        let Some(signed) = &prepared.signed else { return self.finish(prepared, Err(Transport::NotSent)) };
        match self.http.exchange(&signed.request, prepared.job.limits, trace).await {
            Err(transport) => self.finish(prepared, Err(transport)),
            Ok(received) => {
                let headers = received.header_fields();
                let raw = RawAnswer { status: received.status, headers: &headers, body: &received.body };
                self.finish(prepared, Ok(raw))
            }
        }
    }

    fn finish(&self, prepared: Prepared, raw: Result<RawAnswer<'_>, Transport>) -> Finished {
        let Prepared { job, signed, signing } = prepared;
        let answer = self.client.judge(&job.event, raw, &self.rulebook, unix_seconds());
        let took = job.began.elapsed();
        Finished { job, signed, signing, answer, took }
    }
}

fn unix_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
