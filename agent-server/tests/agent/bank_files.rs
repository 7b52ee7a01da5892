//! Files of payouts: each payout in one of them, once, whatever is asked twice (TRUST.md F16);
//! and what the operator's commands make of all that.

use agent_server::{
    domain::bank_files::{FileFault, LeftOut, Made, Wanted, make_file},
    files::{BankAccount, Format, IbanAccount, JapaneseAccount, Kana, OwnBank},
    store::Fault,
};
use shared_protocol::Currency;

use crate::market::{Market, yen};

pub fn own() -> OwnBank {
    let text = |text: &str| Some(text.to_owned());
    OwnBank {
        name: "Warifu Settlement".into(),
        bank: text("0001"),
        branch: text("001"),
        deposit: text("ordinary"),
        number: text("1234567"),
        kana: text("ワリフケッサイ"),
        client_code: text("0000000001"),
        statement_account: text("0010011234567"),
        ..OwnBank::default()
    }
}

pub fn wanted(format: Format) -> Wanted {
    Wanted { format, currency: Currency::JPY, day: None }
}

impl Market {
    /// Two sales claimed and paid out: 5190 yen.
    pub async fn paid_out(&self) {
        self.sale().await.claim("C", 3850).await.unwrap();
        self.sale().await.claim("C", 1500).await.unwrap();
        self.days(1).await;
    }

    pub async fn bank_of_merchant(&self, account: BankAccount) {
        let id = self.merchant.registration().id;
        self.agent.app.store.put_merchant_account(id, account, None, self.now()).await.unwrap();
    }

    pub async fn file(&self, format: Format) -> Made {
        self.file_as(wanted(format)).await.unwrap()
    }

    pub async fn file_as(&self, wanted: Wanted) -> Result<Made, FileFault> {
        let app = &self.agent.app;
        make_file(&app.store, &own(), &app.plans.calendar, wanted, self.now()).await
    }
}

pub fn in_japan() -> BankAccount {
    let holder = Kana::new("ヤマダチャホ", Kana::PAYEE).unwrap();
    let account = JapaneseAccount::new(["0005", "123", "ordinary", "7654321"], holder);
    BankAccount::Japanese(account.unwrap())
}

fn by_iban() -> BankAccount {
    let account = IbanAccount::new("DE89370400440532013000", None, "Yamada Tea");
    BankAccount::Iban(account.unwrap())
}

#[tokio::test]
async fn a_payout_goes_into_one_file_once() {
    let market = Market::open().await;
    market.paid_out().await;
    let store = &market.agent.app.store;
    let none = market.file(Format::Zengin).await;
    assert!(none.file.is_none());
    assert_eq!(none.left_out[0].1, LeftOut::NoAccount);
    market.bank_of_merchant(by_iban()).await;
    let none = market.file(Format::Zengin).await;
    assert!(none.file.is_none());
    assert_eq!(none.left_out[0].1, LeftOut::OtherFormat);
    market.bank_of_merchant(in_japan()).await;
    let file = market.file(Format::Zengin).await.file.unwrap();
    let payout = store.payouts(1).await.unwrap().swap_remove(0);
    assert_eq!((file.total, &file.payouts), (payout.amount, &vec![payout.id]));
    assert_eq!(file.total, yen(3850 - 115 + 1500 - 45));
    assert_eq!((file.content.len(), file.day), (4 * 122, payout.pay_on));
    for format in Format::ALL {
        let again = market.file(format).await;
        assert!(again.file.is_none() && again.left_out.is_empty(), "it is in a file");
    }
    let stored = store.payout_file(&file.message).await.unwrap().unwrap();
    assert_eq!(stored, file.content, "byte for byte");
    let raced = store.file_payouts(agent_server::store::NewFile {
        id: file.id + 1,
        message: "OTHER".into(),
        digest: shared_protocol::digest("other", b""),
        ..file.clone()
    });
    assert!(matches!(raced.await, Err(Fault::Raced)));
    assert_eq!(store.payout_files(10).await.unwrap().len(), 1);
    market.bank_of_merchant(by_iban()).await;
    market.paid_out().await;
    let second = market.file(Format::Pain001).await.file.unwrap();
    assert!(String::from_utf8(second.content).unwrap().contains("DE89370400440532013000"));
    assert_eq!(second.payouts.len(), 1);
    market.audit_is_clean().await;
}

#[tokio::test]
async fn without_an_account_of_ours_nothing_is_filed() {
    let market = Market::open().await;
    market.bank_of_merchant(in_japan()).await;
    market.paid_out().await;
    let store = &market.agent.app.store;
    let (nobody, calendar) = (OwnBank::default(), &market.agent.app.plans.calendar);
    for format in Format::ALL {
        let made = make_file(store, &nobody, calendar, wanted(format), market.now()).await;
        assert!(matches!(made, Err(FileFault::Batch(_))));
    }
    assert!(store.payout_files(10).await.unwrap().is_empty());
    assert!(market.file(Format::Pain001).await.file.is_some(), "it waits for one");
}
