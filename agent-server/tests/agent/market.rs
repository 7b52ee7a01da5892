//! An agent, a merchant and a clock for one test; all of it is gone when the test ends.

use std::{path::Path, sync::Arc, time::Duration};

use agent_server::{
    Running,
    bank::Bank,
    clock::{Clock as _, TestClock},
    config::Config,
    domain::{
        MerchantStatus,
        audit::audit,
        code::{CodeCost, CodeHash},
        contract::Claim,
        transfer::Rules,
    },
    entropy::Entropy,
    store::{NewContract, OutboxEntry},
};
use reqwest::{Client, Method, Response};
use shared_protocol::{
    Amount, ContractNumber, Currency, Locale, Message, Problem, PurchaseId, PurchaseState,
    PurchaseStatus, SecurityCode, Signed, Span, Timestamp, decode, encode,
};
use tempfile::TempDir;

use crate::merchant::Merchant;

/// Everybody.
pub struct Market {
    pub agent: Running,
    pub clock: Arc<TestClock>,
    pub merchant: Merchant,
    pub http: Client,
    pub folder: TempDir,
}

impl Market {
    /// An agent with the demo's contracts that knows one merchant.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The same, with settings of the test's own.
    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::new());
        let merchant = Merchant::open().await;
        let mut config = settings(folder.path());
        change(&mut config);
        let agent = agent_server::start(config, clock.clone()).await.unwrap();
        Self::with(agent, clock, merchant, folder).await
    }

    /// The same, with another way to merchants' banks.
    pub async fn open_at(bank: Arc<dyn Bank>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::new());
        let merchant = Merchant::open().await;
        let config = Config { transfers: hours(), ..settings(folder.path()) };
        let agent = agent_server::start_with(config, clock.clone(), |_| bank).await.unwrap();
        Self::with(agent, clock, merchant, folder).await
    }

    async fn with(
        agent: Running,
        clock: Arc<TestClock>,
        merchant: Merchant,
        folder: TempDir,
    ) -> Self {
        let known = merchant.registration();
        agent.app.store.put_merchant(known, clock.now()).await.unwrap();
        let http = agent_server::outside::client();
        Self { agent, clock, merchant, http, folder }
    }

    /// Stops the agent kindly and starts it on the same data.
    pub async fn restart(self) -> Self {
        let Self { agent, clock, merchant, http, folder } = self;
        agent.shutdown().await;
        Self::over(folder, clock, merchant, http).await
    }

    /// An agent on data that is there already.
    pub async fn over(
        folder: TempDir,
        clock: Arc<TestClock>,
        merchant: Merchant,
        http: Client,
    ) -> Self {
        let agent = agent_server::start(settings(folder.path()), clock.clone()).await.unwrap();
        Self { agent, clock, merchant, http, folder }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.agent.addr)
    }

    /// Sends a message and returns what came back, whatever it is.
    pub async fn send<M: Message>(&self, method: Method, path: &str, message: &M) -> Response {
        let request = self.http.request(method, self.url(path)).body(encode(message));
        request.header("content-type", M::media_type()).send().await.unwrap()
    }

    /// Sends a message and reads the answer as bytes or as a problem.
    pub async fn ask<M: Message>(
        &self,
        method: Method,
        path: &str,
        message: &M,
    ) -> Result<Vec<u8>, Problem> {
        answer(self.send(method, path, message).await).await
    }

    pub async fn status(&self, purchase: &PurchaseId) -> PurchaseStatus {
        let path = self.url(&format!("/v1/purchases/{purchase}"));
        let response = self.http.get(path).send().await.unwrap();
        read(&answer(response).await.unwrap())
    }

    pub async fn state(&self, purchase: &PurchaseId) -> PurchaseState {
        self.status(purchase).await.state
    }

    /// Waits until the driver has brought the purchase there.
    pub async fn wait_for_state(&self, purchase: &PurchaseId, wanted: PurchaseState) {
        for _ in 0..2400 {
            if self.state(purchase).await == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("still {:?}, not {wanted:?}", self.state(purchase).await);
    }

    /// Waits for this many letters; newest first.
    pub async fn letters(&self, count: usize) -> Vec<agent_server::demo::KeptLetter> {
        let mailbox = &self.agent.app.demo.as_ref().unwrap().mailbox;
        for _ in 0..2400 {
            let letters = mailbox.newest_first();
            if letters.len() >= count {
                return letters;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{} letters, not {count}", mailbox.newest_first().len());
    }

    /// Waits until an errand has been given up.
    pub async fn dead(&self) -> OutboxEntry {
        self.errands("dead", 1).await.swap_remove(0)
    }

    /// Waits until this many errands have been delivered, and it is noted.
    pub async fn delivered(&self, count: usize) -> Vec<OutboxEntry> {
        self.errands("done", count).await
    }

    async fn errands(&self, state: &str, count: usize) -> Vec<OutboxEntry> {
        for _ in 0..2400 {
            let errands = self.agent.app.store.outbox(state, 100).await.unwrap();
            if errands.len() >= count {
                return errands;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("not {count} errands are {state}");
    }

    pub fn advance(&self, span: Span) {
        self.clock.advance(span);
    }

    /// What a contract holds for purchases.
    pub async fn reserved(&self, number_tail: &str) -> u64 {
        let all = self.agent.app.store.contracts().await.unwrap();
        all.iter().find(|row| row.number_tail == number_tail).unwrap().facts.reserved
    }

    /// Enters a contract with code 2468.
    pub async fn add_contract(&self, number: &str, limit: u64, valid_until: Option<Timestamp>) {
        self.add_contract_at(number, limit, valid_until, CodeCost::LEAST).await;
    }

    /// The same, with a code that is slower to try.
    pub async fn add_contract_at(
        &self,
        number: &str,
        limit: u64,
        valid_until: Option<Timestamp>,
        cost: CodeCost,
    ) {
        let keys = &self.agent.app.keys;
        let (code, entropy) = (SecurityCode::new("2468"), Entropy::new());
        let number_itself = ContractNumber::new(number);
        let claim = Claim::of_code(&number_itself, &code, keys);
        let id = self.agent.app.store.fresh_id(self.now());
        let contract = NewContract {
            id,
            number_hash: claim.number_hash,
            number_sealed: keys.seal_number(&number_itself, id, entropy.bytes()),
            code_hash: CodeHash::new(&claim.code_mac, cost, entropy.bytes()),
            number_tail: number[11..].into(),
            credit_limit: yen(limit),
            valid_until,
            email: "someone@example.jp".into(),
            locale: Locale::En,
        };
        assert!(self.agent.app.store.add_contract(contract, self.now()).await.unwrap());
    }

    /// Changes the merchant's contract, and waits until the agent has noticed.
    pub async fn change_merchant(&self, status: MerchantStatus, until: Option<Timestamp>) {
        let merchant = agent_server::domain::Merchant {
            status,
            valid_until: until,
            ..self.merchant.registration()
        };
        self.agent.app.store.put_merchant(merchant, self.now()).await.unwrap();
        self.advance(agent_server::merchants::FRESH);
    }

    /// All books and words agree with what was signed.
    pub async fn audit_is_clean(&self) {
        let app = &self.agent.app;
        let report = audit(&app.store, app.keys.history()).await.unwrap();
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
    }
}

/// Those of the demo's bank.
pub fn hours() -> Option<Rules> {
    Config::demo(Path::new(""), Path::new("")).transfers
}

fn settings(folder: &Path) -> Config {
    let mut config = Config::demo(&folder.join("agent"), &folder.join("widget"));
    config.listen = "127.0.0.1:0".into();
    config.database_url = database(folder);
    // Only the tests of transfers are about a bank: its books begin with what shoppers own.
    config.transfers = None;
    config
}

/// Where the database of this test is, if not in its folder: the same for all who ask.
pub fn database(folder: &Path) -> Option<String> {
    let note = folder.join("database");
    if let Ok(url) = std::fs::read_to_string(&note) {
        return Some(url);
    }
    let url = postgres_cluster::wanted()?;
    std::fs::write(note, &url).unwrap();
    Some(url)
}

/// The URL of the database of a market in this folder, wherever it is.
pub fn database_url(folder: &Path) -> String {
    database(folder)
        .unwrap_or_else(|| format!("sqlite:{}", folder.join("agent/agent.sqlite").display()))
}

/// The body of a good answer, or the problem of a problem document.
pub async fn answer(response: Response) -> Result<Vec<u8>, Problem> {
    let status = response.status();
    if status.is_success() {
        return Ok(response.bytes().await.unwrap().to_vec());
    }
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    let body = response.bytes().await.unwrap();
    assert_eq!(kind, "application/problem+json", "{}", String::from_utf8_lossy(&body));
    let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let problem = Problem::from_code(document["code"].as_str().unwrap()).unwrap();
    assert_eq!(status.as_u16(), problem.status());
    assert_eq!(document["number"], problem.number());
    Err(problem)
}

pub fn read<M: Message>(bytes: &[u8]) -> M {
    decode(bytes).unwrap()
}

pub fn signed<T: shared_protocol::Statement>(bytes: &[u8]) -> Signed<T> {
    decode(bytes).unwrap()
}

pub fn yen(minor: u64) -> Amount {
    Amount::new(minor, Currency::JPY).unwrap()
}
