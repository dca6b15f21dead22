//! A stand-in that notes every call, and that can be away.

use std::collections::HashMap;

use order_sync_tests::process::Process;
use order_sync_tests::{http, ports, wait};

use crate::place::{self, Place};
use crate::stand_in::Call;

/// See the module.
pub(crate) struct Witness {
    port: u16,
    key: String,
    process: Option<Process>,
}

impl Witness {
    /// Starts one.
    pub(crate) fn start(place: &Place<'_>) -> Result<Self, String> {
        let mut witness = Self { port: ports::free(), key: place.key_file("peer.pem").display().to_string(), process: None };
        witness.back()?;
        Ok(witness)
    }

    /// Where calls go.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on connections are refused. What it has noted is forgotten.
    pub(crate) fn away(&mut self) {
        self.process = None;
    }

    /// It listens again.
    pub(crate) fn back(&mut self) -> Result<(), String> {
        self.process = Some(place::helper(&["stand-in", &self.port.to_string(), &self.key, "witness"])?);
        wait::until("the witness listens", wait::PATIENCE, || http::get(&format!("{}/seen", self.url())));
        Ok(())
    }

    /// Every call so far, in the order of arrival.
    pub(crate) fn calls(&self) -> Result<Vec<Call>, String> {
        let (_, body) = http::get(&format!("{}/calls", self.url()))?;
        serde_json::from_str(&body).map_err(|error| error.to_string())
    }
}

/// Calls that had been made before, and calls with something older than a call before had.
pub(crate) fn repeats_and_older(calls: &[Call]) -> (u64, u64) {
    let mut newest: HashMap<&str, i64> = HashMap::new();
    let (mut repeats, mut older) = (0, 0);
    let mut seen = std::collections::HashSet::new();
    for call in calls {
        repeats += u64::from(!seen.insert((call.order.as_str(), call.version)));
        let newest = newest.entry(&call.order).or_insert(call.version);
        older += u64::from(call.version < *newest);
        *newest = (*newest).max(call.version);
    }
    (repeats, older)
}
