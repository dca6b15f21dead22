//! The page in front of a process that wants a token: it asks once, keeps it for the tab, and shows nothing before.

use crate::gatekeeper::Gatekeeper;

use crate::axe::violations;
use crate::browser::{Browser, ENTER};
use crate::stage::demo;

#[test]
fn the_page_asks_for_a_token_and_keeps_it_for_the_tab() {
    let guarded = Gatekeeper::start(&demo().admin(""), "correct horse");
    let browser = Browser::start();
    browser.open(&guarded.url());
    browser.until_text("#ask h2", |text| text == "A token is needed");
    assert_eq!(browser.text("main"), "");
    assert_eq!(browser.focused(), "token");
    assert!(violations(&browser).is_empty(), "{:?}", violations(&browser));
    browser.picture("token");

    browser.press("battery staple".to_owned() + ENTER);
    browser.until_text("#wrong", |text| text == "This is not the token.");
    browser.press("correct horse".to_owned() + ENTER);
    browser.until_text(".verdict h2", |text| !text.is_empty());
    assert_eq!(browser.text("#ask h2"), "");

    browser.run("location.reload()");
    browser.until_text(".verdict h2", |text| !text.is_empty());
    assert_eq!(browser.run("return document.cookie + localStorage.length"), "0", "nothing outlives the tab");
}
