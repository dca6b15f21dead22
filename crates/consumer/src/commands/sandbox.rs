//! `order-sync sandbox`: the stand-in AlipayHK, until a signal.

use std::path::Path;
use std::process::ExitCode;

use sandbox::{Sandbox, SandboxConfig};
use tokio::sync::mpsc::channel;

use super::run::stop_on_signals;
use super::{complain, say};
use crate::cli::SandboxArgs;

/// Why there is no sandbox; one line that begins with the key or the file.
#[derive(Debug, thiserror::Error)]
enum SandboxError {
    #[error("--config: {path}: {error}")]
    Unreadable { path: String, error: std::io::Error },
    #[error("{at}: {problem}")]
    Syntax { at: String, problem: String },
    #[error("{0}")]
    Start(String),
}

/// Runs until SIGTERM or SIGINT.
pub(super) fn run(args: &SandboxArgs) -> ExitCode {
    let config = match load(&args.config) {
        Ok(config) => config,
        Err(error) => return complain(&error, 2),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error, 1),
    };
    runtime.block_on(async {
        let (stop_sender, mut stop) = channel(2);
        if let Err(error) = stop_on_signals(stop_sender) {
            return complain(&format!("cannot listen for signals: {error}"), 1);
        }
        let running = match Sandbox::start(config).await {
            Ok(running) => running,
            Err(error) => return complain(&SandboxError::Start(error.to_string()), 2),
        };
        say(&format!("sandbox AlipayHK on {0}\nits page, orders and faults: {0}/\nalipayhk.base_url = \"{0}\"", running.base_url()));
        let _ = stop.recv().await;
        running.shutdown().await;
        ExitCode::SUCCESS
    })
}

fn load(path: &Path) -> Result<SandboxConfig, SandboxError> {
    let text = std::fs::read_to_string(path).map_err(|error| SandboxError::Unreadable { path: path.display().to_string(), error })?;
    let mut config: SandboxConfig = toml::from_str(&text).map_err(|error| syntax(path, &text, &error))?;
    config.relative_to(path.parent().unwrap_or(Path::new(".")));
    Ok(config)
}

/// Line, column and, where the line has one, the key.
fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> SandboxError {
    let at = error.span().map_or(0, |span| span.start);
    let before = text.get(..at).unwrap_or(text);
    let (line, column) = (before.matches('\n').count(), before.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
    let key = text.lines().nth(line).and_then(|line| line.split_once('=')).map(|(key, _)| format!("{}: ", key.trim())).unwrap_or_default();
    SandboxError::Syntax { at: format!("{}:{}:{column}", path.display(), line + 1), problem: format!("{key}{}", error.message()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_example_is_accepted_up_to_its_keys() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/sandbox.example.toml"));
        let config = load(path).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8090");
        assert!(config.private_key_file.is_absolute());
    }

    #[test]
    fn a_mistake_is_one_line_with_its_place_and_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sandbox.toml");
        for (text, says) in
            [("client_id = 1\n", ":1:13: client_id: "), ("colour = 1\n", ":1:1: colour: "), ("client_id = \"a\"\nlisten =\n", ":2:")]
        {
            std::fs::write(&path, text).unwrap();
            let error = load(&path).unwrap_err().to_string();
            assert!(error.contains(says), "{error}\n  does not say: {says}");
        }
    }
}
