//! `order-sync run`: the pipeline, until a signal.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Sender, channel};

use crate::admin::Published;
use crate::cli::RunArgs;
use crate::config::Config;
use crate::pipeline::{self, Outside, RunError};
use crate::reload::Reload;
use crate::{supervisor, telemetry};

/// Runs until SIGTERM or SIGINT; drains, commits and ends with 0.
pub fn run(args: &RunArgs) -> ExitCode {
    let config = match Config::load(&args.config, crate::config::environment()) {
        Ok(config) if args.shadow => config.into_shadow(),
        Ok(config) => config,
        Err(error) => return super::complain(&error, 2),
    };
    let published = Published::default();
    let (telemetry, metrics) = match telemetry::init(&config, &published) {
        Ok(telemetry) => telemetry,
        Err(error) => return super::complain(&error, 2),
    };
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    if args.shadow {
        tracing::warn!(group = config.kafka.group_id, "shadow: everything is built and signed, nothing is sent and nothing is parked");
    }
    let shadow = args.shadow;
    // One thread for driver and calls: signing has threads of its own, and what is left costs less than waking another one for it.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return super::complain(&error, 1),
    };
    let ended = runtime.block_on(async {
        let (stop_sender, stop) = channel(2);
        if let Err(error) = stop_on_signals(stop_sender) {
            return Err(RunError::Machine(format!("cannot listen for signals: {error}")));
        }
        let hangups = signal(SignalKind::hangup()).map_err(|error| RunError::Machine(format!("cannot listen for signals: {error}")))?;
        let reload = Some(Reload { file: args.config.clone(), hangups });
        let outside = Outside { stop, published, listening: None, metrics, reload, shadow };
        Box::pin(pipeline::run(config, outside)).await
    });
    // Tasks that still wait for an answer are let go: their calls count as undecided, here and at the next start.
    runtime.shutdown_background();
    drop(telemetry);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => super::complain(&error, error.code()),
    }
}

/// Passes SIGTERM and SIGINT on.
pub(super) fn stop_on_signals(stop: Sender<()>) -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            supervisor::stopping().await;
            if stop.send(()).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}
