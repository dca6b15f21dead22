//! OAUTHBEARER tokens by OIDC's client-credentials grant, fetched by our own HTTP client. Every client of the process that belongs to one
//! identity shares its token, which is renewed before anybody has to wait for it.

mod grant;

use std::error::Error;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::ClientConfig;
use rdkafka::client::{Client, ClientContext, OAuthToken};

use crate::config::Oauth;
use grant::{Granted, TokenEndpoint};

/// The setting in which a client's configuration says whose token it wants; librdkafka hands it back with its question.
pub(crate) const CONFIG: &str = "sasl.oauthbearer.config";

/// The first token is waited for so long, by whoever starts.
const FIRST: Duration = Duration::from_secs(5);
/// A token is renewed after this part of its life; librdkafka asks for the new one after 80 %.
const RENEW_AT: f64 = 0.6;
/// A token that ends sooner is none.
const MARGIN_MILLIS: i64 = 2_000;
/// Waits between failed attempts grow from the first to the last.
const AGAIN: [u64; 5] = [1, 2, 4, 8, 15];
/// While there is no token the reason is said this often.
const SAY_EVERY: Duration = Duration::from_secs(30);

/// All identities of this process. librdkafka's question reaches a context that knows no configuration, only this name: so the sources are
/// kept where the name leads to.
static SOURCES: Mutex<Vec<Arc<Source>>> = Mutex::new(Vec::new());

struct Source {
    settings: Oauth,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    running: bool,
    granted: Option<Granted>,
    /// Why the newest attempt failed.
    failed: Option<String>,
}

/// The name of an identity's source, made if there is none yet. Nothing is asked before somebody wants a token.
pub(crate) fn source_of(settings: &Oauth) -> String {
    let mut sources = SOURCES.lock().unwrap_or_else(PoisonError::into_inner);
    let at = sources.iter().position(|source| source.settings == *settings).unwrap_or_else(|| {
        sources.push(Arc::new(Source { settings: settings.clone(), state: Mutex::default(), changed: Condvar::new() }));
        sources.len() - 1
    });
    at.to_string()
}

/// librdkafka's question, answered at once but for the very first time.
pub(crate) fn token(config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
    let source = {
        let sources = SOURCES.lock().unwrap_or_else(PoisonError::into_inner);
        config.and_then(|name| sources.get(name.parse::<usize>().ok()?)).cloned()
    };
    let granted = source.ok_or("no token endpoint is configured")?.token()?;
    Ok(granted)
}

/// Gives a client its first token, where it needs one. Without one it is asked for again later, by the client's own polls.
pub(crate) fn give<C: ClientContext>(config: &ClientConfig, client: &Client<C>) {
    let Some(name) = config.get(CONFIG) else { return };
    // A failure is told by the source; the client goes on to ask.
    if let Ok(token) = token(Some(name))
        && let Err(reason) = commit_queue::give_token(client, &token)
    {
        tracing::warn!(reason, "librdkafka does not take the OAUTHBEARER token");
    }
}

impl Source {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn token(self: Arc<Self>) -> Result<OAuthToken, String> {
        let mut state = self.lock();
        if !state.running {
            state.running = true;
            let source = Arc::clone(&self);
            if let Err(error) = std::thread::Builder::new().name("oauth".to_owned()).spawn(move || source.keep_renewing()) {
                state.running = false;
                return Err(format!("cannot start a thread: {error}"));
            }
        }
        let until = Instant::now() + FIRST;
        loop {
            if let Some(granted) = state.granted.as_ref().filter(|granted| granted.ends_at > unix_millis() + MARGIN_MILLIS) {
                let (token, lifetime_ms) = (granted.token.expose().to_owned(), granted.ends_at);
                return Ok(OAuthToken { token, principal_name: self.settings.client_id.clone(), lifetime_ms });
            }
            if let Some(reason) = &state.failed {
                return Err(reason.clone());
            }
            let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
                return Err(format!("{} has not answered yet", self.settings.token_url));
            };
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// For as long as the process lives.
    fn keep_renewing(&self) {
        let mut said: Option<Instant> = None;
        let mut failures = 0_usize;
        let endpoint = TokenEndpoint::new(&self.settings);
        loop {
            let answer = endpoint.as_ref().map_err(Clone::clone).and_then(|endpoint| endpoint.ask(unix_millis()));
            let wait = match &answer {
                Ok(granted) => {
                    failures = 0;
                    let life = granted.ends_at.saturating_sub(unix_millis()).max(0).unsigned_abs();
                    Duration::from_millis(life).mul_f64(RENEW_AT).max(Duration::from_secs(1))
                }
                Err(reason) => {
                    if said.is_none_or(|said| said.elapsed() > SAY_EVERY) {
                        said = Some(Instant::now());
                        tracing::warn!(%reason, "no OAUTHBEARER token for Kafka; it is asked for again");
                    }
                    failures += 1;
                    Duration::from_secs(AGAIN.get(failures - 1).or(AGAIN.last()).copied().unwrap_or(15))
                }
            };
            let mut state = self.lock();
            match answer {
                Ok(granted) => (state.granted, state.failed) = (Some(granted), None),
                Err(reason) => state.failed = Some(reason),
            }
            drop(state);
            self.changed.notify_all();
            // Waking up early only asks once more.
            std::thread::park_timeout(wait);
        }
    }
}

fn unix_millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
