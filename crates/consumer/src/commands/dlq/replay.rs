//! `order-sync dlq replay`: sends what was parked, unless AlipayHK has newer state by now.

mod candidate;
mod newer;
mod walk;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use super::scan::{KEY, Meant, letters};
use crate::cli::ReplayArgs;
use crate::commands::progress::Waiting;
use crate::commands::resend::{Keys, Knowledge, Newest, Plan, Run, allowed, execute};
use crate::commands::trouble::{Trouble, load};
use crate::kafka::reader::Reader;
use candidate::Candidates;
use newer::{Newer, Since};
use walk::Walk;

pub(super) fn run(args: &ReplayArgs) -> Result<ExitCode, Trouble> {
    let config = load(&args.common.config)?;
    let mut meant = Meant::new(&config, &args.letters)?;
    let mut candidates = Candidates::new(&config, args)?;
    let waiting = Waiting::on("Kafka");
    let reader = Reader::new(&config.kafka)?;
    let resend = &args.resend;
    let leave = if resend.dry_run { None } else { Some(allowed(&config, &reader, resend.online, resend.rate)?) };
    let topic = &config.dead_letter.topic;
    let parts = || {
        let parts = meant.parts(&reader, topic)?;
        meant.are_there(&parts, topic).map(|()| parts)
    };
    let run = match (&resend.run, resend.dry_run) {
        (_, true) => None,
        (Some(name), false) => Some(Run::go_on(&config.kafka, name, args.flags(), &BTreeSet::from([topic.clone()]))?),
        (None, false) => Some(Run::begin(&config.kafka, "replay", args.flags(), parts)?),
    };
    let whole = match &run {
        Some(run) => run.parts.clone(),
        None => parts()?,
    };
    drop(waiting);

    // First which modification of each order is the newest, then whether AlipayHK has a newer one, then the letters once more.
    let (keys, mut newest, mut since) = (Keys::default(), Newest::default(), Since::default());
    let mut failed = None;
    letters(&reader, whole.clone(), &mut meant, true, |letter| match candidates.of(&letter) {
        Ok(Ok(candidate)) => {
            let order = keys.of(candidate.event.merchant_biz_no.as_str());
            since.saw(&candidate, order, matches!(letter.reason.as_deref(), Some("rejected" | "undecided")));
            newest.saw(order, candidate.seen());
        }
        Ok(Err(_)) => {}
        Err(trouble) => failed = failed.take().or(Some(trouble)),
    })?;
    if let Some(trouble) = failed {
        return Err(trouble);
    }
    let knowledge = Arc::new(Knowledge::read(&config, &reader, &keys, &newest)?);
    let newer = Newer::read(&config, &reader, &keys, &newest, &knowledge, &since)?;
    let from = run.as_ref().map_or_else(Vec::new, |run| run.from.clone());
    let expected = newest.len() as u64;
    let plan = Plan {
        config: &config,
        file: &args.common.config,
        command: "dlq replay",
        resend,
        run: run.as_ref().zip(leave),
        knowledge: Arc::clone(&knowledge),
        expected,
        json: args.common.json,
    };
    let mut walk = Walk { config: &config, keys, newest, knowledge: &knowledge, newer, candidates, sent: Newest::default() };
    execute(plan, |tell| walk.go(&reader, whole, &from, &mut meant, tell).map_err(Trouble::at(KEY)).and_then(|done| done))
}
