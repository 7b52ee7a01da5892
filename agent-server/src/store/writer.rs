//! The one writer of this process. It runs all transactions that wait, inside one database
//! transaction, commits once, and only then answers them. A fault in one of them makes it run each
//! alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::sync::{Notify, mpsc, oneshot};

use super::{
    Fault,
    connect::Place,
    ids::Ids,
    job::{Batch, Job, Pending},
    link::Link,
};
pub(super) use super::{
    job::{Connection, Tx, Work},
    link::Trouble,
};

/// Hands transactions to the writer.
pub(super) struct Writer {
    queue: mpsc::Sender<Order>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Requests that will bring a transaction soon.
    in_flight: AtomicUsize,
    commits: AtomicU64,
    stopped: AtomicBool,
    broken: Notify,
}

enum Order {
    Run(Box<dyn Job>),
    Checkpoint,
    Close(oneshot::Sender<()>),
}

/// Counts one request as on its way to the writer until it is dropped.
pub struct InFlight(Arc<State>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Writer {
    /// Starts it on a thread of its own: between two statements it must not queue behind the
    /// signatures that keep the server's other threads busy.
    pub(super) fn start(place: Place, ids: Arc<Ids>) -> Result<Self, Fault> {
        let (queue, orders) = mpsc::channel(QUEUE);
        let state = Arc::new(State::default());
        let work = Loop { link: Link::to(place, ids), orders, state: state.clone() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Fault::Thread)?;
        let thread = thread::Builder::new().name("store-writer".into());
        thread.spawn(move || runtime.block_on(work.run())).map_err(Fault::Thread)?;
        Ok(Self { queue, state })
    }

    /// Runs and commits a transaction.
    pub(super) async fn write<W: Work>(&self, work: W) -> Result<W::Answer, Fault> {
        let (reply, answer) = oneshot::channel();
        let job = Pending { work, outcome: None, reply };
        self.queue.send(Order::Run(Box::new(job))).await.map_err(|_| Fault::Stopped)?;
        answer.await.map_err(|_| Fault::Stopped)?
    }

    pub(super) fn in_flight(&self) -> InFlight {
        self.state.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self.state.clone())
    }

    pub(super) fn has_stopped(&self) -> bool {
        self.state.stopped.load(Ordering::Acquire)
    }

    /// Waits until it has stopped, whyever.
    pub(super) async fn broken(&self) {
        self.state.broken.notified().await;
    }

    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Order::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }

    /// How many commits there have been, and a way to have the writer checkpoint between two.
    pub(super) fn watch(&self) -> Watch {
        Watch { queue: self.queue.downgrade(), state: self.state.clone() }
    }
}

/// The checkpointer's view of the writer.
pub(super) struct Watch {
    queue: mpsc::WeakSender<Order>,
    state: Arc<State>,
}

impl Watch {
    pub(super) fn commits(&self) -> u64 {
        self.state.commits.load(Ordering::Relaxed)
    }

    /// Asks the writer to checkpoint while nobody writes; `false` once it has stopped.
    pub(super) async fn checkpoint(&self) -> bool {
        match self.queue.upgrade() {
            Some(queue) => queue.send(Order::Checkpoint).await.is_ok(),
            None => false,
        }
    }

    pub(super) fn has_stopped(&self) -> bool {
        self.state.stopped.load(Ordering::Acquire) || self.queue.strong_count() == 0
    }
}

/// Tells everybody that the writer is no more, also when it panicked.
struct Ended(Arc<State>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.broken.notify_one();
    }
}

struct Loop {
    link: Link,
    orders: mpsc::Receiver<Order>,
    state: Arc<State>,
}

impl Loop {
    async fn run(mut self) {
        let ended = Ended(self.state.clone());
        let mut closing = None;
        while closing.is_none() {
            let Some(order) = self.orders.recv().await else { break };
            let mut batch = Batch::new();
            closing = self.take(order, &mut batch).await;
            if closing.is_none() {
                closing = self.gather(&mut batch).await;
            }
            if let Err(fault) = self.settle(batch).await {
                tracing::error!(%fault, "the disk failed: nothing more is promised");
                self.orders.close();
                return self.link.leave_open();
            }
        }
        self.orders.close();
        self.link.close().await;
        if let Some(done) = closing {
            drop(ended);
            let _ = done.send(());
        }
    }

    /// Puts a job into the batch; does other orders at once.
    async fn take(&mut self, order: Order, batch: &mut Batch) -> Option<oneshot::Sender<()>> {
        match order {
            Order::Run(job) => batch.push(job),
            Order::Checkpoint => {
                if let Some(connection) = self.link.open()
                    && let Err(fault) = super::checkpoint::run_between(connection).await
                {
                    tracing::warn!(%fault, "checkpoint failed");
                }
            }
            Order::Close(done) => return Some(done),
        }
        None
    }

    /// Takes what is queued, and waits a moment for requests that are on their way: one flush for
    /// sixteen costs each of them less than a flush of its own.
    async fn gather(&mut self, batch: &mut Batch) -> Option<oneshot::Sender<()>> {
        let linger = tokio::time::sleep(LINGER);
        tokio::pin!(linger);
        while batch.len() < BATCH_MAX {
            let order = match self.orders.try_recv() {
                Ok(order) => order,
                Err(_) => {
                    let coming = self.state.in_flight.load(Ordering::Relaxed).min(BATCH_GOOD);
                    if batch.is_empty() || batch.len() >= coming {
                        return None;
                    }
                    tokio::select! {
                        order = self.orders.recv() => order?,
                        () = &mut linger => return None,
                    }
                }
            };
            let closing = self.take(order, batch).await;
            if closing.is_some() {
                return closing;
            }
        }
        None
    }

    /// Commits the batch together, or each job alone if that fails. `Err` means that the disk
    /// failed, and that a second flush must not be tried (TRUST.md F13).
    async fn settle(&mut self, mut batch: Batch) -> Result<(), Fault> {
        if batch.is_empty() {
            return Ok(());
        }
        metrics::histogram!("agent_commit_jobs").record(u32::try_from(batch.len()).unwrap_or(0));
        let Err(fault) = self.commit(&mut batch).await else {
            batch.into_iter().for_each(|job| job.answer(Ok(())));
            return Ok(());
        };
        match self.link.trouble(&fault) {
            Trouble::Fatal => return Err(fault),
            // Waited for once already: waiting again for each would take for ever.
            Trouble::Busy => batch.into_iter().for_each(|job| job.answer(Err(Fault::Locked))),
            Trouble::Lost => batch.into_iter().for_each(|job| job.answer(Err(Fault::Unreachable))),
            Trouble::Own | Trouble::Conflict => {
                tracing::warn!(%fault, jobs = batch.len(), "running each job alone");
                for job in batch {
                    self.settle_alone(job).await?;
                }
            }
        }
        Ok(())
    }

    async fn settle_alone(&mut self, mut job: Box<dyn Job>) -> Result<(), Fault> {
        let committed = self.commit(std::slice::from_mut(&mut job)).await;
        let is_fatal = |fault: &Fault| self.link.trouble(fault) == Trouble::Fatal;
        if committed.as_ref().is_err_and(is_fatal) {
            return committed;
        }
        job.answer(committed);
        Ok(())
    }

    /// Commits; if that fails, nothing of it was done, and the next one can begin.
    async fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        self.link.commit(batch).await?;
        self.state.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Jobs that may wait; further ones wait in their own tasks.
const QUEUE: usize = 1024;
/// Jobs in one commit.
const BATCH_MAX: usize = 256;
/// So many make a commit worth it; more are taken only if they are there.
const BATCH_GOOD: usize = 16;
/// Longest wait for requests that are on their way.
const LINGER: Duration = Duration::from_millis(1);
