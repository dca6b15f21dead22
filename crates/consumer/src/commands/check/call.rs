//! `--call`: one signed request that is invalid on purpose. AlipayHK's signed PARAM_ILLEGAL proves address, keys and clock, and no order is
//! touched.

use alipayhk::exchange::KeyUse;
use alipayhk::{Answer, Code, RawAnswer, SignatureNote, Transport};
use domain::{Cause, Indefinite, Outcome, Verdict};
use getrandom::SysRng;
use rand_core::UnwrapErr;

use super::connections::Connection;
use crate::call::{Http, HttpSettings, Limits, unix_seconds};
use crate::clock::Moment;
use crate::commands::progress::Waiting;
use crate::config::Config;

/// What the call is called in the report.
const WHO: &str = "alipayhk call";
/// What is said when no request was made.
pub(super) const NOTHING: &str = "Nothing was sent.";

/// What came of it.
pub(super) struct Called {
    pub(super) connection: Connection,
    /// What left this machine.
    pub(super) sent: &'static str,
}

impl Called {
    fn not(why: impl Into<String>) -> Self {
        Self { connection: Connection::failed(WHO, why), sent: NOTHING }
    }
}

/// Makes the call and says what its answer proves.
pub(super) fn check(config: &Config) -> Called {
    if config.alipayhk.hold_file.as_ref().is_some_and(|path| path.exists()) {
        return Called::not("not made: alipayhk.hold_file is there");
    }
    let _waiting = Waiting::on("AlipayHK");
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Called::not(format!("cannot be made: {error}")),
    };
    match runtime.block_on(answer(config)) {
        Ok((answer, exchanged)) => {
            let sent = match exchanged {
                Ok(()) | Err(Transport::TooLarge) => "One request was made; it names no order.",
                Err(Transport::Broken | Transport::Timeout) => "One request may have been made; it names no order.",
                Err(Transport::NotSent | Transport::Unreachable) => NOTHING,
            };
            Called { connection: judge(&answer, exchanged), sent }
        }
        Err(problem) => Called::not(problem),
    }
}

/// The answer, and how the exchange itself went.
async fn answer(config: &Config) -> Result<(Answer, Result<(), Transport>), String> {
    let settings = &config.alipayhk;
    let http = Http::new(&HttpSettings::of(config)).map_err(|error| error.to_string())?;
    // A request id of its own: an answer from AlipayHK's memory would prove nothing about now.
    let mut run = [0; 16];
    getrandom::fill(&mut run).map_err(|error| format!("no randomness: {error}"))?;
    let run: String = run.iter().map(|byte| format!("{byte:02x}")).collect();
    let request = settings.client.sign(&settings.client.probe(&run), unix_seconds(), &mut UnwrapErr(SysRng));
    let request = request.map_err(|error| format!("the request cannot be signed: {error}"))?;
    let deadline = Moment::now() + settings.timeout;
    let exchanged = http.exchange(&request, Limits { write_by: deadline, deadline }, Vec::new()).await;
    let received = exchanged.as_ref().map(|received| (received, received.header_fields())).map_err(|transport| *transport);
    let raw = received.as_ref().map(|(received, headers)| RawAnswer { status: received.status, headers, body: &received.body });
    Ok((settings.client.judge_probe(raw.map_err(|transport| *transport), unix_seconds()), exchanged.map(drop)))
}

fn judge(answer: &Answer, exchanged: Result<(), Transport>) -> Connection {
    let notes = &answer.notes;
    let status = notes.http_status.map_or_else(String::new, |status| format!(" (HTTP {status})"));
    if let Err(transport) = exchanged {
        return Connection::failed(WHO, no_answer(transport));
    }
    let said = match (&notes.code_text, notes.status) {
        (None, _) => String::new(),
        (Some(code), None) => code.as_str().to_owned(),
        (Some(code), Some(status)) => format!("{} ({})", code.as_str(), status.name()),
    };
    let hint = notes.code.map_or("", meaning);
    match (notes.signature, &answer.outcome) {
        (SignatureNote::Refused(refusal), _) => {
            let said = if said.is_empty() { "no result".to_owned() } else { format!("{said}, unsigned hearsay: {hint}") };
            Connection::failed(WHO, format!("an answer came whose signature cannot be verified: {refusal}; it says {said}"))
        }
        (SignatureNote::NotChecked, _) => {
            Connection::failed(WHO, format!("an answer came that is none of AlipayHK's results{status}; {said}"))
        }
        (SignatureNote::Verified(_), Outcome::Indefinite(Indefinite { cause: Cause::Unopened, .. })) => {
            Connection::failed(WHO, "the answer is signed and sealed in a way that cannot be opened: see alipayhk.encryption")
        }
        (SignatureNote::Verified(_), _) if notes.clock_alarm => Connection::failed(
            WHO,
            format!(
                "{said} is signed and verified, but the clocks differ by {} s: correct this machine's",
                notes.clock_offset.unwrap_or_default()
            ),
        ),
        (SignatureNote::Verified(key), Outcome::Definitive(Verdict::Rejected(_))) if notes.code == Some(Code::ParamIllegal) => {
            let offset = notes.clock_offset.unwrap_or_default();
            Connection::ok(
                WHO,
                format!(
                    "AlipayHK refused the invalid request as it should: {said}, signed by its key version {}, clocks {offset} s apart",
                    version(key)
                ),
            )
        }
        (SignatureNote::Verified(_), Outcome::Definitive(_) | Outcome::Indefinite(_)) => {
            Connection::failed(WHO, format!("the answer is signed and verified, and says {said}: {hint}"))
        }
    }
}

fn version(key: KeyUse) -> String {
    match key {
        KeyUse::Named(version) => version.to_string(),
        KeyUse::Tried(version) => format!("{version} (found by trying; the answer names none that is configured)"),
    }
}

fn no_answer(transport: Transport) -> String {
    match transport {
        Transport::NotSent => "too late: nothing was sent within alipayhk.timeout",
        Transport::Unreachable => "no connection: the address, its TLS certificate (alipayhk.ca_file) or the proxy",
        Transport::Broken => "the connection broke before an answer was there",
        Transport::Timeout => "no answer within alipayhk.timeout",
        Transport::TooLarge => "an answer came that is too large to be AlipayHK's",
    }
    .to_owned()
}

/// What an operator does about a code that comes back to this request.
fn meaning(code: Code) -> &'static str {
    match code {
        Code::InvalidSignature => "AlipayHK's copy of our public key, alipayhk.signing.key_version or the clock does not fit",
        Code::KeyNotFound => "alipayhk.signing.key_version is not one that AlipayHK knows",
        Code::InvalidClient => "alipayhk.client_id is not known there",
        Code::AccessDenied => "this client may not call order sync there, or the clocks are too far apart",
        Code::InvalidApi | Code::MethodNotSupported | Code::MediaTypeNotAcceptable => "alipayhk.base_url is not the address of order sync",
        Code::UnSupportBusiness => "order sync is not opened for this client yet",
        Code::RequestTrafficExceedLimit => "the quota is used up; try again later",
        Code::UnknownException | Code::SystemError => "AlipayHK has trouble of its own; try again later",
        Code::Success
        | Code::ParamIllegal
        | Code::OrderStatusInvalid
        | Code::ProcessFail
        | Code::OrderNotFound
        | Code::InvalidContract
        | Code::InvalidCode
        | Code::ExpiredCode
        | Code::CurrencyNotSupport
        | Code::Unknown => "not the PARAM_ILLEGAL that an invalid request should get; ask AlipayHK what it means",
    }
}
