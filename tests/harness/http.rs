//! HTTP requests of a test.

use std::time::Duration;

use crate::wait::block_on;

/// Status and body of a GET; the error's text when there was no answer within ten seconds.
pub fn get(url: &str) -> Result<(u16, String), String> {
    send(reqwest::Method::GET, url, &[], "")
}

/// Status and body of any request.
pub fn send(method: reqwest::Method, url: &str, headers: &[(&str, &str)], body: &str) -> Result<(u16, String), String> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().map_err(|error| error.to_string())?;
    let mut request = client.request(method, url).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    block_on(async {
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        Ok((status, answer.text().await.map_err(|error| error.to_string())?))
    })
}
