//! A file system of its own, small enough to be filled.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// A shell mounts it, and unmounts it when the test process ends, however that ends.
const GUARD: &str = r#"
mount -t tmpfs -o "size=$2,mode=700" none "$1" 2>/dev/null || exit 1
echo mounted
read -r word
umount -l "$1"
"#;

/// A mounted file system in memory.
pub(super) struct Disk {
    folder: PathBuf,
    guard: Child,
    stdin: Option<ChildStdin>,
}

impl Disk {
    /// Mounts one; `None` where that may not be done.
    pub(super) fn mount(folder: &Path, bytes: u64) -> Option<Self> {
        fs::create_dir_all(folder).expect("the folder is ours");
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "disk"]).arg(folder).arg(bytes.to_string()).process_group(0);
        let mut guard = guard.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sh");
        let mut told = String::new();
        let _ = BufReader::new(guard.stdout.take().expect("piped")).read_line(&mut told);
        let stdin = guard.stdin.take();
        (told.trim() == "mounted").then(|| Self { folder: folder.to_owned(), guard, stdin })
    }

    /// Not a byte is left.
    pub(super) fn fill(&self) {
        let mut file = File::create(self.ballast()).expect("room for a name");
        for size in [1 << 20, 4_096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    pub(super) fn empty(&self) {
        fs::remove_file(self.ballast()).expect("it was filled");
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.guard.wait();
    }
}
