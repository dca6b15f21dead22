//! `order-sync backfill`: reads the sources again from a time on and sends the newest modification of each order. The group's offsets are
//! not touched.

mod scan;
mod walk;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use super::now_millis;
use super::progress::Waiting;
use super::resend::{Keys, Knowledge, Plan, Run, Step, allowed, execute};
use super::trouble::{Trouble, load};
use crate::cli::BackfillArgs;
use crate::kafka::reader::Reader;
use scan::{Only, scan};
use walk::Walk;

pub(super) fn run(args: &BackfillArgs) -> Result<ExitCode, Trouble> {
    let config = load(&args.common.config)?;
    if args.to.is_some_and(|to| to <= args.from) {
        return Err(Trouble::usage("--to: is not later than --from"));
    }
    let keys = Keys::default();
    let only = args.orders.as_deref().map(|path| Only::read(path, &keys)).transpose()?;
    let waiting = Waiting::on("Kafka");
    let reader = Reader::new(&config.kafka)?;
    let resend = &args.resend;
    let leave = if resend.dry_run { None } else { Some(allowed(&config, &reader, resend.online, resend.rate)?) };
    let key = Trouble::at(config.kafka.topics.key());
    let topics = reader.sources(&config.kafka.topics).map_err(&key)?;
    let parts = || -> Result<Vec<_>, Trouble> {
        let mut parts = Vec::new();
        for topic in &topics {
            parts.extend(reader.parts(topic, Some(args.from.0)).map_err(&key)?);
        }
        Ok(parts)
    };
    let run = match (&resend.run, resend.dry_run) {
        (_, true) => None,
        (Some(name), false) => Some(Run::go_on(&config.kafka, name, args.flags(), &topics.iter().cloned().collect::<BTreeSet<_>>())?),
        (None, false) => Some(Run::begin(&config.kafka, "backfill", args.flags(), parts)?),
    };
    let whole = match &run {
        Some(run) => run.parts.clone(),
        None => parts()?,
    };
    drop(waiting);

    // First which modification of each order is the newest, then whether AlipayHK has it already, then the records once more.
    let newest = scan(&config, &reader, &keys, only.as_ref(), whole.clone())?;
    let missing = only.as_ref().map(|only| only.missing(&newest)).unwrap_or_default();
    let knowledge = Arc::new(Knowledge::read(&config, &reader, &keys, &newest)?);
    let from = run.as_ref().map_or_else(Vec::new, |run| run.from.clone());
    let plan = Plan {
        config: &config,
        file: &args.common.config,
        command: "backfill",
        resend: &args.resend,
        run: run.as_ref().zip(leave),
        knowledge: Arc::clone(&knowledge),
        expected: newest.len() as u64,
        json: args.common.json,
    };
    let began = run.as_ref().and_then(Run::began).unwrap_or_else(now_millis);
    let mut walk = Walk::new(&config, args, keys, newest, &knowledge, began)?;
    execute(plan, |tell| {
        for left in missing {
            let _ = tell(Step::Left(left));
        }
        walk.go(&reader, whole, &from, tell)
    })
}
