//! The bare call: the same HTTP client with the same settings, the same bytes, the same server, and nothing else in the process.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use order_sync_benches::cpu_clock::process_cpu;
use serde::{Deserialize, Serialize};

use crate::place::{Place, helper_output};
use crate::proc::micros;
use crate::stand_in::CLIENT_ID;

/// What the bare calls cost.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// Processor time of the whole process for each call, in microseconds.
    pub(crate) cpu_micros: f64,
}

/// Runs `count` calls in a process of its own; `rate` a second, or as fast as they go when it is 0.
pub(crate) fn measure(place: &Place<'_>, body: &[u8], count: u64, at_once: u32, rate: u64) -> Result<Cost, String> {
    let file = place.key_file("body.json");
    fs::write(&file, body).map_err(|error| format!("{}: {error}", file.display()))?;
    let (url, file) = (format!("{}{}", place.url(), alipayhk::PATH), file.display().to_string());
    let output = helper_output(&["post", &url, &file, &count.to_string(), &at_once.to_string(), &rate.to_string()])?;
    serde_json::from_str(&output).map_err(|error| format!("the bare calls: {error}: {output}"))
}

/// The process of its own.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let [url, file, count, at_once, rate] = arguments else { return Err("post wants five arguments".to_owned()) };
    let body = Bytes::from(fs::read(file).map_err(|error| format!("{file}: {error}"))?);
    let number = |text: &String| text.parse::<u64>().map_err(|_| format!("{text} is no number"));
    let (count, at_once, rate) = (number(count)?, number(at_once)?.max(1), number(rate)?);
    // as crates/consumer/src/call/http.rs builds it
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(Duration::from_secs(3))
        .pool_idle_timeout(Duration::from_secs(20))
        .pool_max_idle_per_host(at_once as usize)
        .tcp_nodelay(true)
        .no_proxy()
        .build()
        .map_err(|error| error.to_string())?;
    let calls = Calls { client, url: url.clone(), body, at_once, rate };
    // as `order-sync run` builds it
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let spent = runtime.block_on(async {
        calls.make(count / 10).await?;
        let before = process_cpu();
        calls.make(count).await?;
        Ok::<_, String>(process_cpu().saturating_sub(before))
    })?;
    let made = (count / at_once).max(1) * at_once;
    println!("{}", serde_json::to_string(&Cost { cpu_micros: micros(spent, made) }).unwrap_or_default());
    Ok(())
}

#[derive(Clone)]
struct Calls {
    client: reqwest::Client,
    url: String,
    body: Bytes,
    at_once: u64,
    rate: u64,
}

impl Calls {
    async fn make(&self, count: u64) -> Result<(), String> {
        let each = (count / self.at_once).max(1);
        let tasks: Vec<_> = (0..self.at_once).map(|number| tokio::spawn(self.clone().repeat(each, number))).collect();
        for task in tasks {
            task.await.map_err(|error| error.to_string())??;
        }
        Ok(())
    }

    async fn repeat(self, each: u64, number: u64) -> Result<(), String> {
        let between = (self.rate > 0).then(|| Duration::from_secs_f64(self.at_once as f64 / self.rate as f64));
        if let Some(between) = between {
            tokio::time::sleep(between.mul_f64(number as f64 / self.at_once as f64)).await;
        }
        let mut ticks = between.map(tokio::time::interval);
        for _ in 0..each {
            if let Some(ticks) = &mut ticks {
                ticks.tick().await;
            }
            self.once().await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    async fn once(&self) -> reqwest::Result<()> {
        let request = self.client.post(&self.url).header("Content-Type", "application/json; charset=UTF-8");
        let request = request.header("Client-Id", CLIENT_ID).header("Request-Time", "2026-11-24T03:30:00+08:00");
        let request = request.header("Signature", SIGNATURE.with(Clone::clone)).body(self.body.clone());
        let mut response = request.send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
        }
        std::hint::black_box(body);
        Ok(())
    }
}

thread_local! {
    /// As long as a real one.
    static SIGNATURE: String = format!("algorithm=RSA256, keyVersion=1, signature={}", "A".repeat(344));
}
