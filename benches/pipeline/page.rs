//! What a live page that is looked at costs the process: 300 orders a second all the time, with nobody at the page, with somebody who asks as its
//! script does, and with a real Chromium; in turns.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use order_sync_tests::browser::Browser;
use order_sync_tests::kafka::Topic;
use order_sync_tests::wait;

use crate::place::{PARTITIONS, Place, pause};
use crate::proc::median;
use crate::subject::{Settings, Subject};
use crate::table::Table;
use crate::{Options, say};

const PART: &str = "page";
/// Distinct orders a second; each becomes a call.
const RATE: u64 = 300;
/// The plots reach so far back: a younger page is a cheaper one.
const FULL: u64 = 600;
/// One look at the processor time.
const LOOK: u64 = 20;
const ROUNDS: usize = 3;
/// As the page's script waits after an answer.
const EVERY: Duration = Duration::from_secs(2);
/// What a browser loads before it asks for figures.
const FRAME: [&str; 4] = ["/", "/page.css", "/page.js", "/page.svg"];
const FIGURES: &str = "/api/page";

pub(crate) fn measure(place: &Place<'_>, options: &Options, table: &mut Table) -> Result<(), String> {
    let (full, look) = (Duration::from_secs(options.scaled(FULL)), Duration::from_secs(options.scaled(LOOK)));
    let topic = place.kafka.topic("page", PARTITIONS);
    let subject = Subject::start(place, &topic, &Settings::default())?;
    subject.joined();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let fed = scope.spawn(|| feed(place, &topic, &over));
        let looked = looks(&subject, full, look, table);
        over.store(true, Ordering::Relaxed);
        let orders = fed.join().map_err(|_| "the orders broke off".to_owned())?;
        looked?;
        let state = subject.until("every order is delivered", |state| state.is_done(orders));
        let calls = state.calls.attempted;
        if calls == orders { Ok(()) } else { Err(format!("{orders} orders became {calls} calls")) }
    })
}

fn looks(subject: &Subject, full: Duration, look: Duration, table: &mut Table) -> Result<(), String> {
    say(&format!("page: {RATE} orders a second for {} s, until the plots are full", full.as_secs()));
    pause(full);
    let mut client = Client::new(subject)?;
    let frame = FRAME.iter().map(|path| client.get(path)).sum::<Result<usize, String>>()?;
    let update = client.get(FIGURES)?;
    table.add(PART, "frame, style, script and icon", frame as f64 / 1e3, "kB");
    table.add(PART, "one update, ten minutes and 12 partitions in it", update as f64 / 1e3, "kB");
    table.goal(PART, "all of it, bodies as sent", (frame + update) as f64 / 1e3, "kB", 100.0);
    let (mut alone, mut asked, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        say(&format!("page: round {round} of {ROUNDS}: nobody, somebody who asks, a browser, {} s each", look.as_secs()));
        alone.push(share(subject, look, || pause(look))?);
        asked.push(share(subject, look, || client.ask_for(look))?);
        let browser = Browser::start();
        browser.open(&subject.page());
        browser.until_shown();
        open.push(share(subject, look, || pause(look))?);
    }
    let nobody = median(alone);
    table.add(PART, format!("{RATE} orders a second, nobody at the page"), nobody, "% core");
    table.goal(PART, "added by somebody who asks as the script does", median(asked) - nobody, "% core", 1.0);
    table.goal(PART, "added by a page that is open in Chromium", median(open) - nobody, "% core", 1.0);
    Ok(())
}

/// Processor time of the process while something is done for so long, in hundredths of a core.
fn share(subject: &Subject, look: Duration, doing: impl FnOnce()) -> Result<f64, String> {
    let (before, began) = (subject.cpu()?, Instant::now());
    doing();
    pause(look.saturating_sub(began.elapsed()));
    let spent = subject.cpu()?.total().saturating_sub(before.total());
    Ok(spent.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0)
}

/// Writes distinct orders at the rate until it is told to end; how many.
fn feed(place: &Place<'_>, topic: &Topic<'_>, over: &AtomicBool) -> u64 {
    let (began, mut written) = (Instant::now(), 0);
    while !over.load(Ordering::Relaxed) {
        let due = (began.elapsed().as_secs_f64() * RATE as f64) as u64;
        topic.write_all((written..due).map(|order| place.record(order, 1)));
        written = due;
        pause(Duration::from_millis(50));
    }
    written
}

/// Asks over one connection, as a browser does.
struct Client {
    client: reqwest::Client,
    page: String,
}

impl Client {
    fn new(subject: &Subject) -> Result<Self, String> {
        let client = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
        Ok(Self { client, page: subject.page() })
    }

    /// Bytes of the body.
    fn get(&mut self, path: &str) -> Result<usize, String> {
        let url = format!("{}{path}", self.page.trim_end_matches('/'));
        let body = wait::block_on(async { self.client.get(&url).send().await?.error_for_status()?.bytes().await });
        body.map(|body| body.len()).map_err(|error| error.to_string())
    }

    fn ask_for(&mut self, look: Duration) {
        let began = Instant::now();
        while began.elapsed() < look {
            // One that fails costs less, and shows in the next look at the state.
            let _ = self.get(FIGURES);
            pause(EVERY.min(look.saturating_sub(began.elapsed())));
        }
    }
}
