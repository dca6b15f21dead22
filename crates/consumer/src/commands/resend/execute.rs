//! Carries a run out, or tries it dry, and tells what came of it.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::mpsc::channel;

use super::drive::{End, Job, drive};
use super::guard::Allowed;
use super::{Knowledge, Run, Step, Tally};
use crate::cli::{ResendArgs, quoted};
use crate::commands::run::stop_on_signals;
use crate::commands::trouble::Trouble;
use crate::commands::{complain, say};
use crate::config::Config;

/// Whoever stops a process and then its whole group, as `timeout` does, means it once.
const ONE_SIGNAL: Duration = Duration::from_millis(250);
/// So much may be read ahead of what is sent.
const AHEAD: usize = 256;

/// What is carried out.
pub(in crate::commands) struct Plan<'a> {
    pub(in crate::commands) config: &'a Config,
    /// Where that was read from.
    pub(in crate::commands) file: &'a Path,
    /// The command, as it is typed.
    pub(in crate::commands) command: &'static str,
    /// How it is sent.
    pub(in crate::commands) resend: &'a ResendArgs,
    /// `None`: a dry run.
    pub(in crate::commands) run: Option<(&'a Run, Allowed)>,
    pub(in crate::commands) knowledge: Arc<Knowledge>,
    /// How many orders there are to send, about.
    pub(in crate::commands) expected: u64,
    pub(in crate::commands) json: bool,
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Report {
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    /// `whole`, or `stopped`.
    end: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The flags that go on with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    go_on: Option<String>,
    rate: Option<f64>,
    /// Sent beside a group that may be alive.
    relies_on_order_control: bool,
    #[serde(flatten)]
    tally: Tally,
}

/// `walk` goes through what is read and tells it step by step, until it is told to break off.
pub(in crate::commands) fn execute(
    plan: Plan<'_>,
    walk: impl FnOnce(&mut dyn FnMut(Step) -> ControlFlow<()>) -> Result<(), Trouble> + Send,
) -> Result<ExitCode, Trouble> {
    let Some((run, allowed)) = plan.run else {
        let mut tally = Tally::default();
        walk(&mut |step| {
            match step {
                Step::Send(_) => tally.to_send += 1,
                Step::Left(left) => tally.left(left),
                Step::Passed { .. } | Step::Over(_) => {}
            }
            ControlFlow::Continue(())
        })?;
        return Ok(tell(&plan, tally, End::Whole));
    };
    if allowed.online {
        eprintln_once(
            "sending beside a group that may be alive: that nothing older is applied over newer state is up to AlipayHK's own order control",
        );
    }
    let stop = Arc::new(AtomicBool::new(false));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (steps, received) = channel(AHEAD);
    let job =
        Job { config: plan.config, run, allowed, knowledge: Arc::clone(&plan.knowledge), stop: Arc::clone(&stop), expected: plan.expected };
    let (tally, end) = std::thread::scope(|scope| {
        let flag = Arc::clone(&stop);
        scope.spawn(move || {
            let mut tell = |step| match steps.blocking_send(step) {
                Ok(()) if !flag.load(Ordering::Relaxed) => ControlFlow::Continue(()),
                Ok(()) | Err(_) => ControlFlow::Break(()),
            };
            let result = walk(&mut tell);
            // A reading that was stopped is not over.
            if result.is_err() || !flag.load(Ordering::Relaxed) {
                let _ = steps.blocking_send(Step::Over(result));
            }
        });
        runtime.block_on(async {
            watch_signals(&stop)?;
            drive(job, received).await
        })
    })?;
    runtime.shutdown_background();
    Ok(tell(&plan, tally, end))
}

/// The first signal stops in an orderly way, the second at once.
fn watch_signals(stop: &Arc<AtomicBool>) -> Result<(), Trouble> {
    let (sender, mut stops) = channel(2);
    stop_on_signals(sender)?;
    let stop = Arc::clone(stop);
    tokio::spawn(async move {
        let mut first: Option<Instant> = None;
        while stops.recv().await.is_some() {
            stop.store(true, Ordering::Relaxed);
            if first.get_or_insert_with(Instant::now).elapsed() > ONE_SIGNAL {
                std::process::exit(1);
            }
        }
    });
    Ok(())
}

fn tell(plan: &Plan<'_>, tally: Tally, end: End) -> ExitCode {
    let run = plan.run.map(|(run, _)| run);
    let (end, why) = match end {
        End::Whole => ("whole", None),
        End::Stopped(why) => ("stopped", Some(why)),
    };
    let go_on = run.filter(|_| why.is_some()).map(|run| format!("{} {}", run.flags(), plan.resend.flags()).trim_end().to_owned());
    let people = tally.for_people(run.is_none());
    let report = Report {
        dry_run: run.is_none(),
        run: run.map(|run| run.name.clone()),
        end,
        why: why.clone(),
        go_on: go_on.clone(),
        rate: plan.run.map(|(_, allowed)| allowed.rate),
        relies_on_order_control: plan.run.is_some_and(|(_, allowed)| allowed.online),
        tally,
    };
    say(&if plan.json { serde_json::to_string_pretty(&report).unwrap_or_default() } else { people });
    match (why, go_on) {
        (Some(why), Some(go_on)) => {
            let (command, file) = (plan.command, quoted(&plan.file.display().to_string()));
            complain(&format!("{why}; what is done stays done, go on with: order-sync {command} {go_on} --config {file}"), 1)
        }
        _ => ExitCode::SUCCESS,
    }
}

fn eprintln_once(text: &str) {
    use std::io::Write;
    // Nobody is left to hear of it when stderr is gone.
    let _ = writeln!(std::io::stderr().lock(), "order-sync: {text}");
}
