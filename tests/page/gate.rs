//! A closed gate is seen, and heard once.

use std::time::Duration;

use order_sync_tests::wait::until;

use crate::stage::{Turn, demo};
use order_sync_tests::browser::{Browser, DESKTOP, PHONE};

#[test]
fn a_closed_gate_is_told_aloud_once_and_so_is_its_end() {
    let turn = Turn::take();
    let browser = Browser::start();
    browser.open(&demo().admin("/"));
    browser.until_text(".verdict h2", |text| text.starts_with("Orders"));
    browser.run(
        "window.heard = []; const said = document.getElementById('said');
         new MutationObserver(() => heard.push(said.textContent)).observe(said, { childList: true, characterData: true, subtree: true })",
    );
    let outage = turn.begin();
    browser.until_text(".verdict h2", |text| text == "The gate is closed");
    assert!(browser.text(".verdict p").contains("AlipayHK answers with an HTTP error"), "{}", browser.text(".verdict p"));
    browser.until_text("section[data-key=gate] dd", |text| text.starts_with("closed for") && text.contains("http status"));
    browser.until_text("section[data-key=oldest] tbody", |text| text.contains("the gate, closed by http status"));
    browser.until_text("section[data-key=plots] header p", |text| text.contains("Shaded"));
    assert!(browser.run("return document.title").as_str().is_some_and(|title| title.starts_with("The gate is closed")));
    browser.picture("gate-closed");
    browser.show_on(DESKTOP.dark());
    browser.picture("gate-closed-dark");
    browser.show_on(PHONE);
    browser.picture("gate-closed-phone");
    drop(outage);
    until("the gate is open", Duration::from_secs(120), || {
        let title = browser.text(".verdict h2");
        if title.starts_with("Orders") { Ok(()) } else { Err(title) }
    });
    let heard = browser.run("return window.heard");
    let heard: Vec<&str> = heard.as_array().into_iter().flatten().filter_map(|text| text.as_str()).collect();
    assert_eq!(heard.first(), Some(&"The gate is closed"), "{heard:?}");
    assert!(heard.len() <= 3 && heard[1..].iter().all(|text| text.starts_with("Orders ")), "not once a look: {heard:?}");
}
