//! Light and dark, desktop and phone.

use crate::stage::demo;
use order_sync_tests::browser::{Browser, DESKTOP, PHONE};

const WIDTH: &str = "return document.documentElement.scrollWidth";
const GROUND: &str = "return getComputedStyle(document.body).backgroundColor";

#[test]
fn the_pages_follow_the_systems_light_and_dark() {
    let (demo, browser) = (demo(), Browser::start());
    for (name, url) in [("page", demo.admin("/")), ("sandbox", demo.sandbox("/"))] {
        browser.show_on(DESKTOP);
        browser.open(&url);
        browser.until_shown();
        browser.until_text("tbody a", |text| !text.is_empty());
        let light = browser.run(GROUND);
        browser.picture(&format!("{name}-light"));
        browser.show_on(DESKTOP.dark());
        browser.picture(&format!("{name}-dark"));
        assert_ne!(browser.run(GROUND), light);
    }
}

#[test]
fn nothing_is_wider_than_a_phone() {
    let (demo, browser) = (demo(), Browser::start());
    browser.show_on(PHONE);
    for (name, url) in [("page", demo.admin("/")), ("sandbox", demo.sandbox("/"))] {
        browser.open(&url);
        browser.until_shown();
        let order = browser.until_text("tbody a", |text| !text.is_empty());
        browser.run("for (const part of document.querySelectorAll('details')) part.open = true");
        browser.picture(&format!("{name}-phone"));
        browser.show_on(PHONE.dark());
        browser.picture(&format!("{name}-phone-dark"));
        assert_eq!(browser.run(WIDTH), PHONE.width, "{name}");
        browser.open(&format!("{url}#order={order}"));
        browser.until_text("#story-name", |text| !text.is_empty());
        assert_eq!(browser.run(WIDTH), PHONE.width, "{name} with an order");
    }
}
