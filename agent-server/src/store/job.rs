//! A transaction that waits for the writer, and whoever waits for its answer.

use futures_util::future::BoxFuture;
use shared_protocol::Timestamp;
use sqlx::AnyConnection;
use tokio::sync::oneshot;

use super::{Fault, connect::Engine, ids::Ids};

pub(super) type Connection = AnyConnection;

/// What a transaction does. It may be run more than once before it is committed once, so it
/// changes nothing but the database, and returns a refusal only if it has written nothing.
pub(super) trait Work: Send + Sync + 'static {
    /// What it answers once it is committed.
    type Answer: Send + 'static;
    /// Its name in metrics and in `updated_by`.
    const NAME: &'static str;

    /// Runs it.
    fn run<'t>(
        &'t self,
        tx: &'t mut Tx<'_>,
    ) -> impl Future<Output = Result<Self::Answer, Fault>> + Send;
}

/// An open transaction.
pub(super) struct Tx<'c> {
    /// Where to run statements.
    pub(super) connection: &'c mut Connection,
    /// On which kind of database.
    pub(super) engine: Engine,
    pub(super) ids: &'c Ids,
}

impl Tx<'_> {
    /// A fresh primary key.
    pub(super) fn id(&self, now: Timestamp) -> i64 {
        self.ids.next(now)
    }

    /// Who runs it: the number of this process on this database.
    pub(super) fn process(&self) -> i64 {
        self.ids.process()
    }
}

/// A transaction and whoever waits for it, whatever its answer's type.
pub(super) trait Job: Send {
    fn run<'t>(&'t mut self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<(), Fault>>;
    fn answer(self: Box<Self>, committed: Result<(), Fault>);
}

/// Jobs that are committed together.
pub(super) type Batch = Vec<Box<dyn Job>>;

pub(super) struct Pending<W: Work> {
    pub(super) work: W,
    pub(super) outcome: Option<W::Answer>,
    pub(super) reply: oneshot::Sender<Result<W::Answer, Fault>>,
}

impl<W: Work> Job for Pending<W> {
    fn run<'t>(&'t mut self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<(), Fault>> {
        Box::pin(async move {
            self.outcome = Some(self.work.run(tx).await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), Fault>) {
        metrics::counter!("agent_transactions", "name" => W::NAME).increment(1);
        let Self { outcome, reply, .. } = *self;
        let outcome = committed.and_then(|()| outcome.ok_or(Fault::Stopped));
        // Whoever asked may have gone; what was committed stays.
        let _ = reply.send(outcome);
    }
}
