//! The page in front of a process that wants a token: it asks once, keeps it for the tab, and shows nothing before.

use order_sync_tests::wait::{PATIENCE, until};

use crate::axe::violations;
use crate::browser::{Browser, ENTER};
use crate::gatekeeper::Gatekeeper;
use crate::stage::demo;

#[test]
fn the_page_asks_for_a_token_and_keeps_it_for_the_tab() {
    let guarded = Gatekeeper::start(&demo().admin(""), "correct horse");
    let browser = Browser::start();
    browser.open(&guarded.url());
    // The text of what is hidden is its text all the same, so it is asked whether it is shown.
    let asks = || browser.run("return !document.getElementById('ask').hidden") == true;
    until("the page asks for the token", PATIENCE, || if asks() { Ok(()) } else { Err("it does not".to_owned()) });
    assert_eq!(browser.text("main"), "");
    assert_eq!(browser.focused(), "token");
    assert!(violations(&browser).is_empty(), "{:?}", violations(&browser));
    browser.picture("token");

    browser.press("battery staple".to_owned() + ENTER);
    browser.until_text("#wrong", |text| text == "This is not the token.");
    browser.press("correct horse".to_owned() + ENTER);
    browser.until_text(".verdict h2", |text| !text.is_empty());
    assert!(!asks(), "once is enough");

    browser.run("location.reload()");
    browser.until_text(".verdict h2", |text| !text.is_empty());
    assert_eq!(browser.run("return document.cookie + localStorage.length"), "0", "nothing outlives the tab");
}
