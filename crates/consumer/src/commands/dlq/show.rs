//! `order-sync dlq show`: one dead letter, and what its record would become today.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use domain::OrderEvent;
use serde::Serialize;
use serde_json::value::RawValue;

use super::letter::Letter;
use super::scan::{Meant, letters};
use crate::cli::{LettersArgs, ShowLetterArgs};
use crate::commands::check::{masked, order_json};
use crate::commands::decoding::{Decoding, Found};
use crate::commands::progress::Waiting;
use crate::commands::say;
use crate::commands::trouble::{Trouble, load};
use crate::commands::when::When;
use crate::config::Config;
use crate::kafka::reader::Reader;

/// A letter with what its record says today.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    letter: Letter,
    /// Bytes of the record's key and value.
    key_bytes: Option<usize>,
    value_bytes: Option<usize>,
    /// `call`: decodes and is valid; `skipped`, or `parked` for the reason beside it.
    today: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    today_why: Option<String>,
    /// The body that would be sent, who ordered masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
}

pub(super) fn run(args: &ShowLetterArgs) -> Result<ExitCode, Trouble> {
    let config = load(&args.common.config)?;
    let one = LettersArgs { letter: vec![args.letter], ..LettersArgs::default() };
    let mut meant = Meant::new(&config, &one)?;
    let waiting = Waiting::on("Kafka");
    let reader = Reader::new(&config.kafka)?;
    let parts = meant.parts(&reader, &config.dead_letter.topic)?;
    drop(waiting);
    let mut found = None;
    letters(&reader, parts, &mut meant, true, |letter| found = Some(letter))?;
    let Some(letter) = found else {
        let (partition, offset) = args.letter;
        return Err(Trouble::usage(format!("{partition}:{offset}: there is no such letter in {} (any more)", config.dead_letter.topic)));
    };
    let decoded =
        Decoding::new(&config)?.decode(letter.topic.as_deref().unwrap_or_default(), letter.key.as_deref(), letter.value.as_deref())?;
    let event = match &decoded {
        Found::Order(event) => Some(event),
        Found::Skipped(_) | Found::Unfit(..) => None,
    };
    if let Some(path) = &args.value_to {
        write(&config, path, &letter, event)?;
    }
    let shown = Shown::new(&config, letter, &decoded);
    say(&if args.common.json { serde_json::to_string_pretty(&shown).unwrap_or_default() } else { shown.for_people() });
    Ok(ExitCode::SUCCESS)
}

/// Into a new file that nobody else can read: it holds who ordered.
fn write(config: &Config, path: &Path, letter: &Letter, event: Option<&OrderEvent>) -> Result<(), Trouble> {
    let Some(value) = &letter.value else {
        return Err(Trouble::usage(format!("--value-to: the letter has no value; its record is {}", letter.source())));
    };
    let bytes = event.map_or_else(|| value.to_vec(), |event| order_json(&config.alipayhk.client.body(event, 0).bytes).get().into());
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(&bytes));
    written.map_err(|error| Trouble::usage(format!("--value-to: {}: {error}", path.display())))
}

impl Shown {
    fn new(config: &Config, letter: Letter, decoded: &Found) -> Self {
        let (today, today_why, body) = match decoded {
            Found::Order(event) => {
                let broken = config.rulebook.of(event.biz_type).violations(event);
                let why = broken.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                ("call", Some(why).filter(|why| !why.is_empty()), Some(masked(&config.alipayhk.client.body(event, 0).bytes)))
            }
            Found::Skipped(_) if letter.truncated => {
                ("unknown", Some("the letter was cut; its record may still be in its topic".to_owned()), None)
            }
            Found::Skipped(why) => ("skipped", Some((*why).to_owned()), None),
            Found::Unfit(_, message) => ("parked", Some(message.to_string()), None),
        };
        let bytes = |bytes: &Option<Box<[u8]>>| bytes.as_ref().map(|bytes| bytes.len());
        Self { key_bytes: bytes(&letter.key), value_bytes: bytes(&letter.value), letter, today, today_why, body }
    }

    fn for_people(&self) -> String {
        let letter = &self.letter;
        let time = |millis: Option<i64>| millis.map(|millis| When(millis).to_string());
        let lines = [
            ("letter", Some(letter.letter.clone())),
            ("written", time(letter.written)),
            ("reason", letter.reason.clone()),
            ("code", letter.code.clone()),
            ("message", letter.message.clone()),
            ("record", Some(letter.source())),
            ("record time", time(letter.timestamp)),
            ("order", letter.merchant_biz_no.clone()),
            ("modified", time(letter.order_modify_time)),
            ("attempts", letter.attempts.map(|attempts| attempts.to_string())),
            ("first failure", time(letter.first_failure)),
            ("last failure", time(letter.last_failure)),
            ("schema id", letter.schema_id.map(|id| id.to_string())),
            ("group", letter.group.clone()),
            ("environment", letter.environment.clone()),
            ("version", letter.version.clone()),
            ("key", self.key_bytes.map(|bytes| format!("{bytes} bytes"))),
            ("value", self.value_bytes.map(|bytes| format!("{bytes} bytes"))),
            ("truncated", letter.truncated.then(|| "its topic would not take more of it".to_owned())),
            ("today", Some(format!("{}{}", self.today, self.today_why.as_ref().map(|why| format!(": {why}")).unwrap_or_default()))),
        ];
        let mut text: Vec<String> = lines.into_iter().filter_map(|(name, value)| Some(format!("{name:14} {}", value?))).collect();
        if let Some(body) = &self.body {
            text.push(String::new());
            text.push(body.get().to_owned());
        }
        text.join("\n")
    }
}
