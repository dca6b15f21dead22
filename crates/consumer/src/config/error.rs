use std::fmt;

/// What is wrong with the configuration: one line that begins with the key (or the file) to correct and says what is expected.
/// It never quotes a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct ConfigError {
    key: String,
    problem: String,
}

impl ConfigError {
    /// `key` is a full dotted path or a file; line breaks in `problem` become spaces.
    pub(crate) fn new(key: impl Into<String>, problem: impl fmt::Display) -> Self {
        let problem = problem.to_string();
        Self { key: key.into(), problem: problem.split_whitespace().collect::<Vec<_>>().join(" ") }
    }

    /// The key or file that is wrong.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is wrong with it.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}
