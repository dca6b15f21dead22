//! Whether files have changed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What the file system says of some files. Another content shows in it, and so does a link that points elsewhere now, which is how mounted
/// secrets change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stamp(Vec<(PathBuf, Option<Look>)>);

/// Device, inode, size, and when it was changed, in seconds and nanoseconds.
type Look = (u64, u64, u64, (i64, i64), (i64, i64));

impl Stamp {
    /// Asked beside the loop, since a file system may be slow to answer.
    pub(crate) async fn of(files: Vec<PathBuf>) -> Self {
        let look = |path: PathBuf| {
            let seen = look(&path);
            (path, seen)
        };
        tokio::task::spawn_blocking(move || Self(files.into_iter().map(look).collect())).await.unwrap_or_default()
    }
}

fn look(path: &Path) -> Option<Look> {
    let found = fs::metadata(path).ok()?;
    Some((found.dev(), found.ino(), found.size(), (found.mtime(), found.mtime_nsec()), (found.ctime(), found.ctime_nsec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn content_a_link_s_target_and_a_missing_file_show() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "one").unwrap();
        fs::write(path("b"), "one").unwrap();
        std::os::unix::fs::symlink(path("a"), path("link")).unwrap();
        let files = || vec![path("a"), path("link"), path("none")];
        let mut seen = vec![Stamp::of(files()).await];
        assert_eq!(seen[0], Stamp::of(files()).await);
        fs::write(path("a"), "two and more").unwrap();
        seen.push(Stamp::of(files()).await);
        fs::remove_file(path("link")).unwrap();
        std::os::unix::fs::symlink(path("b"), path("link")).unwrap();
        seen.push(Stamp::of(files()).await);
        fs::write(path("none"), "").unwrap();
        seen.push(Stamp::of(files()).await);
        assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "{seen:?}");
    }
}
