//! Collects the paths of one mapping, each once, and what is asked of them.

use crate::config::error::ConfigError;
use crate::mapping::Path;
use crate::mapping::rule::{Demand, Use, Want};

#[derive(Debug, Default)]
pub(super) struct Paths {
    paths: Vec<Path>,
    demands: Vec<Demand>,
}

impl Paths {
    /// A path as the source of a target. `key` names it in the file.
    pub(super) fn take(&mut self, key: &str, target: &str, text: &str, want: Want, optional: bool) -> Result<Use, ConfigError> {
        let path = Path::parse(text).map_err(|problem| ConfigError::new(key, problem))?;
        let slot = self.paths.iter().position(|known| *known == path).unwrap_or_else(|| {
            self.paths.push(path);
            self.paths.len() - 1
        });
        self.demands.push(Demand { slot, key: key.into(), want, optional });
        Ok(Use { slot, target: target.into() })
    }

    pub(super) fn finish(self) -> (Vec<Path>, Vec<Demand>) {
        (self.paths, self.demands)
    }
}
