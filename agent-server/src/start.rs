//! The life of a server in this process, from start to shutdown.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinHandle,
};

use crate::{
    app::{App, Inner},
    bank::{Bank, Books},
    clock::Clock,
    codes::Codes,
    config::Config,
    demo::Demo,
    domain::{
        audit,
        plan::{PlanFault, PlanRules},
    },
    driver,
    entropy::Entropy,
    guard::Guard,
    http,
    keys::{AgentKeyring, KeyFault},
    mail::{Mailer, SmtpMailer, SmtpSettings},
    marks::Marks,
    merchants::Merchants,
    offers::Offers,
    outside::Outside,
    seed,
    store::{Fault, Store},
    unstored::Unstored,
    widget::{Widget, WidgetFault},
};

/// A server that is running in this process.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The server itself.
    pub app: App,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// Its keys.
    #[error("keys: {0}")]
    Keys(#[from] KeyFault),
    /// Its database.
    #[error(transparent)]
    Store(#[from] Fault),
    /// The address on which it should listen.
    #[error("cannot listen on {0}: {1}")]
    Listen(String, #[source] std::io::Error),
    /// The way to the mail server.
    #[error("{0}")]
    Mail(String),
    /// The rules of plans.
    #[error("plans_file: {0}")]
    Plans(#[from] PlanFault),
    /// The built widget.
    #[error("widget: {0}")]
    Widget(#[from] WidgetFault),
    /// Its folder.
    #[error("data_dir: {0}")]
    Data(#[source] std::io::Error),
    /// The demo's folder.
    #[error("demo: {0}")]
    Demo(#[source] std::io::Error),
}

/// Starts a server; returns once it listens.
///
/// # Errors
/// [`StartFault`].
pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Running, StartFault> {
    start_with(config, clock, |store| Arc::new(Books(store))).await
}

/// The same, with another way to merchants' banks.
///
/// # Errors
/// [`StartFault`].
pub async fn start_with(
    config: Config,
    clock: Arc<dyn Clock>,
    bank: impl FnOnce(Store) -> Arc<dyn Bank>,
) -> Result<Running, StartFault> {
    let entropy = Entropy::new();
    config.make_data_dir().map_err(StartFault::Data)?;
    if config.demo {
        AgentKeyring::create_missing(&config.keys_dir(), &entropy)?;
    }
    let keys = AgentKeyring::load(&config.keys_dir())?;
    keys.refresh(clock.now())?;
    let store = Store::open(&config.database()).await?;
    if config.demo {
        seed::contracts(&store, &keys, &entropy, clock.now()).await?;
        if config.transfers.is_some() {
            seed::accounts(&store, &keys, clock.now()).await?;
        }
        seed::operators(&store, &entropy, clock.now()).await?;
    }
    seed::wrap_bare_codes(&store, config.code_cost, &entropy).await?;
    let listener = TcpListener::bind(&config.listen).await;
    let listener = listener.map_err(|fault| StartFault::Listen(config.listen.clone(), fault))?;
    let addr = listener.local_addr();
    let addr = addr.map_err(|fault| StartFault::Listen(config.listen.clone(), fault))?;
    let bank = bank(store.clone());
    let app = build(config, keys, (clock, bank), entropy, store).await?;
    let (stop, stopped) = watch::channel(false);
    let tasks = vec![
        tokio::spawn(http::serve::serve(listener, http::router(app.clone()), stopped.clone())),
        tokio::spawn(driver::run(app.clone(), stopped.clone())),
        tokio::spawn(take_up_keys(app.clone(), stopped)),
    ];
    tracing::info!(%addr, "listening");
    Ok(Running { addr, app, stop, tasks })
}

async fn build(
    config: Config,
    keys: AgentKeyring,
    (clock, bank): (Arc<dyn Clock>, Arc<dyn Bank>),
    entropy: Entropy,
    store: Store,
) -> Result<App, StartFault> {
    let demo = match config.demo {
        true => Some(Demo::open(&config.data_dir).map_err(StartFault::Demo)?),
        false => None,
    };
    let unstored = match config.bench_no_storage {
        true => Some(Unstored::load(&store).await?),
        false => None,
    };
    let load = http::overload::Load::new(config.requests_at_once);
    let outside = Outside::new(config.has_local_merchants());
    Ok(App::of(Inner {
        codes: Codes::new(config.code_cost, codes_at_once(&config), entropy.clone()),
        guard: Guard::new(config.guessing),
        mailer: mailer(&config, demo.as_ref())?,
        widget: Widget::open(&config.widget_dir, config.demo)?,
        plans: PlanRules::of(config.plans_file.as_deref(), config.demo)?,
        marks: Marks::new(config.agent_id.clone(), config.agent_name.clone()),
        merchants: Merchants::new(store.clone(), config.transfers.is_some()),
        bank,
        offers: Offers::new(outside.clone()),
        outside,
        restored: store.restored_at().await?,
        config,
        keys,
        clock,
        entropy,
        store,
        audits: audit::Running::default(),
        demo,
        unstored,
        load,
        driver: Notify::new(),
    }))
}

/// What `keys rotate` and `keys retire` did counts within a second, and a next key when its time
/// has come.
async fn take_up_keys(app: App, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(KEYS_LOOKED_AT) => {}
        }
        match app.keys.refresh(app.clock.now()) {
            Ok(true) => tracing::info!(kid = %app.keys.kid(), "keys taken up"),
            Ok(false) => {}
            Err(fault) => tracing::error!(%fault, "keys could not be taken up"),
        }
    }
}

fn codes_at_once(config: &Config) -> usize {
    match config.codes_at_once {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        set => set,
    }
}

fn mailer(config: &Config, demo: Option<&Demo>) -> Result<Mailer, StartFault> {
    match (&config.smtp, demo) {
        (Some(smtp), _) => {
            let settings = SmtpSettings {
                url: smtp.url.clone(),
                from: smtp.from.clone(),
                host: config.public_host().into(),
            };
            SmtpMailer::new(&settings).map(Mailer::Smtp).map_err(StartFault::Mail)
        }
        (None, Some(demo)) => Ok(Mailer::Mailbox(demo.mailbox.clone())),
        (None, None) => Err(StartFault::Mail("smtp.url is missing".into())),
    }
}

const KEYS_LOOKED_AT: Duration = Duration::from_secs(1);

impl Running {
    /// Waits until the store has failed under the server, which then must not go on.
    pub async fn broken(&self) {
        self.app.store.broken().await;
    }

    /// Stops accepting, finishes what was begun, commits, closes the database.
    pub async fn shutdown(self) {
        // Both tasks may have ended already.
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
        self.app.store.close().await;
        tracing::info!("stopped");
    }
}
