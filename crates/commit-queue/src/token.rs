//! An OAUTHBEARER token for a client that nobody polls.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use rdkafka::bindings::rd_kafka_oauthbearer_set_token;
use rdkafka::client::{Client, ClientContext, OAuthToken};
use rdkafka::types::RDKafkaRespErr;

/// Gives the client its token at once. librdkafka asks for one by an event, which needs somebody who polls: an admin client has nobody, and a
/// consumer has nobody before its first poll.
///
/// # Errors
/// librdkafka's words: the token is no token, or the client does not use OAUTHBEARER.
pub fn give_token<C: ClientContext>(client: &Client<C>, token: &OAuthToken) -> Result<(), String> {
    let text = |text: &str| CString::new(text).map_err(|_| "a zero byte in the token".to_owned());
    let (value, principal) = (text(&token.token)?, text(&token.principal_name)?);
    let mut error = [0 as c_char; 256];
    // SAFETY: the client is alive, both texts end with a zero byte and outlive the call, which copies them; there are no extensions; the
    // length given for the error's text is the one it has.
    let code = unsafe {
        rd_kafka_oauthbearer_set_token(
            client.native_ptr(),
            value.as_ptr(),
            token.lifetime_ms,
            principal.as_ptr(),
            ptr::null_mut(),
            0,
            error.as_mut_ptr(),
            error.len(),
        )
    };
    if code == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
        return Ok(());
    }
    // SAFETY: librdkafka ends the text with a zero byte within the given length, and it was zero before.
    Err(unsafe { CStr::from_ptr(error.as_ptr()) }.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use rdkafka::ClientConfig;
    use rdkafka::admin::AdminClient;
    use rdkafka::client::DefaultClientContext;

    use super::*;

    fn client(mechanism: &str) -> AdminClient<DefaultClientContext> {
        let mut config = ClientConfig::new();
        config.set("security.protocol", "sasl_plaintext").set("sasl.mechanism", mechanism);
        config.set("sasl.username", "u").set("sasl.password", "p").create().unwrap()
    }

    fn token(lifetime_ms: i64) -> OAuthToken {
        OAuthToken { token: "e30.e30.e30".to_owned(), principal_name: "order-sync".to_owned(), lifetime_ms }
    }

    #[test]
    fn an_oauthbearer_client_takes_a_token_that_still_lives() {
        let client = client("OAUTHBEARER");
        assert_eq!(give_token(client.inner(), &token(4_000_000_000_000)), Ok(()));
        let refused = give_token(client.inner(), &token(1)).unwrap_err();
        assert!(!refused.is_empty());
        let zero = OAuthToken { token: "a\0b".to_owned(), ..token(4_000_000_000_000) };
        assert!(give_token(client.inner(), &zero).is_err());
    }

    #[test]
    fn a_client_of_another_mechanism_takes_none() {
        assert!(give_token(client("PLAIN").inner(), &token(4_000_000_000_000)).is_err());
    }
}
