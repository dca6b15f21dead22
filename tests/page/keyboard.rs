//! Everything can be done without a mouse, and nobody loses the place.

use order_sync_tests::wait::{PATIENCE, until};

use crate::stage::{Outage, demo};
use order_sync_tests::browser::{Browser, ENTER, TAB};

/// An order that waits, by the page's list of after the gate was closed: one of before may have had its answer since.
fn waiting(browser: &Browser) -> String {
    browser.until_text("section[data-key=oldest] tbody", |text| text.contains("the gate, closed by http status"));
    browser.until_text("section[data-key=oldest] tbody a", |text| !text.is_empty())
}

/// Tab until the focus is there.
#[track_caller]
fn tab_to(browser: &Browser, id: &str) {
    for _ in 0..8 {
        browser.press(TAB);
        if browser.focused() == id {
            return;
        }
    }
    panic!("eight tabs and not at {id} but at {:?}", browser.focused());
}

#[test]
fn an_order_is_found_and_left_by_keys_alone() {
    let browser = Browser::start();
    browser.open(&demo().admin("/"));
    browser.until_shown();
    let _outage = Outage::begin();
    let order = waiting(&browser);
    tab_to(&browser, "order");
    browser.press(order.clone() + ENTER);
    browser.until_text("#story-name", |text| text == format!("Order {order}"));
    until("the focus is on what was found", PATIENCE, || match browser.focused().as_str() {
        "story" => Ok(()),
        other => Err(other.to_owned()),
    });
    browser.until_text("#story ol", |text| text.contains("Waits for"));
    browser.show_on(order_sync_tests::browser::DESKTOP);
    browser.picture("order");

    browser.open(browser.run("return location.href").as_str().expect("an address"));
    browser.run("location.reload()");
    browser.until_text("#story-name", |text| text == format!("Order {order}"));
    assert_eq!(browser.run("return location.pathname + location.search"), "/", "the number stays out of what is sent as the address");

    browser.run("document.getElementById('story').focus()");
    browser.press(TAB);
    assert_eq!(browser.focused(), "Close");
    browser.press(ENTER);
    browser.until_text("#story-name", str::is_empty);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn an_order_that_nobody_knows_is_said_to_be_unknown() {
    let browser = Browser::start();
    for page in [demo().admin("/"), demo().sandbox("/")] {
        browser.open(&page);
        browser.until_shown();
        tab_to(&browser, "order");
        browser.press("<b>NOBODY & nothing</b>".to_owned() + ENTER);
        browser.until_text("#story-name", |text| text == "Order <b>NOBODY & nothing</b>");
        let text = browser.text("#story");
        assert!(text.contains("Nothing is known of this order here") || text.contains("It is not held here"), "{text}");
        assert_eq!(browser.complaints(), [""; 0]);
    }
}

#[test]
fn the_sandbox_tells_what_was_applied_of_an_order() {
    let browser = Browser::start();
    browser.open(&demo().sandbox("/"));
    let order = browser.until_text("section[data-key=orders] tbody a", |text| !text.is_empty());
    browser.run("document.querySelector('section[data-key=orders] tbody a').focus()");
    browser.press(ENTER);
    let name = browser.until_text("#story-name", |text| !text.is_empty());
    assert!(name.starts_with("Order SAMPLE-"), "{name}, {order}");
    browser.until_text("#story ol", |text| text.contains("applied at"));
}

#[test]
fn what_is_open_and_focused_stays_so_while_the_figures_change() {
    let browser = Browser::start();
    browser.open(&demo().admin("/"));
    browser.until_shown();
    browser.run("document.querySelector('details summary').focus()");
    browser.press(ENTER);
    browser.run(
        "document.querySelector('section[data-key=partitions] .wide').scrollTop = 0; window.kept = document.querySelector('details table')",
    );
    let read = "section[data-key=ends] header p";
    let first = browser.text(read);
    let second = browser.until_text(read, |text| text != first);
    browser.until_text(read, |text| text != second);
    assert_eq!(browser.run("return document.querySelector('details').open"), true);
    assert_eq!(browser.run("return window.kept === document.querySelector('details table')"), true, "nodes are kept, not replaced");
    assert_eq!(browser.focused(), "The same as a table");
}

#[test]
fn a_link_that_has_the_focus_keeps_it_when_its_row_moves() {
    let browser = Browser::start();
    browser.open(&demo().sandbox("/"));
    let order = browser.until_text("section[data-key=orders] tbody tr:nth-child(2) a", |text| !text.is_empty());
    browser.run("document.getElementById('pause').click()");
    browser.run("document.querySelector('section[data-key=orders] tbody tr:nth-child(2) a').focus()");
    let focused = browser.focused();
    let place = "return [...document.querySelectorAll('section[data-key=orders] tbody tr')].findIndex((row) => row.contains(document.activeElement))";
    let before = browser.run(place);
    browser.run("document.getElementById('pause').click()");
    browser.run("document.getElementById('pause').click()");
    until("the list has changed", PATIENCE, || {
        let after = browser.run(place);
        if after != before { Ok(after) } else { Err(format!("{after}")) }
    });
    let now = browser.focused();
    assert!(now == focused || now == "BODY", "the focus was on {focused} ({order}), and is on {now}: it must not go to another order");
}
