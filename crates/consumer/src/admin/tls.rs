//! Certificates run out and are exchanged: the files are looked at now and then, and new connections get what they hold.

use std::time::Duration;

use tokio::sync::watch;

use super::server::CurrentTls;
use crate::config::Tls;
use crate::reload::stamp::Stamp;

/// The files are looked at this often. A change counts once it was seen twice alike: whoever writes has finished.
const EVERY: Duration = Duration::from_secs(2);

/// What new connections get, for as long as somebody accepts them. What cannot be used changes nothing and is said once.
pub(super) fn kept_new(tls: Tls) -> CurrentTls {
    let Tls { files, server } = tls;
    let (sender, current) = watch::channel(server);
    tokio::spawn(async move {
        // They may have changed since they were read, so the first look counts as a change.
        let (mut known, mut changing) = (Stamp::default(), None);
        while !sender.is_closed() {
            let seen = Stamp::of(files.paths()).await;
            if seen == known {
                changing = None;
            } else if changing.as_ref() == Some(&seen) {
                let first = known == Stamp::default();
                (known, changing) = (seen, None);
                match files.read() {
                    Ok(server) => {
                        sender.send_replace(server);
                        if !first {
                            tracing::info!("the changed certificate of the admin pages is in force");
                        }
                    }
                    Err((key, problem)) => {
                        tracing::error!(key, problem, "the changed certificate of the admin pages is not taken; the one in force stays");
                    }
                }
            } else {
                changing = Some(seen);
            }
            tokio::time::sleep(EVERY).await;
        }
    });
    current
}
