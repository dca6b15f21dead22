//! The page of a process that wants a token: it asks once, keeps it for the tab, and shows nothing before.

use order_sync_tests::browser::{Browser, DESKTOP, ENTER, PHONE};
use order_sync_tests::wait::{PATIENCE, until};

use crate::axe::violations;
use crate::stage::guarded;

const TOKEN: &str = "correct-horse-battery-staple";

#[test]
fn the_page_asks_for_a_token_and_keeps_it_for_the_tab() {
    let (guarded, browser) = (guarded(TOKEN), Browser::start());
    browser.open(&format!("http://{}/", guarded.admin()));
    // The text of what is hidden is its text all the same, so it is asked whether it is shown.
    let asks = || browser.run("return !document.getElementById('ask').hidden") == true;
    until("the page asks for the token", PATIENCE, || if asks() { Ok(()) } else { Err("it does not".to_owned()) });
    assert_eq!(browser.text("main"), "");
    assert_eq!(browser.focused(), "token");
    assert_eq!(browser.run("return document.getElementById('find').offsetWidth + document.getElementById('pause').offsetWidth"), 0);
    for (name, screen) in [("token", DESKTOP), ("token-dark", DESKTOP.dark()), ("token-phone", PHONE), ("token-phone-dark", PHONE.dark())] {
        browser.show_on(screen);
        assert!(violations(&browser).is_empty(), "{name}: {:?}", violations(&browser));
        browser.picture(name);
        assert_eq!(browser.run("return document.documentElement.scrollWidth"), screen.width, "{name}");
    }

    browser.press("battery-staple".to_owned() + ENTER);
    browser.until_text("#wrong", |text| text == "This is not the token.");
    browser.picture("token-wrong");
    browser.press(TOKEN.to_owned() + ENTER);
    browser.until_text(".verdict h2", |text| text == "Joining the group");
    assert!(!asks(), "once is enough");
    assert!(browser.run("return document.getElementById('find').offsetWidth").as_u64() > Some(0));

    browser.run("location.reload()");
    browser.until_text(".verdict h2", |text| !text.is_empty());
    assert_eq!(browser.run("return document.cookie + localStorage.length"), "0", "nothing outlives the tab");
}
