//! The operator's hold file. Looking for it may take long where its file system does not answer, so the loop never does that itself.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;

/// It is looked for this often.
const EVERY: Duration = Duration::from_millis(200);

/// Whether the file is there, now and from now on. While nobody can tell, the last answer stays.
pub(crate) async fn watch(file: Option<PathBuf>) -> watch::Receiver<bool> {
    let Some(file) = file else { return watch::channel(false).1 };
    // Looked for before the first call is made. A place that cannot be looked at may hide an order to hold.
    let (told, held) = watch::channel(tokio::fs::try_exists(&file).await.unwrap_or(true));
    tokio::spawn(async move {
        while !told.is_closed() {
            tokio::time::sleep(EVERY).await;
            if let Ok(there) = tokio::fs::try_exists(&file).await {
                told.send_if_modified(|before| std::mem::replace(before, there) != there);
            }
        }
    });
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_is_known_at_once_and_its_going_and_coming_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hold");
        std::fs::write(&file, "").unwrap();
        let mut held = watch(Some(file.clone())).await;
        assert!(*held.borrow_and_update());
        std::fs::remove_file(&file).unwrap();
        held.changed().await.unwrap();
        assert!(!*held.borrow_and_update());
        std::fs::write(&file, "").unwrap();
        held.changed().await.unwrap();
        assert!(*held.borrow());
    }

    #[tokio::test]
    async fn without_a_file_nothing_is_held() {
        assert!(!*watch(None).await.borrow());
    }
}
