//! axe finds nothing to say, in any state of the pages.

use crate::axe::violations;
use crate::stage::{Outage, demo, lonely};
use order_sync_tests::browser::{Browser, DESKTOP, PHONE, Screen};

#[track_caller]
fn finds_nothing(browser: &Browser, what: &str) {
    for (name, screen) in [("light", DESKTOP), ("dark", DESKTOP.dark()), ("phone", PHONE)] {
        browser.show_on(screen);
        let found = violations(browser);
        let Screen { width, .. } = screen;
        assert!(found.is_empty(), "{what}, {name}, {width} wide:\n{}", found.join("\n"));
    }
}

#[test]
fn the_pages_have_no_barriers() {
    let (demo, browser) = (demo(), Browser::start());
    for url in [demo.admin("/"), demo.sandbox("/")] {
        browser.open(&url);
        let order = browser.until_text("tbody a", |text| !text.is_empty());
        browser.open(&format!("{url}#order={order}"));
        browser.until_text("#story-name", |text| !text.is_empty());
        browser.run("for (const part of document.querySelectorAll('details')) part.open = true");
        finds_nothing(&browser, &url);
    }
}

#[test]
fn a_page_with_a_closed_gate_has_no_barriers() {
    let browser = Browser::start();
    let _outage = Outage::begin();
    browser.open(&demo().admin("/"));
    browser.until_text(".verdict h2", |text| text == "The gate is closed");
    finds_nothing(&browser, "a closed gate");
}

#[test]
fn a_page_without_figures_has_no_barriers() {
    let (lonely, browser) = (lonely(), Browser::start());
    browser.open(&format!("http://{}/", lonely.admin()));
    browser.until_shown();
    finds_nothing(&browser, "nothing yet");
}

#[test]
fn the_checks_find_a_barrier_where_there_is_one() {
    let browser = Browser::start();
    browser.open(&demo().admin("/"));
    browser.until_shown();
    browser.run("document.querySelector('label[for=order]').remove(); document.getElementById('order').placeholder = ''");
    let found = violations(&browser);
    assert!(found.iter().any(|text| text.contains("label")), "{found:?}");
}
