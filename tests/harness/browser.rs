//! A real Chromium (Debian: `chromium`, `chromium-driver`), one at a time, and what a test wants to know of it. It is driven by the few requests of WebDriver that are needed: the libraries
//! for it switch on `serde_json/preserve_order`, and then the tests would not run what is shipped.

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value as Json, json};

use crate::kafka::jars::workspace;
use crate::process::{Process, Start};
use crate::wait::{PATIENCE, until};
use crate::{http, ports};

/// Two cores are enough for one of them.
static ONE: Mutex<()> = Mutex::new(());

/// Keys by the numbers that WebDriver gives them.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";

/// A running browser with one tab. Dropping it ends it.
pub struct Browser {
    session: String,
    _chromedriver: Process,
    _one: MutexGuard<'static, ()>,
}

/// A request that the tab made.
#[derive(Debug)]
pub struct Request {
    /// Where to.
    pub url: String,
    /// How.
    pub method: String,
}

/// What to render for.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Pixels of the style sheet.
    pub width: u32,
    /// The same.
    pub height: u32,
    /// Whether its owner likes it dark.
    pub dark: bool,
}

/// A window on a desk.
pub const DESKTOP: Screen = Screen { width: 1360, height: 1180, dark: false };
/// A small phone.
pub const PHONE: Screen = Screen { width: 360, height: 780, dark: false };

impl Screen {
    /// The same at night.
    pub fn dark(self) -> Self {
        Self { dark: true, ..self }
    }
}

impl Browser {
    /// Starts it, as soon as no other one runs.
    #[track_caller]
    pub fn start() -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::Builder::new().prefix("order-sync-page-").tempdir().expect("a temporary folder").keep();
        let port = ports::free();
        let chromedriver = Start::new("chromedriver", &folder).arg(format!("--port={port}")).env("HOME", &folder).spawn();
        // A test may run as root, in a container with little shared memory. Nothing but this machine can be reached or is looked up.
        let profile = format!("--user-data-dir={}", folder.join("profile").display());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            &profile,
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let sessions = format!("http://127.0.0.1:{port}/session");
        let session = until("Chromium and its driver start (Debian: chromium, chromium-driver)", PATIENCE, || {
            let started = post(&sessions, &wanted).map_err(|error| {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                format!("{error}; {log}")
            })?;
            Ok(format!("{sessions}/{}", started["sessionId"].as_str().unwrap_or_default()))
        });
        let browser = Self { session, _chromedriver: chromedriver, _one: one };
        browser.show_on(DESKTOP);
        browser
    }

    /// Goes to an address.
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.ask("url", &json!({ "url": url }));
    }

    #[track_caller]
    fn ask(&self, what: &str, body: &Json) -> Json {
        post(&format!("{}/{what}", self.session), body).unwrap_or_else(|error| panic!("{what} {body}: {error}"))
    }

    /// Sets the size, and light or dark.
    #[track_caller]
    pub fn show_on(&self, screen: Screen) {
        let Screen { width, height, dark } = screen;
        let mobile = width < 500;
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile }),
        );
        let scheme = if dark { "dark" } else { "light" };
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }));
    }

    #[track_caller]
    fn cdp(&self, command: &str, parameters: Json) -> Json {
        self.ask("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// What a function's body returns in the tab.
    #[track_caller]
    pub fn run(&self, body: &str) -> Json {
        self.ask("execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// The same for a body that calls its last argument with the result.
    #[track_caller]
    pub fn run_async(&self, body: &str) -> Json {
        self.ask("execute/async", &json!({ "script": body, "args": [] }))
    }

    /// The text that a person sees of the first element found.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let text = self.run(&format!("return document.querySelector({})?.innerText ?? ''", json!(selector)));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the text of an element is as wanted.
    #[track_caller]
    pub fn until_text(&self, selector: &str, wanted: impl Fn(&str) -> bool) -> String {
        until(&format!("the text of {selector}"), PATIENCE, || {
            let text = self.text(selector);
            if wanted(&text) { Ok(text) } else { Err(text) }
        })
    }

    /// Waits for the first figures.
    #[track_caller]
    pub fn until_shown(&self) {
        self.until_text(".verdict h2", |text| !text.is_empty());
    }

    /// Presses keys, wherever the focus is.
    #[track_caller]
    pub fn press(&self, keys: impl AsRef<str>) {
        let keys = keys.as_ref().chars().flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })));
        let keys: Vec<Json> = keys.collect();
        self.ask("actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": keys }] }));
    }

    /// What has the focus: its id, else its text.
    #[track_caller]
    pub fn focused(&self) -> String {
        let focused = self.run("const on = document.activeElement; return on === document.body ? 'BODY' : on.id || on.innerText");
        focused.as_str().unwrap_or_default().to_owned()
    }

    /// Everything that the browser complained of since the last look: errors, and what the policy forbids.
    #[track_caller]
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.ask("se/log", &json!({ "type": "browser" }));
        entries.as_array().into_iter().flatten().map(|entry| format!("{}: {}", entry["level"], entry["message"])).collect()
    }

    /// Every request since the last look.
    #[track_caller]
    pub fn requests(&self) -> Vec<Request> {
        let entries = self.ask("se/log", &json!({ "type": "performance" }));
        let request = |text: &str| {
            let event: Json = serde_json::from_str(text).ok()?;
            let message = &event["message"];
            let request = (message["method"] == "Network.requestWillBeSent").then(|| &message["params"]["request"])?;
            Some(Request { url: request["url"].as_str()?.to_owned(), method: request["method"].as_str()?.to_owned() })
        };
        entries.as_array().into_iter().flatten().filter_map(|entry| request(entry["message"].as_str()?)).collect()
    }

    /// Leaves a picture of the tab, for people: as it is seen, or from top to bottom.
    #[track_caller]
    pub fn picture(&self, name: &str) {
        let folder = workspace().join(".dev/page");
        fs::create_dir_all(&folder).expect("the folder of pictures can be made");
        let size = self.cdp("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let taken = self.cdp("Page.captureScreenshot", json!({ "format": "png", "captureBeyondViewport": true, "clip": clip }));
        let png = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, taken["data"].as_str().unwrap_or_default());
        fs::write(folder.join(format!("{name}.png")), png.expect("a picture is base64")).expect("the folder is ours");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver goes with its process; this is to let Chromium go first, in order.
        let _ = http::send(reqwest::Method::DELETE, &self.session, &[], "");
    }
}

/// The value that WebDriver answers with.
fn post(url: &str, body: &Json) -> Result<Json, String> {
    let (status, answer) = http::send(reqwest::Method::POST, url, &[("content-type", "application/json")], &body.to_string())?;
    let answer: Json = serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
    if status == 200 { Ok(answer["value"].clone()) } else { Err(answer["value"]["message"].to_string()) }
}
