//! Reads one table of the file with the environment laid over it. Every value is asked for by name and type; what nobody
//! knows is an error.

mod nearest;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::{Table, Value};

use super::env::Overrides;
use super::error::ConfigError;
use super::secret::Secret;
use super::{files, units};
pub(super) use nearest::{nearest, unknown_key};

/// What all sections share.
#[derive(Debug)]
pub(super) struct Source {
    /// Values from the environment; each is taken out when it is used.
    pub(super) env: RefCell<Overrides>,
    /// Relative paths start here.
    pub(super) folder: PathBuf,
    /// What is legal and still unwise.
    pub(super) warnings: RefCell<Vec<String>>,
}

/// A value and where it was given.
pub(super) enum Given {
    /// In the file, with its TOML type.
    File(Value),
    /// In the environment, where everything is text.
    Env(String),
}

/// One table.
#[derive(Debug)]
pub(super) struct Section<'a> {
    source: &'a Source,
    path: String,
    table: Table,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn root(source: &'a Source, table: Table, keys: &[&str]) -> Result<Self, ConfigError> {
        Self::open(source, String::new(), table, keys)
    }

    /// A table below this one, or `None` when neither the file nor the environment has it.
    pub(super) fn section(&self, key: &str, keys: &[&str]) -> Result<Option<Section<'a>>, ConfigError> {
        let path = self.path_of(key);
        if let Some(set) = self.source.env.borrow_mut().take(&path) {
            return Err(ConfigError::new(set.shown(&path), "is a table; tables can only be set in the file, their keys one by one"));
        }
        let table = match self.table.get(key) {
            Some(Value::Table(table)) => table.clone(),
            Some(_) => return Err(ConfigError::new(path, "is not a table")),
            None if self.source.env.borrow().has_below(&path) => Table::new(),
            None => return Ok(None),
        };
        Self::open(self.source, path, table, keys).map(Some)
    }

    /// Like [`Self::section`], an absent one being empty: its keys have defaults or name themselves as missing.
    pub(super) fn section_or_empty(&self, key: &str, keys: &[&str]) -> Result<Section<'a>, ConfigError> {
        match self.section(key, keys)? {
            Some(section) => Ok(section),
            None => Self::open(self.source, self.path_of(key), Table::new(), keys),
        }
    }

    /// An array of tables. Only the file can have one.
    pub(super) fn sections(&self, key: &str, keys: &[&str]) -> Result<Vec<Section<'a>>, ConfigError> {
        let path = self.path_of(key);
        let env = self.source.env.borrow().first_at_or_below(&path);
        if let Some(set) = env {
            return Err(ConfigError::new(set, format!("{path} is an array of tables; it can only be set in the file")));
        }
        let tables = match self.table.get(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(tables)) => tables,
            Some(_) => return Err(ConfigError::new(&path, format!("is not an array of tables; write [[{path}]]"))),
        };
        let open = |(at, table): (usize, &Value)| match table {
            Value::Table(table) => Self::open(self.source, format!("{path}[{at}]"), table.clone(), keys),
            _ => Err(ConfigError::new(&path, format!("is not an array of tables; write [[{path}]]"))),
        };
        tables.iter().enumerate().map(open).collect()
    }

    /// Every key that the file or the environment gives directly below this table, for tables whose keys are not ours.
    pub(super) fn open_ended(&self, key: &str) -> Result<BTreeMap<String, Value>, ConfigError> {
        match self.table.get(key) {
            None => Ok(BTreeMap::new()),
            Some(Value::Table(table)) => Ok(table.iter().map(|(key, value)| (key.clone(), value.clone())).collect()),
            Some(_) => Err(ConfigError::new(self.path_of(key), "is not a table")),
        }
    }

    /// Names of this table's keys in the file.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key) || self.source.env.borrow().first_at_or_below(&self.path_of(key)).is_some()
    }

    /// The file has this key, and the environment the other one, which says the same in another way and so takes its place.
    pub(super) fn displaced(&self, key: &str, by: &str) -> bool {
        let env = self.source.env.borrow();
        let in_environment = |key: &str| env.first_at_or_below(&self.path_of(key)).is_some();
        self.table.contains_key(key) && !in_environment(key) && in_environment(by)
    }

    /// What was given for a key, for the few that have several shapes.
    pub(super) fn given(&self, key: &str) -> Option<Given> {
        let set = self.source.env.borrow_mut().take(&self.path_of(key));
        set.map(|set| Given::Env(set.value)).or_else(|| self.table.get(key).cloned().map(Given::File))
    }

    /// Text, not empty.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, ConfigError> {
        match self.given(key) {
            None => Ok(None),
            Some(Given::Env(text) | Given::File(Value::String(text))) if text.trim().is_empty() => Err(self.error(key, "is empty")),
            Some(Given::Env(text) | Given::File(Value::String(text))) => Ok(Some(text)),
            Some(Given::File(other)) => Err(self.error(key, format!("is of type {}; expected text in quotes", other.type_str()))),
        }
    }

    /// Text that has to be there; `expected` says what it is.
    pub(super) fn required(&self, key: &str, expected: &str) -> Result<String, ConfigError> {
        self.text(key)?.ok_or_else(|| self.missing(key, expected))
    }

    /// A list of texts; from the environment separated by commas, or written as in the file.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<String>>, ConfigError> {
        let texts: Option<Vec<String>> = match self.given(key) {
            None => return Ok(None),
            Some(Given::Env(text)) if text.trim_start().starts_with('[') => written_list(&text),
            Some(Given::Env(text)) => Some(text.split(',').map(|item| item.trim().to_owned()).collect()),
            Some(Given::File(Value::Array(items))) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            Some(Given::File(_)) => None,
        };
        let texts = texts.ok_or_else(|| self.error(key, "is not a list of texts; write [\"…\", \"…\"]"))?;
        match texts.iter().any(|text| text.trim().is_empty()) {
            true => Err(self.error(key, "has an empty entry")),
            false => Ok(Some(texts)),
        }
    }

    /// A whole number within a range.
    pub(super) fn integer(&self, key: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, ConfigError> {
        let number = match self.given(key) {
            None => return Ok(None),
            Some(Given::Env(text)) => text.parse().ok(),
            Some(Given::File(value)) => value.as_integer().and_then(|number| u64::try_from(number).ok()),
        };
        match number.filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(self.error(key, format!("is not a whole number from {} to {}", range.start(), range.end()))),
        }
    }

    /// A number.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, ConfigError> {
        let number = match self.given(key) {
            None => return Ok(None),
            Some(Given::Env(text)) => text.parse().ok(),
            Some(Given::File(Value::Float(number))) => Some(number),
            Some(Given::File(Value::Integer(number))) => i32::try_from(number).ok().map(f64::from),
            Some(Given::File(_)) => None,
        };
        match number.filter(|number: &f64| number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => Err(self.error(key, "is not a number; expected digits without quotes, such as 20 or 0.5")),
        }
    }

    /// `15s` and its kin.
    pub(super) fn duration(&self, key: &str) -> Result<Option<Duration>, ConfigError> {
        self.unit(key, units::duration, "duration", units::DURATION)
    }

    /// A duration that may not be zero.
    pub(super) fn positive_duration(&self, key: &str) -> Result<Option<Duration>, ConfigError> {
        match self.duration(key)? {
            Some(duration) if duration.is_zero() => Err(self.error(key, "must be longer than zero")),
            other => Ok(other),
        }
    }

    /// `512MiB` and its kin, in bytes.
    pub(super) fn size(&self, key: &str) -> Result<Option<u64>, ConfigError> {
        self.unit(key, units::size, "size", units::SIZE)
    }

    /// One of a few words.
    pub(super) fn choice<T: Clone>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(Some(value.clone())),
            None => {
                let known: Vec<_> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
                Err(self.error(key, format!("is {text:?}; expected {}", known.join(" or "))))
            }
        }
    }

    /// A path, made absolute from the folder of the file.
    pub(super) fn path(&self, key: &str) -> Result<Option<PathBuf>, ConfigError> {
        Ok(self.text(key)?.map(|path| self.source.folder.join(path)))
    }

    /// A file that is there, as text.
    pub(super) fn file(&self, key: &str) -> Result<Option<(PathBuf, String)>, ConfigError> {
        let Some(path) = self.path(key)? else { return Ok(None) };
        let text = files::text(&path).map_err(|problem| self.error(key, problem))?;
        Ok(Some((path, text)))
    }

    /// A file of PEM certificates, at least one.
    pub(super) fn certificates(&self, key: &str) -> Result<Option<PathBuf>, ConfigError> {
        let Some(path) = self.path(key)? else { return Ok(None) };
        files::certificates(&path).map_err(|problem| self.error(key, problem))?;
        Ok(Some(path))
    }

    /// A secret: `key` itself, or the first line of the file that `key_file` names.
    pub(super) fn secret(&self, key: &str) -> Result<Option<Secret>, ConfigError> {
        let file_key = format!("{key}_file");
        let (no_inline, no_path) = (self.displaced(key, &file_key), self.displaced(&file_key, key));
        let inline = if no_inline { None } else { self.text(key)? };
        let path = if no_path { None } else { self.path(&file_key)? };
        match (inline, path) {
            (Some(_), Some(_)) => Err(self.error(&file_key, format!("is set beside {}; keep one of them", self.path_of(key)))),
            (Some(text), None) => Ok(Some(Secret::new(text))),
            (None, Some(path)) => self.secret_file(&file_key, &path).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// What a secret file holds. That others can read it is a warning: a mounted secret often has mode 0644.
    pub(super) fn secret_file(&self, key: &str, path: &Path) -> Result<Secret, ConfigError> {
        let (secret, open_to) = files::secret(path).map_err(|problem| self.error(key, problem))?;
        if let Some(mode) = open_to {
            self.warn(key, format!("every user of the machine can read {} (mode {mode:04o})", path.display()));
        }
        Ok(secret)
    }

    /// Notes something legal and unwise.
    pub(super) fn warn(&self, key: &str, what: impl std::fmt::Display) {
        self.source.warnings.borrow_mut().push(format!("{}: {what}", self.path_of(key)));
    }

    /// The error of a key that has to be there.
    pub(super) fn missing(&self, key: &str, expected: &str) -> ConfigError {
        self.error(key, format!("is missing; expected {expected}"))
    }

    /// An error about a key of this table.
    pub(super) fn error(&self, key: &str, problem: impl std::fmt::Display) -> ConfigError {
        let path = self.path_of(key);
        let shown = self.source.env.borrow().shown(&path);
        ConfigError::new(shown, problem)
    }

    /// The full name of this table.
    pub(super) fn own_path(&self) -> &str {
        &self.path
    }

    /// The full name of a key of this table.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The folder of the file.
    pub(super) fn folder(&self) -> &'a Path {
        &self.source.folder
    }

    /// Takes every environment value below a table out: (the last part of its path, its value, the variable).
    pub(super) fn env_below(&self, key: &str) -> Vec<(String, String, String)> {
        self.source.env.borrow_mut().take_below(&self.path_of(key))
    }

    fn unit<T>(&self, key: &str, read: fn(&str) -> Option<T>, what: &str, expected: &str) -> Result<Option<T>, ConfigError> {
        match self.given(key) {
            None => Ok(None),
            Some(Given::Env(text) | Given::File(Value::String(text))) => match read(&text) {
                Some(value) => Ok(Some(value)),
                None => Err(self.error(key, format!("{text:?} is no {what}; expected {expected}"))),
            },
            Some(Given::File(_)) => Err(self.error(key, format!("is no {what}; expected {expected}"))),
        }
    }

    fn open(source: &'a Source, path: String, table: Table, keys: &[&str]) -> Result<Self, ConfigError> {
        let section = Self { source, path, table };
        if let Some(unknown) = section.table.keys().find(|key| !keys.contains(&key.as_str())) {
            return Err(ConfigError::new(section.path_of(unknown), unknown_key(unknown, keys)));
        }
        let env = source.env.borrow();
        if let Some((variable, key)) = env.unknown_below(&section.path, keys) {
            return Err(ConfigError::new(variable, format!("{}: {}", section.path_of(&key), unknown_key(&key, keys))));
        }
        drop(env);
        Ok(section)
    }
}

/// `["a", "b"]`, as TOML spells it.
fn written_list(text: &str) -> Option<Vec<String>> {
    let table: Table = format!("list = {text}").parse().ok()?;
    table.get("list")?.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}
