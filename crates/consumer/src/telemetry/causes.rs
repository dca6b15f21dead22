//! What the causes of undecided calls mean, for those who read a log line, a dead letter or the page of metrics.

use domain::Cause;

/// One line: what happened, and where to look.
pub fn meaning(cause: Cause) -> &'static str {
    match cause {
        Cause::Unreachable => {
            "no connection could be made: see alipayhk.base_url, proxy and ca_file, and whatever is between here and AlipayHK"
        }
        Cause::NotSent => "nothing was written: it was too late, or the request could not be signed",
        Cause::Broken => "the connection broke before the whole answer was there, or the answer was too large",
        Cause::Timeout => "no whole answer came within alipayhk.timeout",
        Cause::HttpStatus => "the answer has an HTTP status other than 200, 401, 403 and 429",
        Cause::Unreadable => "status 200 with something that is no result of AlipayHK: see alipayhk.base_url",
        Cause::Undecided => "AlipayHK answered that it does not know: U, UNKNOWN_EXCEPTION or SYSTEM_ERROR",
        Cause::Throttled => "AlipayHK asks for fewer calls: see quota.requests_per_second",
        Cause::UnsupportedBusiness => "AlipayHK does not take this business type: UN_SUPPORT_BUSINESS",
        Cause::Refused => "HTTP status 401 or 403: AlipayHK, or something before it, does not let us in",
        Cause::Systemic => "AlipayHK signed a code about key, client, signature, access or API: see alipayhk.client_id and signing",
        Cause::Unverified => "the answer has no signature, or none that fits alipayhk.verify_keys",
        Cause::Unopened => "the sealed answer could not be opened: see alipayhk.encryption",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_says_something_of_its_own() {
        let all: std::collections::BTreeSet<_> = Cause::ALL.map(meaning).into_iter().collect();
        assert_eq!(all.len(), Cause::ALL.len());
    }
}
