use std::fmt::Write as _;

use super::*;

fn signed(code: Code, status: Status, held: Held) -> Reading {
    Reading::Signed { code, text: ResultCode::lenient(code.name()), status, held }
}

/// One word for an outcome: `accepted`, `held_already`, `peer_ahead`, `rejected`, or the cause, with `+renew` and `-unambiguous` marks.
fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Definitive(Verdict::Accepted) => "accepted".into(),
        Outcome::Definitive(Verdict::HeldAlready) => "held_already".into(),
        Outcome::Definitive(Verdict::PeerAhead) => "peer_ahead".into(),
        Outcome::Definitive(Verdict::Rejected(_)) => "rejected".into(),
        Outcome::Indefinite(Indefinite { cause, ambiguous, renew_request_id, retry_after: _ }) => {
            let renew = if *renew_request_id { "+renew" } else { "" };
            let mark = if *ambiguous { "" } else { "-unambiguous" };
            format!("{}{renew}{mark}", cause.name())
        }
    }
}

#[test]
fn every_documented_code_has_its_row() {
    use Status::{Failure as F, Success as S, Unknown as U};
    let rows = [
        (Code::Success, S, "accepted"),
        (Code::ParamIllegal, F, "rejected"),
        (Code::OrderStatusInvalid, F, "rejected"),
        (Code::UnSupportBusiness, F, "unsupported_business+renew"),
        (Code::UnknownException, F, "undecided+renew"),
        (Code::UnknownException, U, "undecided"),
        (Code::ProcessFail, F, "rejected"),
        (Code::RequestTrafficExceedLimit, U, "throttled"),
        (Code::SystemError, U, "undecided"),
        (Code::KeyNotFound, F, "systemic+renew"),
        (Code::InvalidSignature, F, "systemic+renew"),
        (Code::InvalidClient, F, "systemic+renew"),
        (Code::AccessDenied, F, "systemic+renew"),
        (Code::InvalidApi, F, "systemic+renew"),
        (Code::MethodNotSupported, F, "systemic+renew"),
        (Code::MediaTypeNotAcceptable, F, "systemic+renew"),
        (Code::OrderNotFound, F, "rejected"),
        (Code::InvalidContract, F, "rejected"),
        (Code::InvalidCode, F, "rejected"),
        (Code::ExpiredCode, F, "rejected"),
        (Code::CurrencyNotSupport, F, "rejected"),
        (Code::Unknown, S, "accepted"),
        (Code::Unknown, F, "rejected"),
        (Code::Unknown, U, "undecided"),
        (Code::ParamIllegal, U, "undecided"),
        (Code::SystemError, F, "undecided+renew"),
        (Code::RequestTrafficExceedLimit, F, "throttled+renew"),
    ];
    for (code, status, expected) in rows {
        assert_eq!(word(&classify(&signed(code, status, Held::Other), None)), expected, "{} {}", code.name(), status.name());
    }
    assert!(Code::ALL.iter().all(|code| rows.iter().any(|row| row.0 == *code)), "a documented code has no row");
}

#[test]
fn every_failure_without_a_signed_result_has_its_row() {
    let rows = [
        (Reading::Transport(Transport::Unreachable), "unreachable-unambiguous"),
        (Reading::Transport(Transport::NotSent), "not_sent-unambiguous"),
        (Reading::Transport(Transport::Broken), "broken"),
        (Reading::Transport(Transport::Timeout), "timeout"),
        (Reading::Transport(Transport::TooLarge), "broken"),
        (Reading::Http(401), "refused"),
        (Reading::Http(403), "refused"),
        (Reading::Http(429), "throttled"),
        (Reading::Http(500), "http_status"),
        (Reading::Http(503), "http_status"),
        (Reading::Http(302), "http_status"),
        (Reading::Http(400), "http_status"),
        (Reading::Http(404), "http_status"),
        (Reading::Http(204), "http_status"),
        (Reading::Unreadable, "unreadable"),
        (Reading::Unverified, "unverified"),
        (Reading::Unopened, "unopened"),
    ];
    for (reading, expected) in rows {
        assert_eq!(word(&classify(&reading, None)), expected, "{reading:?}");
    }
}

#[test]
fn the_held_status_speaks_only_for_a_failed_order_status_invalid() {
    for (held, expected) in [(Held::Same, "held_already"), (Held::Ahead, "peer_ahead"), (Held::Other, "rejected")] {
        assert_eq!(word(&classify(&signed(Code::OrderStatusInvalid, Status::Failure, held), None)), expected);
        assert_eq!(word(&classify(&signed(Code::OrderStatusInvalid, Status::Success, held), None)), "accepted");
        assert_eq!(word(&classify(&signed(Code::OrderStatusInvalid, Status::Unknown, held), None)), "undecided");
        assert_eq!(word(&classify(&signed(Code::ParamIllegal, Status::Failure, held), None)), "rejected");
    }
}

#[test]
fn only_a_signed_result_is_ever_definitive() {
    let unsigned = (100..600).map(Reading::Http).chain([Reading::Unreadable, Reading::Unverified, Reading::Unopened]);
    for reading in unsigned {
        assert!(matches!(classify(&reading, None), Outcome::Indefinite(_)), "{reading:?}");
    }
}

#[test]
fn a_foreign_status_is_never_definitive() {
    for code in Code::ALL {
        for held in [Held::Same, Held::Ahead, Held::Other] {
            assert!(matches!(classify(&signed(code, Status::Foreign, held), None), Outcome::Indefinite(_)), "{}", code.name());
        }
    }
}

#[test]
fn retry_after_is_handed_on() {
    let wait = Some(Duration::from_secs(7));
    for reading in [Reading::Http(429), Reading::Http(503), signed(Code::UnknownException, Status::Failure, Held::Other)] {
        let Outcome::Indefinite(indefinite) = classify(&reading, wait) else { unreachable!("indefinite") };
        assert_eq!(indefinite.retry_after, wait);
    }
}

#[test]
fn the_rejected_code_keeps_its_text() {
    let reading =
        Reading::Signed { code: Code::Unknown, text: ResultCode::lenient("SOMETHING_NEW"), status: Status::Failure, held: Held::Other };
    assert_eq!(classify(&reading, None), Outcome::Definitive(Verdict::Rejected(ResultCode::lenient("SOMETHING_NEW"))));
}

#[test]
fn the_whole_matrix_is_as_reviewed() {
    let mut table = format!("{:<34}{:<7}{:<28}{:<28}{:<28}?\n", "code", "held", "S", "F", "U");
    for code in Code::ALL {
        for (held, name) in [(Held::Same, "same"), (Held::Ahead, "ahead"), (Held::Other, "other")] {
            if held != Held::Other && code != Code::OrderStatusInvalid {
                let differs = |status| classify(&signed(code, status, held), None) != classify(&signed(code, status, Held::Other), None);
                assert!(!Status::ALL.into_iter().any(differs), "{}", code.name());
                continue;
            }
            let row = Status::ALL.map(|status| word(&classify(&signed(code, status, held), None)));
            let line = format!("{:<34}{name:<7}{:<28}{:<28}{:<28}{}", code.name(), row[0], row[1], row[2], row[3]);
            writeln!(table, "{}", line.trim_end()).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}
