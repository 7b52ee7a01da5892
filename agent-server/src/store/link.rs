//! The writer's connection: runs jobs in one transaction and commits it. What another process got
//! into the way of is run again with nobody beside it; a connection that is lost is made anew.

use std::sync::Arc;

use sqlx::Connection as _;

use super::{
    Fault,
    connect::Place,
    ids::Ids,
    job::{Connection, Job, Tx},
};

/// What follows from an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The job's own.
    Own,
    /// Another process was faster; the same may pass when run again.
    Conflict,
    /// Another process holds the database for longer than anybody waits.
    Busy,
    /// The connection is gone.
    Lost,
    /// The disk failed: nothing can be promised, and a second flush must not be tried.
    Fatal,
}

/// A connection that writes, made when it is needed.
pub(super) struct Link {
    place: Place,
    ids: Arc<Ids>,
    connection: Option<Connection>,
    /// For so many commits it lets nobody write beside it: where several processes write to the
    /// same rows, a commit that fails costs more than one that waits for its turn.
    alone: u8,
}

impl Link {
    pub(super) fn to(place: Place, ids: Arc<Ids>) -> Self {
        Self { place, ids, connection: None, alone: 0 }
    }

    /// Runs the jobs and commits them together. Where it is not known whether they were committed,
    /// they were not: whoever asks again finds out.
    pub(super) async fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        for _ in 1..TRIES {
            match self.run(jobs).await {
                Err((Trouble::Conflict, fault)) => {
                    metrics::counter!("agent_commits_rerun").increment(1);
                    tracing::debug!(%fault, jobs = jobs.len(), "running again");
                    self.alone = ALONE;
                }
                Err((Trouble::Lost, fault)) => {
                    tracing::warn!(%fault, "the database's connection is lost");
                }
                done => return done.map_err(said),
            }
        }
        self.run(jobs).await.map_err(said)
    }

    /// What follows from a fault of [`Self::commit`].
    pub(super) fn trouble(&self, fault: &Fault) -> Trouble {
        match fault {
            Fault::Locked => Trouble::Busy,
            Fault::Unreachable => Trouble::Lost,
            fault => self.place.engine.trouble(fault),
        }
    }

    async fn run(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), (Trouble, Fault)> {
        let engine = self.place.engine;
        let alone = self.alone > 0;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            // Nobody waits for a server that is not there.
            None => self.place.writing().await.map_err(|fault| {
                tracing::warn!(%fault, "the database is not reachable");
                (Trouble::Busy, Fault::Unreachable)
            })?,
        };
        let told = |fault: Fault| (engine.trouble(&fault), fault);
        // Where that fails, nothing is left of the connection: it may be within the transaction.
        let begun = connection.begin_with(engine.begin(alone)).await;
        let mut open = begun.map_err(|fault| told(fault.into()))?;
        let mut ran = Ok(());
        for job in jobs.iter_mut() {
            ran = job.run(&mut Tx { connection: &mut open, engine, ids: &self.ids }).await;
            if ran.is_err() {
                break;
            }
        }
        let done = match ran {
            Ok(()) => match open.commit().await.map_err(|fault| told(fault.into())) {
                // It may have been committed: it must not be run again here.
                Err((Trouble::Lost, fault)) => {
                    tracing::warn!(%fault, "the connection was lost in a commit");
                    return Err((Trouble::Busy, Fault::Unreachable));
                }
                done => done,
            },
            Err(fault) => {
                drop(open);
                match told(fault) {
                    // Another one writes to the same row.
                    (Trouble::Busy, fault) if !alone => Err((Trouble::Conflict, fault)),
                    trouble => Err(trouble),
                }
            }
        };
        self.alone = self.alone.saturating_sub(u8::from(done.is_ok()));
        if done.as_ref().err().is_none_or(|(_, fault)| !engine.is_over(fault)) {
            self.connection = Some(connection);
        }
        done
    }

    /// The connection, if there is one, for what is done between two transactions.
    pub(super) fn open(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut()
    }

    /// Leaves it open until the process ends. The last connection to a file that is closed moves
    /// the log into it, and flushes: after a flush that failed, another one's answer means nothing
    /// (TRUST.md F13).
    pub(super) fn leave_open(self) {
        std::mem::forget(self.connection);
    }

    pub(super) async fn close(self) {
        let Some(connection) = self.connection else { return };
        if let Err(fault) = connection.close().await {
            tracing::warn!(%fault, "the database did not close cleanly");
        }
    }
}

/// As whoever asked is told.
fn said((trouble, fault): (Trouble, Fault)) -> Fault {
    match (trouble, fault) {
        (Trouble::Busy, Fault::Unreachable) | (Trouble::Lost, _) => Fault::Unreachable,
        (Trouble::Busy, _) => Fault::Locked,
        (_, fault) => fault,
    }
}

/// How often the same jobs are run before they are given up: beside others, and when that failed
/// with nobody beside them; once more where the connection was lost in between.
const TRIES: usize = 3;
/// How many commits a process makes alone after it has met another.
const ALONE: u8 = 64;
