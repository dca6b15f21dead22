//! Child processes that end with the test process, even when that is killed.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::Pid;
pub use rustix::process::Signal;

/// A shell stands between us and the child. It holds the reading end of a pipe whose writing end only the test process has: when that closes,
/// for whatever reason, the shell kills the child and removes its folder. The word `keep`, said after the child has ended, spares the folder.
const GUARD: &str = r#"
exec 3<&0
folder=$1 out=$2 err=$3; shift 3
"$@" </dev/null >>"$out" 2>>"$err" 3<&- &
child=$!
trap '' PIPE
echo "$child"
{ read -r word <&3; kill -9 "$child"; } 2>/dev/null &
guard=$!
wait "$child"
code=$?
kill "$guard"; wait "$guard"
echo "$code"
read -r word <&3 || rm -rf "$folder"
"#;

/// What to start.
#[derive(Debug)]
pub struct Start {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: PathBuf,
    output: &'static str,
    errors: &'static str,
}

impl Start {
    /// Output goes to the file `log` in `folder`. The folder goes with the process, see [`Process::keep_folder`].
    pub fn new(program: impl AsRef<OsStr>, folder: &Path) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: folder.to_owned(),
            output: "log",
            errors: "log",
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Writes standard output and standard error to two files of these names in the folder.
    pub fn apart(mut self, output: &'static str, errors: &'static str) -> Self {
        (self.output, self.errors) = (output, errors);
        self
    }

    /// Starts it.
    pub fn spawn(self) -> Process {
        let mut shell = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .args([&self.folder, &self.folder.join(self.output), &self.folder.join(self.errors)])
            .arg(&self.program)
            .args(&self.arguments)
            .envs(self.environment)
            .process_group(0) // no signal of a terminal reaches it
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh");
        let mut lines = BufReader::new(shell.stdout.take().expect("piped")).lines();
        let mut number = move || lines.next()?.ok()?.trim().parse::<i32>().ok();
        let pid = number().and_then(Pid::from_raw).expect("the guard tells the pid");
        let exit = Arc::new(Exit::default());
        let told = Arc::clone(&exit);
        std::thread::spawn(move || told.tell(number().unwrap_or(-1)));
        Process { pid, stdin: shell.stdin.take(), shell, exit }
    }
}

/// A running child, or one that has ended. Dropping it kills it and removes its folder.
#[derive(Debug)]
pub struct Process {
    pid: Pid,
    shell: Child,
    stdin: Option<ChildStdin>,
    exit: Arc<Exit>,
}

impl Process {
    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Sends a signal, unless it has ended.
    pub fn signal(&self, signal: Signal) {
        if self.exit_code().is_none() {
            // It may end between the look and the signal; the guard has not let go of the pid before it told us.
            let _ = rustix::process::kill_process(self.pid, signal);
        }
    }

    /// The exit code; 128 and the number of the signal for a child that was killed; `None` while it runs.
    pub fn exit_code(&self) -> Option<i32> {
        *self.exit.code.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for its end.
    pub fn wait(&self, patience: Duration) -> Option<i32> {
        self.exit.wait(patience)
    }

    /// Kills it, if it still runs, and leaves its folder where it is.
    pub fn keep_folder(mut self) {
        self.signal(Signal::KILL);
        self.wait(Duration::from_secs(10)).expect("nothing survives SIGKILL");
        if let Some(mut stdin) = self.stdin.take() {
            let _ = stdin.write_all(b"keep\n");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.shell.wait();
    }
}

#[derive(Debug, Default)]
struct Exit {
    code: Mutex<Option<i32>>,
    told: Condvar,
}

impl Exit {
    fn tell(&self, code: i32) {
        *self.code.lock().unwrap_or_else(PoisonError::into_inner) = Some(code);
        self.told.notify_all();
    }

    fn wait(&self, patience: Duration) -> Option<i32> {
        let code = self.code.lock().unwrap_or_else(PoisonError::into_inner);
        *self.told.wait_timeout_while(code, patience, |code| code.is_none()).unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests;
