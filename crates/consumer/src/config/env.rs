//! `ORDER_SYNC__SECTION__KEY`: values of the environment that stand over those of the file.

use std::collections::BTreeMap;

use super::error::ConfigError;

const PREFIX: &str = "ORDER_SYNC__";

/// The overrides that nobody has asked for yet, by dotted lower-case path.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    waiting: BTreeMap<String, Set>,
    /// Path → variable of those that were taken, for error texts.
    taken: BTreeMap<String, String>,
}

/// One override.
pub(super) struct Set {
    /// The variable's name.
    pub(super) variable: String,
    /// Its value; it may be a secret.
    pub(super) value: String,
}

impl std::fmt::Debug for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Set").field("variable", &self.variable).finish_non_exhaustive()
    }
}

impl Set {
    /// How an error names the key: with the variable it came from.
    pub(super) fn shown(&self, path: &str) -> String {
        shown(path, &self.variable)
    }
}

impl Overrides {
    /// Keeps the variables that are ours. Two that differ in case only are an error.
    pub(super) fn collect(env: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut waiting = BTreeMap::<String, Set>::new();
        for (variable, value) in env {
            let Some(rest) = variable.strip_prefix(PREFIX) else { continue };
            let path = rest.split("__").collect::<Vec<_>>().join(".").to_lowercase();
            if path.split('.').any(str::is_empty) {
                return Err(ConfigError::new(variable, "is not of the form ORDER_SYNC__SECTION__KEY"));
            }
            if let Some(other) = waiting.get(&path) {
                return Err(ConfigError::new(variable, format!("means the same key as {}; keep one of them", other.variable)));
            }
            waiting.insert(path, Set { variable, value });
        }
        Ok(Self { waiting, taken: BTreeMap::new() })
    }

    /// The override of a key; it counts as used from now on.
    pub(super) fn take(&mut self, path: &str) -> Option<Set> {
        let set = self.waiting.remove(&path.to_lowercase())?;
        self.taken.insert(path.to_owned(), set.variable.clone());
        Some(set)
    }

    /// Takes everything directly or deeper below a path: (rest of the path, value, variable).
    pub(super) fn take_below(&mut self, path: &str) -> Vec<(String, String, String)> {
        let below = format!("{}.", path.to_lowercase());
        let paths: Vec<_> = self.waiting.keys().filter(|path| path.starts_with(&below)).cloned().collect();
        let take = |path: String| {
            let set = self.waiting.remove(&path)?;
            Some((path[below.len()..].to_owned(), set.value, set.variable))
        };
        paths.into_iter().filter_map(take).collect()
    }

    /// Whether a key below this path is set.
    pub(super) fn has_below(&self, path: &str) -> bool {
        let below = format!("{}.", path.to_lowercase());
        self.waiting.keys().any(|path| path.starts_with(&below))
    }

    /// The first variable that sets this path or something below it.
    pub(super) fn first_at_or_below(&self, path: &str) -> Option<String> {
        let (at, below) = (path.to_lowercase(), format!("{}.", path.to_lowercase()));
        self.waiting.iter().find(|(path, _)| **path == at || path.starts_with(&below)).map(|(_, set)| set.variable.clone())
    }

    /// The first variable below a table whose next part is none of its keys: (variable, that part).
    pub(super) fn unknown_below(&self, path: &str, keys: &[&str]) -> Option<(String, String)> {
        let below = if path.is_empty() { String::new() } else { format!("{}.", path.to_lowercase()) };
        self.waiting.iter().find_map(|(path, set)| {
            let key = path.strip_prefix(&below)?.split('.').next()?;
            let known = keys.iter().any(|known| known.eq_ignore_ascii_case(key));
            (!known).then(|| (set.variable.clone(), key.to_owned()))
        })
    }

    /// How an error names a key: with the variable, when one set it.
    pub(super) fn shown(&self, path: &str) -> String {
        self.taken.get(path).map_or_else(|| path.to_owned(), |variable| shown(path, variable))
    }

    /// Refuses what nobody asked for.
    pub(super) fn finish(&self) -> Result<(), ConfigError> {
        match self.waiting.iter().next() {
            None => Ok(()),
            Some((path, set)) => Err(ConfigError::new(&set.variable, format!("{path} is not a key of this configuration"))),
        }
    }
}

fn shown(path: &str, variable: &str) -> String {
    format!("{path} ({variable})")
}
