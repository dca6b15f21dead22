//! Holds the newest schema of each topic, where the registry has one under the topic's name, against what will read it.

use super::connections::Connection;
use crate::config::Config;
use crate::schema::{Newest, Registry, RegistryError, fits};

const WHO: &str = "schema";

/// One line a topic. A schema that does not fit is something to correct.
pub(super) async fn check(config: &Config, registry: &Registry, topics: &[String]) -> Vec<Connection> {
    let mut found = Vec::new();
    for topic in topics {
        let subject = format!("{topic}-value");
        found.push(match registry.newest(&subject).await {
            Ok(Some(newest)) => held(config, topic, &subject, &newest),
            Ok(None) => {
                Connection::ok(WHO, format!("the registry has no subject {subject}: whether its records fit is seen when they come"))
            }
            Err(error @ RegistryError::Unusable(..)) => Connection::wrong(WHO, format!("{subject}: {error}")),
            Err(error @ (RegistryError::Unknown(_) | RegistryError::Unreachable(_))) => {
                Connection::failed("schema.registry_url", error.to_string())
            }
        });
    }
    found
}

fn held(config: &Config, topic: &str, subject: &str, newest: &Newest) -> Connection {
    let name = format!("{subject}, version {} (schema {})", newest.version, newest.id);
    match fits(&newest.text, &config.mappings, topic) {
        Ok(read) => Connection::ok(WHO, format!("{name}: {read}")),
        Err(problem) => Connection::wrong(WHO, format!("{problem} ({name})")),
    }
}
