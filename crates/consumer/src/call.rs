//! One signed exchange with AlipayHK: build and sign on the pool, send with a deadline, judge the raw answer.

#[cfg(test)]
mod answers_page;
mod body;
mod http;
mod pool;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use alipayhk::{Answer, Client, Generation, Notes, RawAnswer, Request, RequestId, Transport};
use domain::{Cause, OrderEvent, Outcome, Rulebook, Verdict};
use engine::{Offset, Ticket};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tracing::Span;

pub(crate) use http::{Http, HttpError, HttpSettings};
pub(crate) use pool::Pool;

use crate::clock::Moment;

/// One call to make.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) ticket: Ticket,
    pub(crate) offset: Offset,
    pub(crate) event: Box<OrderEvent>,
    pub(crate) generation: u32,
    /// The run of a second writer; none for the pipeline.
    pub(crate) run: Option<Arc<str>>,
    pub(crate) limits: Limits,
    pub(crate) span: Span,
    /// When it was handed out.
    pub(crate) began: Moment,
}

/// A signed request. Its retries send the same body bytes with the same `requestId`.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    request: Arc<Request>,
    request_id: RequestId,
    at: Moment,
    /// Whose keys it was made with.
    by: Arc<Client>,
}

/// When a call may write its first byte, and when it is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) write_by: Moment,
    pub(crate) deadline: Moment,
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

/// The client with its keys, which may be exchanged at any time; each attempt is made with one of them.
pub(crate) type Clients = watch::Receiver<Arc<Client>>;

/// Starts the threads that sign, one a core; what they signed comes in batches.
pub(crate) fn signing_pool(clients: Clients, threads: usize, prepared: UnboundedSender<Vec<Prepared>>) -> std::io::Result<Pool<Job>> {
    let sign = move |job| {
        let client = Arc::clone(&clients.borrow());
        sign(&client, job)
    };
    Pool::start(threads, sign, prepared)
}

/// Signs one on the thread it is called on.
pub(crate) fn sign(client: &Arc<Client>, job: Job) -> Prepared {
    let began = Instant::now();
    let generation = match &job.run {
        None => Generation::Pipeline(job.generation),
        Some(run) => Generation::Run { run: run.to_string(), renewed: job.generation },
    };
    let body = client.body(&job.event, generation);
    let signed = match client.sign(&body, unix_seconds(), &mut UnwrapErr(SysRng)) {
        Ok(request) => {
            let (request, by) = (Arc::new(request), Arc::clone(client));
            Some(Signed { request, request_id: body.request_id, at: Moment::now(), by })
        }
        Err(error) => {
            tracing::error!(%error, "a request could not be signed; it is tried again");
            None
        }
    };
    Prepared { job, signed, signing: Some(began.elapsed()) }
}

impl Signed {
    /// When it was made.
    pub(crate) fn at(&self) -> Moment {
        self.at
    }

    /// The `requestId` in it.
    pub(crate) fn request_id(&self) -> &RequestId {
        &self.request_id
    }
}

/// Makes calls.
pub(crate) struct Caller {
    clients: Clients,
    rulebook: Arc<Rulebook>,
    line: Line,
}

/// Where requests go.
pub(crate) enum Line {
    /// To AlipayHK.
    Real(Http),
    /// Nowhere: everything is built and signed, nothing is sent, and every modification counts as accepted.
    Shadow,
}

impl Caller {
    pub(crate) fn new(clients: Clients, rulebook: Arc<Rulebook>, line: Line) -> Self {
        Self { clients, rulebook, line }
    }

    /// Whether a request was made with the keys in force now.
    pub(crate) fn is_current(&self, signed: &Signed) -> bool {
        Arc::ptr_eq(&signed.by, &self.clients.borrow())
    }

    /// One exchange. Never fails: what goes wrong is part of the answer.
    pub(crate) async fn call(&self, prepared: Prepared) -> Finished {
        let trace = crate::telemetry::spans::inject(&prepared.job.span);
        let Some(signed) = &prepared.signed else { return self.finish(prepared, Err(Transport::NotSent)) };
        let exchanged = match &self.line {
            Line::Real(http) => http.exchange(&signed.request, prepared.job.limits, trace).await,
            Line::Shadow => return Self::accept(prepared),
        };
        match exchanged {
            Err(transport) => self.finish(prepared, Err(transport)),
            Ok(received) => {
                let headers = received.header_fields();
                let raw = RawAnswer { status: received.status, headers: &headers, body: &received.body };
                self.finish(prepared, Ok(raw))
            }
        }
    }

    /// What nobody was asked counts as accepted.
    fn accept(prepared: Prepared) -> Finished {
        let Prepared { job, signed, signing } = prepared;
        let answer = Answer { outcome: Outcome::Definitive(Verdict::Accepted), notes: Notes::default() };
        let took = job.began.elapsed();
        Finished { job, signed, signing, answer, took }
    }

    fn finish(&self, prepared: Prepared, raw: Result<RawAnswer<'_>, Transport>) -> Finished {
        let Prepared { job, signed, signing } = prepared;
        let answer = self.judge(&job.event, raw, signed.as_ref());
        let took = job.began.elapsed();
        Finished { job, signed, signing, answer, took }
    }

    /// What an answer means by the keys in force now. A key that is no longer among them makes nothing true any more; one that has come since
    /// the request was sent does.
    fn judge(&self, event: &OrderEvent, raw: Result<RawAnswer<'_>, Transport>, signed: Option<&Signed>) -> Answer {
        let now = Arc::clone(&self.clients.borrow());
        let answer = now.judge(event, raw, &self.rulebook, unix_seconds());
        // AlipayHK seals for the key it knew when it was asked.
        match signed.filter(|signed| !Arc::ptr_eq(&signed.by, &now) && is_unopened(&answer)) {
            Some(signed) => signed.by.judge(event, raw, &self.rulebook, unix_seconds()),
            None => answer,
        }
    }
}

fn is_unopened(answer: &Answer) -> bool {
    matches!(&answer.outcome, Outcome::Indefinite(indefinite) if indefinite.cause == Cause::Unopened)
}

pub(crate) fn unix_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
