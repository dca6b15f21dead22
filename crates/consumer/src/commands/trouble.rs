//! Why a tool ends without having done what it was asked.

use std::process::ExitCode;

use super::complain;
use crate::config::{self, Config, ConfigError};
use crate::kafka::reader::ReadError;
use crate::schema::{DecoderError, RegistryError, RegistrySetup};

/// One line, and the exit code that goes with it.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Trouble {
    text: String,
    code: u8,
}

impl Trouble {
    /// Something to correct: a key or a flag, which the text names.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: 2 }
    }

    /// Something that went wrong on the way.
    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: 1 }
    }

    /// A topic that does not exist is a wrong key.
    pub(crate) fn at(key: &'static str) -> impl Fn(ReadError) -> Self {
        move |error| match error {
            ReadError::Missing(_) => Self::usage(format!("{key}: {error}")),
            ReadError::NoLeader { .. } | ReadError::Kafka(_) => Self::failed(error.to_string()),
        }
    }

    pub(crate) fn exit(&self) -> ExitCode {
        complain(self, self.code)
    }
}

impl From<ConfigError> for Trouble {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<DecoderError> for Trouble {
    fn from(error: DecoderError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<RegistrySetup> for Trouble {
    fn from(error: RegistrySetup) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<RegistryError> for Trouble {
    fn from(error: RegistryError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<rdkafka::error::KafkaError> for Trouble {
    fn from(error: rdkafka::error::KafkaError) -> Self {
        Self::failed(format!("kafka.bootstrap_servers: {error}"))
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::failed(format!("cannot start: {error}"))
    }
}

/// The configuration of a tool.
pub(crate) fn load(path: &std::path::Path) -> Result<Config, Trouble> {
    Ok(Config::load(path, config::environment())?)
}

/// The exit code of a tool that has said everything.
pub(crate) fn end(result: Result<ExitCode, Trouble>) -> ExitCode {
    result.unwrap_or_else(|trouble| trouble.exit())
}
