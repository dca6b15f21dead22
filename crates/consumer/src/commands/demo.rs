//! `order-sync demo`: all of it on one machine with nothing to install. The broker is embedded, AlipayHK is the sandbox, keys are made
//! for the occasion; the pipeline between them is the real one.

mod feed;
mod stage;
mod summary;
mod verdict;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use sandbox::Running;
use tokio::sync::mpsc::channel;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::feed::Feed;
use self::stage::Stage;
use self::summary::Summary;
use self::verdict::Verdict;
use super::progress::Waiting;
use super::{complain, run, say};
use crate::admin::Published;
use crate::admin::state::State;
use crate::cli::DemoArgs;
use crate::pipeline::{self, Outside, RunError};
use crate::telemetry;

/// New orders come for this part of the time, so that the last ones have arrived at its end.
const FEEDING: f64 = 0.7;
/// What is still open after the feed ended may take so long.
const SETTLE: Duration = Duration::from_secs(20);
/// The summary is renewed this often.
const TICK: Duration = Duration::from_millis(500);

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub(super) enum DemoError {
    #[error("cannot set the stage: {0}")]
    Stage(String),
    #[error("the embedded broker: {0}")]
    Kafka(#[from] rdkafka::error::KafkaError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Somebody did not want to wait: no failure.
    #[error("ended at once: what was open is not judged")]
    Interrupted,
}

/// Shows it for a while, or until Ctrl-C; ends with 0 only when the sandbox holds the newest modification of every order.
pub(super) fn run(args: &DemoArgs) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error, 1),
    };
    let waiting = Waiting::on("two keys and a broker");
    let stage = match Stage::set() {
        Ok(stage) => stage,
        Err(error) => return complain(&error, 1),
    };
    drop(waiting);
    let published = Published::default();
    let (telemetry, metrics) = match telemetry::init(&stage.config, &published) {
        Ok(telemetry) => telemetry,
        Err(error) => return complain(&error, 1),
    };
    let shown = runtime.block_on(show(args, stage, published, metrics));
    runtime.shutdown_background();
    drop(telemetry);
    match shown {
        Ok(verdict) if args.json => {
            say(&serde_json::to_string(&verdict).unwrap_or_default());
            verdict.exit_code()
        }
        Ok(verdict) => {
            say(&verdict.for_people());
            verdict.exit_code()
        }
        Err(error) => complain(&error, 1),
    }
}

async fn show(args: &DemoArgs, stage: Stage, published: Published, metrics: telemetry::metrics::Metrics) -> Result<Verdict, DemoError> {
    let sandbox = stage.sandbox().await?;
    let config = stage.pipeline(&sandbox)?;
    let (stop, stopped) = channel(2);
    let (told, address) = oneshot::channel();
    let outside = Outside { stop: stopped, published: published.clone(), listening: Some(told), metrics, reload: None, shadow: false };
    let pipeline = tokio::spawn(pipeline::run(config, outside));
    let Ok(address) = address.await else { return Err(ended_early(pipeline).await) };
    let (interrupt, mut interrupted) = channel(2);
    run::stop_on_signals(interrupt)?;
    let mut summary = Summary::new(args.json);
    summary.begin(address, sandbox.addr(), args.for_);

    let feed = Feed::start(&stage.bootstrap_servers())?;
    let began = Instant::now();
    let feed_until = args.for_.map(|whole| began + whole.mul_f64(FEEDING));
    let until = args.for_.map(|whole| began + whole);
    let mut tick = tokio::time::interval(TICK);
    let mut pipeline = pipeline;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = interrupted.recv() => {
                summary.interrupted();
                break;
            }
            ended = &mut pipeline => return Err(failure(ended)),
        }
        let state = published.get();
        summary.show(&state, feed.written());
        if feed_until.is_some_and(|at| Instant::now() >= at) {
            feed.stop();
        }
        if until.is_some_and(|at| Instant::now() >= at) {
            break;
        }
    }
    feed.stop();
    let fed = tokio::select! {
        fed = feed.end() => fed?,
        _ = interrupted.recv() => return Err(DemoError::Interrupted),
    };
    let deadline = Instant::now() + SETTLE;
    while Instant::now() < deadline && !is_settled(&published.get(), fed.records) {
        tokio::select! {
            _ = tick.tick() => {}
            _ = interrupted.recv() => return Err(DemoError::Interrupted),
        }
        summary.show(&published.get(), fed.records);
    }
    // The pipeline gone or the channel full both show in its end.
    let _ = stop.send(()).await;
    tokio::select! {
        ended = &mut pipeline => match ended {
            Ok(Ok(())) => {}
            ended => return Err(failure(ended)),
        },
        _ = interrupted.recv() => return Err(DemoError::Interrupted),
    }
    summary.end();
    Ok(judge(&published.get(), &sandbox, &fed))
}

fn judge(state: &State, sandbox: &Running, fed: &feed::Fed) -> Verdict {
    Verdict::new(state, &sandbox.state(sandbox::Orders::All), fed)
}

/// Every record that was written has its end.
fn is_settled(state: &State, written: u64) -> bool {
    let ends = &state.dispositions;
    state.records_read == written && ends.delivered + ends.superseded + ends.stale + ends.rejected + ends.parked + ends.skipped == written
}

async fn ended_early(pipeline: JoinHandle<Result<(), RunError>>) -> DemoError {
    failure(pipeline.await)
}

fn failure(ended: Result<Result<(), RunError>, tokio::task::JoinError>) -> DemoError {
    match ended {
        Ok(Ok(())) => DemoError::Stage("the pipeline ended by itself".to_owned()),
        Ok(Err(error)) => DemoError::Run(error),
        Err(error) => DemoError::Stage(format!("the pipeline broke off: {error}")),
    }
}
