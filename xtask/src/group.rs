//! Process groups: a server or test run that a job starts ends with the job, with everything that
//! it started in turn, also after Ctrl-C.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::clock::Stopwatch;
use crate::program::{output, program, shown};

/// A program running in a process group of its own; dropping it stops the group.
pub struct Group {
    leader: Child,
    patience: Duration,
}

impl Group {
    /// Starts it. It gets `patience` to end by itself when asked to.
    pub fn start(command: &mut Command, patience: Duration) -> Result<Self> {
        watch_for_interrupts();
        let leader = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", shown(command)))?;
        groups().push(leader.id());
        Ok(Self { leader, patience })
    }

    /// The program itself, for its pipes.
    pub fn leader(&mut self) -> &mut Child {
        &mut self.leader
    }

    /// Number of the group.
    pub fn id(&self) -> u32 {
        self.leader.id()
    }

    /// Has it ended? Then how.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.leader.try_wait()?)
    }

    /// Asks it to end, waits, and ends what is left by force.
    pub fn stop(&mut self) -> Result<Option<ExitStatus>> {
        signal(self.id(), "TERM");
        let watch = Stopwatch::start();
        let mut status = self.ended()?;
        while status.is_none() && watch.elapsed() < self.patience {
            std::thread::sleep(Duration::from_millis(20));
            status = self.ended()?;
        }
        signal(self.id(), "KILL");
        self.leader.wait()?;
        groups().retain(|group| *group != self.leader.id());
        Ok(status)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// Did the person press Ctrl-C, or another program ask us to end?
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Behaves as if Ctrl-C had been pressed.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::SeqCst);
    for group in groups().iter() {
        signal(*group, "TERM");
    }
}

/// Ends a whole group at once.
pub fn kill(group: u32) {
    signal(group, "KILL");
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn groups() -> std::sync::MutexGuard<'static, Vec<u32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn watch_for_interrupts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| ctrlc::set_handler(interrupt).expect("nobody else handles Ctrl-C here"));
}

fn signal(group: u32, name: &str) {
    // The program `kill`, as std knows only the signal that cannot be handled. A group that is
    // gone is what we want, so its complaint does not matter.
    let group = format!("-{group}");
    let _ = output(program("kill").args(["-s", name, "--", &group]));
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;

    use super::*;

    #[test]
    fn stopping_a_group_also_ends_what_its_leader_started() {
        let mut shell = program("sh");
        shell.args(["-c", "trap '' TERM; sleep 60 & echo $!; wait; sleep 60"]);
        let mut group =
            Group::start(shell.stdout(Stdio::piped()), Duration::from_millis(100)).unwrap();
        let mut started = String::new();
        let pipe = group.leader().stdout.take().unwrap();
        BufReader::new(pipe).read_line(&mut started).unwrap();
        assert!(lives(started.trim()));
        assert!(group.stop().unwrap().is_none(), "it ignores TERM, so only force ends it");
        let watch = Stopwatch::start();
        while lives(started.trim()) {
            assert!(watch.elapsed() < Duration::from_secs(5), "what it started still lives");
        }
    }

    /// A zombie that nobody collected yet is dead.
    fn lives(process: &str) -> bool {
        let state = output(program("ps").args(["-o", "stat=", "-p", process]));
        state.is_ok_and(|state| !state.trim().is_empty() && !state.starts_with('Z'))
    }

    #[test]
    fn a_program_that_ends_when_asked_is_not_forced() {
        let mut group = Group::start(program("sleep").arg("60"), Duration::from_secs(10)).unwrap();
        let watch = Stopwatch::start();
        assert!(group.stop().unwrap().is_some());
        assert!(watch.elapsed() < Duration::from_secs(5));
    }
}
