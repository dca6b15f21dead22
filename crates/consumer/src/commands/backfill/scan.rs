//! The newest modification of each order in what is read again.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use domain::MerchantBizNo;
use rdkafka::message::Message;

use crate::commands::decoding::{Decoding, Found};
use crate::commands::progress::Progress;
use crate::commands::resend::{Keys, Left, Newest, OrderKey, Seen};
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::reader::{Part, Reader};

/// The orders of `--orders`.
#[derive(Debug)]
pub(super) struct Only(BTreeMap<OrderKey, String>);

impl Only {
    /// One order number a line; empty lines and those that begin with `#` are none.
    pub(super) fn read(path: &Path, keys: &Keys) -> Result<Self, Trouble> {
        let wrong = |what: String| Trouble::usage(format!("--orders: {}: {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let mut orders = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let order = MerchantBizNo::parse(line).map_err(|invalid| wrong(format!("line {number}: {invalid}")))?;
            orders.insert(keys.of(order.as_str()), order.as_str().to_owned());
        }
        if orders.is_empty() { Err(wrong("names no order".to_owned())) } else { Ok(Self(orders)) }
    }

    /// The orders of which nothing was read.
    pub(super) fn missing(&self, newest: &Newest) -> Vec<Left> {
        let missing = self.0.iter().filter(|(key, _)| newest.of(**key).is_none());
        let left = missing.map(|(_, order)| Left {
            what: "-".to_owned(),
            order: Some(order.clone()),
            why: "no_record",
            detail: "the sources have no record of it since --from".to_owned(),
        });
        left.collect()
    }
}

/// Reads everything once.
pub(super) fn scan(config: &Config, reader: &Reader, keys: &Keys, only: Option<&Only>, parts: Vec<Part>) -> Result<Newest, Trouble> {
    let mut decoding = Decoding::new(config)?;
    let mut progress = Progress::new(parts.iter().map(Part::len).sum(), "records");
    let (mut newest, mut failed) = (Newest::default(), None);
    let read = reader.read(parts, |message, behind| {
        progress.show(behind);
        let Some(message) = message else { return ControlFlow::Continue(()) };
        match decoding.of(message) {
            Ok(Found::Order(event)) => {
                let order = keys.of(event.merchant_biz_no.as_str());
                if only.is_none_or(|only| only.0.contains_key(&order)) {
                    newest.saw(order, Seen::of(&event, message.offset()));
                }
                ControlFlow::Continue(())
            }
            Ok(Found::Skipped(_) | Found::Unfit(..)) => ControlFlow::Continue(()),
            Err(trouble) => {
                failed = Some(trouble);
                ControlFlow::Break(())
            }
        }
    });
    read.map_err(Trouble::at(config.kafka.topics.key()))?;
    failed.map_or(Ok(newest), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_orders_has_one_in_each_line_and_a_wrong_one_is_named() {
        let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::default());
        let path = folder.path().join("orders");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Only::read(&path, &keys)
        };
        let only = read("# of today\n A-1 \n\nA-2\nA-1\n").unwrap();
        assert!(only.0.len() == 2 && only.0.contains_key(&keys.of("A-2")));
        let long = "x".repeat(33);
        assert!(read(&format!("A-1\n{long}\n")).unwrap_err().to_string().contains("line 2: "));
        assert!(read("# none\n").unwrap_err().to_string().ends_with("names no order"));
    }
}
