//! Where the agent is a bank (Cl. 3, Fig 15): every branch of the tree from the outside, both told
//! each time; exactly as much as is there, whoever asks at the same time; money that left stays.

use std::sync::{Arc, Mutex};

use agent_server::{
    bank::{Answer, Bank},
    domain::{
        ConfirmationToken, confirm,
        transfer::{PayeeAnswer, Rail},
    },
    files::{BankAccount, Format, IbanAccount, JapaneseAccount, Kana, Reference},
    store::{AccountNames, Brought},
};
use reqwest::Method;
use shared_protocol::{
    Channel, Grant, Localized, MerchantId, Outcome, Payee, Plan, PlanClass, Problem, PurchaseId,
    PurchaseState, Remittance, Signed, Signer as _, Span, Standing,
};

use crate::{
    authenticator::{Authenticator, Moment},
    market::{Market, hours, yen},
    sale::Sale,
    shopper::{Order, id},
};

/// A merchant's bank that says what it is told to say.
struct Says(Mutex<PayeeAnswer>);

impl Bank for Says {
    fn payee<'a>(&'a self, _: &'a MerchantId) -> Answer<'a> {
        let answer = *self.0.lock().unwrap();
        Box::pin(async move { answer })
    }
}

impl Market {
    /// A market where the merchant takes transfers to an account that is reached at any hour.
    pub async fn at_the_bank() -> Self {
        let market = Self::open_with(|config| config.transfers = hours()).await;
        market.takes_transfers().await;
        market
    }

    async fn takes_transfers(&self) {
        let merchant = self.merchant.registration().id;
        let holder = Kana::new("ヤマダチャホ", Kana::PAYEE).unwrap();
        let parts = ["0999", "123", "ordinary", "7654321"];
        let account = BankAccount::Japanese(JapaneseAccount::new(parts, holder).unwrap());
        let names = AccountNames {
            bank: Localized::new("みほん銀行", "Mihon Bank"),
            branch: Localized::new("盛岡支店", "Morioka branch"),
        };
        let store = &self.agent.app.store;
        let put = store.put_merchant_account(merchant, account, Some(names), self.now());
        put.await.unwrap();
        self.advance(agent_server::merchants::FRESH);
    }

    async fn is_refused(&self) {
        let merchant = self.merchant.registration().id;
        self.agent.app.store.refuse_payee(merchant, self.now()).await.unwrap();
    }

    /// What the Mark says of where transfers go.
    async fn payee(&self) -> Option<Payee> {
        let now = self.now();
        let id = self.merchant.registration().id;
        let merchant = self.agent.app.merchants.get(&id, now).await.unwrap();
        let mark = self.agent.app.marks.current(&merchant, &self.agent.app.keys, now);
        mark.claimed().unwrap().payee
    }

    /// A good order of one teapot, by transfer from this contract's account.
    pub async fn transfer(&self, contract: &'static str) -> Order {
        let payee = self.payee().await;
        let order = Order { plan: Plan::Transfer, payee, contract, ..self.order().await };
        order.taking(self, &[PlanClass::Transfer])
    }

    /// The same, by this passkey.
    async fn transfer_by(&self, passkey: &Authenticator, counter: u32) -> Signed<Grant> {
        let shop = self.merchant.registration().origins[0].clone();
        let order = Order { by_passkey: true, ..self.transfer("C900000000001").await };
        let attempt =
            order.seal_with(|tally| passkey.assert(&Moment::in_shop(tally, &shop, counter)));
        self.grant(&attempt).await.unwrap()
    }

    pub async fn accept(&self, grant: &Signed<Grant>) {
        let word = self.merchant.accept(grant, self.now());
        self.tell(grant, "acceptance", &word).await.unwrap();
    }

    /// The shopper's answer to the mail.
    pub async fn answer(&self, grant: &Signed<Grant>, outcome: Outcome) -> Result<(), Problem> {
        let app = &self.agent.app;
        let token = ConfirmationToken::of(&id(grant), &app.keys).expose();
        confirm::decide(app, &token, outcome, self.now()).await.map(drop)
    }

    /// Balance and what is held of it.
    pub async fn account(&self, number_tail: &str) -> (u64, u64) {
        let contract = self.contract(number_tail).await;
        let deposit = self.agent.app.store.deposit(contract).await.unwrap().unwrap();
        (deposit.balance, deposit.held)
    }

    /// What the merchant is told of how the money stands, signed.
    pub async fn standing(&self, purchase: &PurchaseId) -> Option<Standing> {
        let said: Signed<Remittance> = self.status(purchase).await.remittance?;
        let said = said.verify(&self.agent.app.keys.verifying_key()).unwrap();
        assert_eq!((said.purchase, said.amount), (*purchase, yen(3850)));
        Some(said.standing)
    }

    /// The types of what the merchant was told, oldest first.
    pub async fn types_told(&self, count: usize) -> Vec<String> {
        let notices = self.merchant.notices_once(count).await;
        let mut types: Vec<_> =
            notices.iter().map(|told| told.json()["type"].to_string()).collect();
        types.sort();
        types
    }
}

impl Order {
    /// With an Offer that takes plans of these classes.
    fn taking(mut self, market: &Market, classes: &[PlanClass]) -> Self {
        let mut offer = self.offer.claimed().unwrap();
        offer.plans = classes.to_vec();
        self.offer = Signed::sign(&offer, &market.merchant.key);
        self
    }
}

pub const PLENTY: u64 = 1_000_000;

#[tokio::test]
async fn with_a_passkey_the_money_goes_with_the_shops_acceptance() {
    let market = Market::at_the_bank().await;
    let passkey = market.enrolled("01").await;
    let grant = market.transfer_by(&passkey, 1).await;
    assert_eq!(market.account("01").await, (PLENTY, 3850));
    assert_eq!(market.standing(&id(&grant)).await, None);
    let word = market.merchant.accept(&grant, market.now());
    for _ in 0..2 {
        market.tell(&grant, "acceptance", &word).await.unwrap();
    }
    assert_eq!(market.account("01").await, (PLENTY - 3850, 0));
    assert_eq!(market.reserved("01").await, 0, "no credit is given");
    let status = market.status(&id(&grant)).await;
    assert_eq!(status.state, PurchaseState::Confirmed);
    let said = status.confirmation.unwrap().claimed().unwrap();
    assert_eq!((said.outcome, said.channel), (Outcome::Confirmed, Channel::Passkey));
    assert_eq!(market.standing(&id(&grant)).await, Some(Standing::Received));
    let told = market.types_told(2).await;
    assert_eq!(told, ["\"purchase.confirmed\"", "\"purchase.transfer_received\""]);
    market.audit_is_clean().await;
}

#[tokio::test]
async fn a_number_and_a_code_move_nothing_until_the_mail_is_answered() {
    let market = Market::at_the_bank().await;
    let attempt = market.transfer("C900000000001").await.seal();
    let before = market.ask_grant(&attempt).await.unwrap();
    assert_eq!(market.ask_grant(&attempt).await.unwrap(), before);
    let grant = market.grant(&attempt).await.unwrap();
    assert!(grant.claimed().unwrap().provisional);
    market.accept(&grant).await;
    assert_eq!(market.account("01").await, (PLENTY, 3850));
    assert_eq!(market.standing(&id(&grant)).await, None);
    market.answer(&grant, Outcome::Confirmed).await.unwrap();
    market.answer(&grant, Outcome::Confirmed).await.unwrap();
    assert_eq!(market.account("01").await, (PLENTY - 3850, 0));
    assert_eq!(market.standing(&id(&grant)).await, Some(Standing::Received));
    market.audit_is_clean().await;
    for outcome in [Outcome::Cancelled, Outcome::Expired] {
        let grant = market.grant(&market.transfer("C900000000001").await.seal()).await.unwrap();
        market.accept(&grant).await;
        if outcome == Outcome::Expired {
            market.advance(Span::hours(73));
            market.wait_for_state(&id(&grant), PurchaseState::Expired).await;
        } else {
            market.answer(&grant, outcome).await.unwrap();
        }
        assert_eq!(market.account("01").await, (PLENTY - 3850, 0), "held no more");
    }
    market.audit_is_clean().await;
}

#[tokio::test]
async fn a_short_balance_is_told_to_both_and_another_way_still_pays() {
    let market = Market::at_the_bank().await;
    let attempt = market.transfer("C900000000007").await.seal();
    for _ in 0..2 {
        assert_eq!(market.grant(&attempt).await.unwrap_err(), Problem::BalanceShort);
    }
    assert_eq!(market.state(&attempt.purchase).await, PurchaseState::Declined);
    assert_eq!(market.standing(&attempt.purchase).await, Some(Standing::NotReceived));
    assert_eq!(market.types_told(1).await, ["\"purchase.transfer_failed\""], "and not why");
    assert_eq!(market.account("07").await, (1000, 0));
    let other = Order { contract: "C900000000007", ..market.order().await };
    market.grant(&other.seal()).await.unwrap();
    assert_eq!(market.reserved("07").await, 3850);
    market.audit_is_clean().await;
}

#[tokio::test]
async fn a_wrong_account_is_told_to_both_put_right_and_tried_again() {
    let market = Market::at_the_bank().await;
    market.is_refused().await;
    let attempt = market.transfer("C900000000001").await.seal();
    assert_eq!(market.grant(&attempt).await.unwrap_err(), Problem::PayeeAccountWrong);
    assert_eq!(market.standing(&attempt.purchase).await, Some(Standing::NotReceived));
    let told = market.types_told(2).await;
    assert_eq!(told, ["\"purchase.payee_refused\"", "\"purchase.transfer_failed\""]);
    assert_eq!(market.account("01").await, (PLENTY, 0));
    // Whoever does not know the code learns nothing of it.
    let guess = Order { code: "1357", ..market.transfer("C900000000001").await }.seal();
    assert_eq!(market.grant(&guess).await.unwrap_err(), Problem::ContractNotRecognised);
    assert_eq!(market.standing(&guess.purchase).await, None);
    market.takes_transfers().await;
    market.grant(&market.transfer("C900000000001").await.seal()).await.unwrap();
    market.audit_is_clean().await;
}

#[tokio::test]
async fn what_nobody_knows_is_never_taken_for_closed() {
    let bank = Arc::new(Says(Mutex::new(PayeeAnswer::Unclear)));
    let market = Market::open_at(bank.clone()).await;
    market.takes_transfers().await;
    for contract in ["C900000000001", "C900000000008"] {
        let attempt = market.transfer(contract).await.seal();
        assert_eq!(market.grant(&attempt).await.unwrap_err(), Problem::TransferUndetermined);
        assert_eq!(market.standing(&attempt.purchase).await, Some(Standing::NotReceived));
    }
    *bank.0.lock().unwrap() = PayeeAnswer::Good;
    let grant = market.grant(&market.transfer("C900000000001").await.seal()).await.unwrap();
    market.accept(&grant).await;
    *bank.0.lock().unwrap() = PayeeAnswer::Unclear;
    let undetermined = market.answer(&grant, Outcome::Confirmed).await;
    assert_eq!(undetermined, Err(Problem::TransferUndetermined));
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Accepted, "it can be said again");
    *bank.0.lock().unwrap() = PayeeAnswer::Wrong;
    let wrong = market.answer(&grant, Outcome::Confirmed).await;
    assert_eq!(wrong, Err(Problem::PayeeAccountWrong));
    let status = market.status(&id(&grant)).await;
    assert_eq!(status.state, PurchaseState::Cancelled);
    assert_eq!(status.confirmation.unwrap().claimed().unwrap().channel, Channel::Bank);
    assert_eq!(market.standing(&id(&grant)).await, Some(Standing::NotReceived));
    assert_eq!(market.account("01").await, (PLENTY, 0));
    market.audit_is_clean().await;
}

#[tokio::test]
async fn money_goes_to_the_account_that_the_agent_named_or_nowhere() {
    let market = Market::at_the_bank().await;
    let honest = market.payee().await.unwrap();
    let other = |change: fn(&mut Payee)| {
        let mut payee = honest.clone();
        change(&mut payee);
        Some(payee)
    };
    for payee in [
        other(|payee| payee.account = "0999-123-ordinary-1111111".into()),
        other(|payee| payee.holder = "ﾆｾﾓﾉ".into()),
        other(|payee| payee.bank.ja = "よその銀行".into()),
        None,
    ] {
        let order = Order { payee, ..market.transfer("C900000000001").await };
        assert_eq!(market.grant(&order.seal()).await.unwrap_err(), Problem::PayeeInvalid);
    }
    let single = Order { payee: Some(honest), ..market.order().await };
    assert_eq!(market.grant(&single.seal()).await.unwrap_err(), Problem::PayeeInvalid);
    assert_eq!(market.account("01").await, (PLENTY, 0));
}

#[tokio::test]
async fn an_account_by_iban_is_named_and_paid_too() {
    let market = Market::at_the_bank().await;
    let account = IbanAccount::new("DE89 3704 0044 0532 0130 00", None, "Yamada Tea").unwrap();
    let bank = Localized::new("ドイツの銀行", "A German bank");
    let names = AccountNames { bank, branch: Localized::default() };
    let (merchant, store) = (market.merchant.registration().id, &market.agent.app.store);
    let put =
        store.put_merchant_account(merchant, BankAccount::Iban(account), Some(names), market.now());
    put.await.unwrap();
    market.advance(agent_server::merchants::FRESH);
    let payee = market.payee().await.unwrap();
    assert_eq!((payee.account.as_str(), payee.tail()), ("DE89370400440532013000", "000"));
    let grant = market.grant(&market.transfer("C900000000001").await.seal()).await.unwrap();
    let transfer = store.transfer(&id(&grant)).await.unwrap().unwrap();
    assert_eq!(transfer.rail, Rail::BankingHours, "that bank is not reached at any hour");
    market.audit_is_clean().await;
}

#[tokio::test]
async fn without_an_account_or_a_bank_there_are_no_transfers() {
    let market = Market::at_the_bank().await;
    market.add_contract("C123456789012", PLENTY, None).await;
    let attempt = market.transfer("C123456789012").await.seal();
    assert_eq!(market.grant(&attempt).await.unwrap_err(), Problem::PlanNotAccepted);
    let market = Market::open().await;
    market.takes_transfers().await;
    assert_eq!(market.payee().await, None, "it is no bank");
    let market = Market::open_with(|config| config.transfers = hours()).await;
    assert_eq!(market.payee().await, None, "the merchant has named no account");
}

/// `-0008`: its account sends on the next business day, whatever the hour (162–164).
#[tokio::test]
async fn a_closed_bank_schedules_and_goods_wait_for_the_notice() {
    let market = Market::at_the_bank().await;
    let grant = market.grant(&market.transfer("C900000000008").await.seal()).await.unwrap();
    let purchase = id(&grant);
    market.accept(&grant).await;
    market.answer(&grant, Outcome::Confirmed).await.unwrap();
    market.answer(&grant, Outcome::Confirmed).await.unwrap();
    let Some(Standing::Scheduled(day)) = market.standing(&purchase).await else { panic!() };
    assert_eq!(market.types_told(1).await, ["\"purchase.transfer_scheduled\""]);
    assert_eq!(market.account("08").await, (PLENTY, 3850));
    assert_eq!(market.state(&purchase).await, PurchaseState::Accepted, "goods wait");
    market.audit_is_clean().await;
    // More than the time for an answer: it has been answered.
    market.advance(Span::hours(24 * 14));
    market.paid_by_file(&purchase).await;
    assert!(day > shared_protocol::Date::new(2026, 1, 1).unwrap());
    assert_eq!(market.standing(&purchase).await, Some(Standing::Received));
    let confirmation = market.status(&purchase).await.confirmation.unwrap();
    assert_eq!(confirmation.claimed().unwrap().channel, Channel::Mail);
    assert_eq!(market.account("08").await, (PLENTY - 3850, 0));
    market.answer(&grant, Outcome::Confirmed).await.unwrap();
    let late = market.answer(&grant, Outcome::Cancelled).await;
    assert_eq!(late, Err(Problem::AlreadyTransferred), "the money has gone");
    assert_eq!(market.types_told(4).await.len(), 4);
    market.audit_is_clean().await;
}

impl Market {
    /// The scheduled transfer is ordered, goes into a file, and the bank's notice confirms it.
    pub async fn paid_by_file(&self, purchase: &PurchaseId) {
        let store = &self.agent.app.store;
        let mut payout = None;
        for _ in 0..2400 {
            payout = store.payouts(1).await.unwrap().pop();
            if payout.is_some() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        let payout = payout.expect("it is ordered when the bank opens");
        assert_eq!(payout.amount, yen(3850));
        assert_eq!(self.state(purchase).await, PurchaseState::Accepted, "goods wait");
        self.audit_is_clean().await;
        let file = self.file(Format::Zengin).await.file.unwrap();
        assert_eq!(file.payouts, [payout.id]);
        let told = Reference::Payout(payout.id).to_string();
        let brought = self.bank_says("N-1", &[("B-1", -3850, told.as_str())]).await.unwrap();
        assert_eq!(brought, Brought { payouts: 1, ..Brought::default() });
        self.wait_for_state(purchase, PurchaseState::Confirmed).await;
    }
}

#[tokio::test]
async fn a_scheduled_transfer_can_be_called_off_until_the_bank_opens() {
    let market = Market::at_the_bank().await;
    let scheduled = async || {
        let grant = market.grant(&market.transfer("C900000000008").await.seal()).await.unwrap();
        market.accept(&grant).await;
        market.answer(&grant, Outcome::Confirmed).await.unwrap();
        grant
    };
    let (first, second) = (scheduled().await, scheduled().await);
    assert_eq!(market.account("08").await, (PLENTY, 7700));
    market.answer(&first, Outcome::Cancelled).await.unwrap();
    assert_eq!(market.account("08").await, (PLENTY, 3850));
    assert_eq!(market.state(&id(&first)).await, PurchaseState::Cancelled);
    market.is_refused().await;
    market.advance(Span::hours(24 * 14));
    market.wait_for_state(&id(&second), PurchaseState::Cancelled).await;
    assert_eq!(market.standing(&id(&second)).await, Some(Standing::NotReceived));
    assert_eq!(market.account("08").await, (PLENTY, 0));
    market.audit_is_clean().await;
}

#[tokio::test]
async fn of_many_at_the_same_time_exactly_as_many_as_there_is_money_for_are_granted() {
    let market = Market::at_the_bank().await;
    market.add_contract("C123456789012", 0, None).await;
    let contract = market.contract("12").await;
    let store = &market.agent.app.store;
    let rail = Rail::AroundTheClock;
    assert!(store.pay_in(contract, yen(3 * 3850), rail, market.now()).await.unwrap());
    let mut attempts = Vec::new();
    for _ in 0..12 {
        attempts.push(market.transfer("C123456789012").await.seal());
    }
    let asked = attempts.iter().map(|attempt| market.grant(attempt));
    let answers = futures_util::future::join_all(asked).await;
    let granted: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(granted.len(), 3);
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(*refused, Problem::BalanceShort);
    }
    assert_eq!(market.account("12").await, (3 * 3850, 3 * 3850));
    for grant in &granted {
        market.accept(grant).await;
    }
    let sent = granted.iter().flat_map(|grant| [grant, grant]);
    let sent = sent.map(|grant| market.answer(grant, Outcome::Confirmed));
    for answer in futures_util::future::join_all(sent).await {
        assert_eq!(answer, Ok(()));
    }
    assert_eq!(market.account("12").await, (0, 0));
    market.audit_is_clean().await;
}

#[tokio::test]
async fn what_was_sent_is_neither_claimed_nor_taken_back() {
    let market = Market::at_the_bank().await;
    let passkey = market.enrolled("01").await;
    let grant = market.transfer_by(&passkey, 1).await;
    market.accept(&grant).await;
    let sale = Sale { market: &market, grant: grant.clone() };
    sale.ship("S-1").await.unwrap();
    for said in [
        sale.claim("C-1", 3850).await,
        sale.void("V-1", 3850).await,
        sale.refund("R-1", 3850).await,
    ] {
        assert_eq!(said.unwrap_err(), Problem::PaidByTransfer);
    }
    let contract = market.contract("01").await;
    let number = grant.claimed().unwrap().handling_number;
    let store = &market.agent.app.store;
    let own = store.purchase_of(contract, &number).await.unwrap().unwrap();
    let wanted = confirm::Wanted::Cancel;
    let called_off = confirm::decide_here(&market.agent.app, &own, wanted).await;
    assert_eq!(called_off, Err(Problem::AlreadyTransferred));
    assert_eq!(market.account("01").await, (PLENTY - 3850, 0));
    market.audit_is_clean().await;
}

#[tokio::test]
async fn neither_side_is_told_what_is_the_others() {
    let market = Market::at_the_bank().await;
    let short = market.transfer("C900000000007").await.seal();
    market.grant(&short).await.unwrap_err();
    let grant = market.grant(&market.transfer("C900000000008").await.seal()).await.unwrap();
    market.accept(&grant).await;
    market.answer(&grant, Outcome::Confirmed).await.unwrap();
    let mut heard: Vec<u8> = Vec::new();
    for notice in market.merchant.notices(2).await {
        heard.extend(notice.json().to_string().bytes());
    }
    for purchase in [short.purchase, id(&grant)] {
        let path = market.url(&format!("/v1/purchases/{purchase}"));
        let answer = market.http.request(Method::GET, path).send().await.unwrap();
        heard.extend(answer.bytes().await.unwrap());
    }
    // Contract, balance, and why: nothing of it, in any notice or answer.
    for secret in ["C90000000000", "9000-0000-000", "1000000", "balance", "short", "next-day"] {
        let found = heard.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!found, "{secret}");
    }
}

#[tokio::test]
async fn the_form_offers_the_methods_that_the_page_asks_for() {
    let market = Market::at_the_bank().await;
    let offer = market.transfer("C900000000001").await.offer.claimed().unwrap();
    let classes = vec![PlanClass::Single, PlanClass::Transfer];
    let both = shared_protocol::Offer { plans: classes, ..offer };
    market.merchant.show(Signed::sign(&both, &market.merchant.key));
    for (method, radios, is_listed) in [
        ("", vec!["contract", "bank-transfer"], true),
        ("&method=contract", vec![], true),
        ("&method=bank-transfer", vec!["bank-transfer"], false),
        ("&method=barter", vec!["contract", "bank-transfer"], true),
    ] {
        market.advance(Span::minutes(2));
        let path = format!("/v1/frame?merchant=mrc_tea&item=TEAPOT-01&locale=ja{method}");
        let page = market.page(&path).await.html;
        let offered: Vec<_> = page
            .split("name=\"payment.method\" value=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert_eq!(offered, radios, "{method}");
        assert_eq!(page.contains("name=\"payment.plan\""), is_listed, "{method}");
        assert!(!page.contains("<option value=\"transfer\""), "{method}");
    }
}
