//! `docs/answers.md`: what each answer of AlipayHK does, written from what the code makes of it.

use std::fmt::Write;
use std::path::Path;

use alipayhk::{Code, Held, Reading, Status, Transport, classify};
use domain::{Cause, Indefinite, Outcome, Reaction, ResultCode, Verdict};

/// What happens, in the page's words.
fn does(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Definitive(Verdict::Accepted) => "delivered".to_owned(),
        Outcome::Definitive(Verdict::HeldAlready) => {
            "delivered, unless the last accepted modification had that status with other content (the time aside): then rejected".to_owned()
        }
        Outcome::Definitive(Verdict::PeerAhead) => "stale".to_owned(),
        Outcome::Definitive(Verdict::Rejected(_)) => "**rejected**: dead letter".to_owned(),
        Outcome::Indefinite(Indefinite { cause, renew_request_id, .. }) => {
            let renews = if *renew_request_id { ", new `requestId`" } else { "" };
            format!("{} (`{}`){renews}", reaction(cause.reaction()), cause.name())
        }
    }
}

fn reaction(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Retry | Reaction::RetryTransport => "tried again",
        Reaction::SlowDown => "tried again, slower",
        Reaction::CloseType => "the gate of its type closes",
        Reaction::CloseGate => "the **gate closes**",
    }
}

/// What an operator does about a cause.
fn remedy(cause: Cause) -> &'static str {
    match cause {
        Cause::NotSent => "Nothing: this process may not have been the owner any more, or was held up. Nothing reached AlipayHK.",
        Cause::Unreachable => "Address, DNS, firewall, certificate (`alipayhk.base_url`, `ca_file`, `proxy`). Nothing reached AlipayHK.",
        Cause::Broken => "The network or a proxy between. If only some orders: ask AlipayHK with the `Tracer-Id`s of the log.",
        Cause::Timeout => "AlipayHK is slow, or `alipayhk.timeout` is too short for it.",
        Cause::HttpStatus => "A gateway in front of AlipayHK fails, or `alipayhk.base_url` leads elsewhere.",
        Cause::Unreadable => "Something between answers in AlipayHK's place, such as a portal's page.",
        Cause::Undecided => "Wait. If it lasts, ask AlipayHK with the `Tracer-Id`s; `delivery.on_undecided` can give one order up.",
        Cause::Throttled => "`quota.requests_per_second` is above what AlipayHK grants, or somebody else uses the same client id.",
        Cause::UnsupportedBusiness => {
            "Ask AlipayHK to open the business type for the client id, or set `delivery.unsupported_business = \"park\"`."
        }
        Cause::Refused => "A gateway refuses us: registered addresses, TLS, proxy.",
        Cause::Systemic => "Keys, key version, client id, clock or interface: `order-sync check --call` says which.",
        Cause::Unverified => "AlipayHK's key changed, or somebody answers in its place: [keys.md](keys.md).",
        Cause::Unopened => "`[alipayhk.encryption]` does not fit what AlipayHK seals with: [keys.md](keys.md).",
    }
}

fn signed(code: Code, status: Status, held: Held) -> Outcome {
    classify(&Reading::Signed { code, text: ResultCode::lenient(code.name()), status, held }, None)
}

fn code_rows(page: &mut String) {
    for code in Code::ALL {
        let name = if code == Code::Unknown { "any other code".to_owned() } else { format!("`{}`", code.name()) };
        let cell = |status| does(&signed(code, status, Held::Other));
        let _ = writeln!(page, "| {name} | {} | {} | {} |", cell(Status::Success), cell(Status::Failure), cell(Status::Unknown));
    }
}

fn page() -> String {
    let mut page = String::from(
        "# What each answer of AlipayHK does\n\n<!-- Written by `UPDATE_DOCS=1 cargo test -p consumer every_answer_has_its_row`; the source is \
         crates/consumer/src/call/answers_page.rs and the code it asks. -->\n\n\
         Only an answer with HTTP status 200 whose signature verifies decides anything. The words: *delivered*, *stale* and *rejected* settle the\n\
         record; everything else keeps it open. **Tried again** sends the same body with the same `requestId` after a wait at random below a ceiling\n\
         that doubles from `retry.initial` to `retry.max`; `Retry-After` is honoured up to `retry.max`. An `F` that decides nothing gets a new\n\
         `requestId`, since AlipayHK's family of gateways repeats its first `F` to a known one. While **the gate** is closed nothing is parked: records\n\
         wait, and one due call at a time finds out whether it is over.\n\n\
         ## A signed result\n\n| `resultCode` | `S` | `F` | `U` |\n|---|---|---|---|\n",
    );
    code_rows(&mut page);
    page.push_str(
        "\nA status that is none of the three, or none at all, decides nothing: the record is tried again, or the gate closes where the code says so.\n\
         `ORDER_STATUS_INVALID` with `F` is read together with the `orderStatus` that AlipayHK holds:\n\n| AlipayHK holds | |\n|---|---|\n",
    );
    for (held, name) in
        [(Held::Same, "the status that was sent"), (Held::Ahead, "a status that only comes after it"), (Held::Other, "any other, or none")]
    {
        let _ = writeln!(page, "| {name} | {} |", does(&signed(Code::OrderStatusInvalid, Status::Failure, held)));
    }
    page.push_str("\n## Everything else\n\n| What came back | |\n|---|---|\n");
    for (what, reading) in [
        ("no connection", Reading::Transport(Transport::Unreachable)),
        ("nothing: it was too late to write the request", Reading::Transport(Transport::NotSent)),
        ("the connection broke, or the answer is no HTTP", Reading::Transport(Transport::Broken)),
        ("more than 256 KiB", Reading::Transport(Transport::TooLarge)),
        ("nothing within `alipayhk.timeout`", Reading::Transport(Transport::Timeout)),
        ("HTTP 401 or 403", Reading::Http(401)),
        ("HTTP 429", Reading::Http(429)),
        ("any other HTTP status, a redirect too, signed or not", Reading::Http(500)),
        ("200 with a result that is unsigned or badly signed", Reading::Unverified),
        ("200 with something that is no result: not JSON, a member twice, deeper than 32, not UTF-8, compressed", Reading::Unreadable),
        ("200, signed, sealed in a way that cannot be opened", Reading::Unopened),
    ] {
        let _ = writeln!(page, "| {what} | {} |", does(&classify(&reading, None)));
    }
    page.push_str(
        "\nEight transport failures in a row (unreachable, not sent, broken, timeout, HTTP status, unreadable) close the gate too.\n\n## What to do\n\n\
         The cause is the label of `ordersync.calls`, the reason in `/api/state` and the word in the log.\n\n| Cause | |\n|---|---|\n",
    );
    for cause in Cause::ALL {
        let _ = writeln!(page, "| `{}` | {} |", cause.name(), remedy(cause));
    }
    page.push_str(
        "\nThe **fuse** closes the gate with reason `dead_letter_fuse` when rejections pile up: 100 tokens at the start and at most, one for each rejected or\n\
         undecided record that is parked, 0.2 back for each delivered one. Look at the dead letters before anything else: usually a deployment is wrong. It opens\n\
         with the first order that is delivered. `operator` means that `alipayhk.hold_file` is there.\n",
    );
    page
}

#[test]
fn every_answer_has_its_row_on_the_page() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/answers.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == page(), "docs/answers.md is out of date: run ./dev docs");
}
