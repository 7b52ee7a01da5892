//! Letters about a contract itself: whoever finds one that they did not cause knows what to do.

use agent_server::demo::KeptLetter;

use crate::market::Market;

const ADDRESS: &str = "someone@example.jp";

impl Market {
    /// Waits for a letter with this subject.
    async fn notice(&self, subject: &str) -> KeptLetter {
        for _ in 0..2400 {
            let letters = self.letters(0).await;
            if let Some(letter) = letters.into_iter().find(|l| l.subject.contains(subject)) {
                return letter;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("no letter {subject}: {:?}", self.letters(0).await);
    }

    async fn subjects(&self) -> Vec<String> {
        self.letters(0).await.into_iter().map(|letter| letter.subject).collect()
    }
}

async fn open() -> Market {
    let market = Market::open().await;
    market.add_contract("C100000000042", 10_000, None).await;
    market
}

fn expect_of_contract(letter: &KeptLetter) {
    assert_eq!(letter.to, ADDRESS);
    for part in [&letter.text, &letter.html] {
        assert!(part.contains("42") && part.contains("/me/number"), "{part}");
        assert!(!part.contains("C100000000042") && !part.contains("1000-0000"), "{part}");
    }
    assert!(letter.text.contains("If this was not you"), "{}", letter.text);
}

#[tokio::test]
async fn a_new_passkey_is_told_by_mail() {
    let market = open().await;
    market.enrolled("42").await;
    expect_of_contract(&market.notice("A passkey was registered").await);
}

#[tokio::test]
async fn a_changed_code_is_told_by_mail_and_a_wrong_one_is_not() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let wrong = [("code", "1111"), ("new", "739182")];
    visitor.submit("/me/code", "/me/code", &wrong).await;
    let right = [("code", "2468"), ("new", "739182")];
    visitor.submit("/me/code", "/me/code", &right).await;
    let letter = market.notice("Your code was changed").await;
    expect_of_contract(&letter);
    assert!(!letter.text.contains("739182") && !letter.html.contains("739182"));
    let told = market.subjects().await;
    assert_eq!(told.iter().filter(|subject| subject.contains("was changed")).count(), 1);
}

#[tokio::test]
async fn a_stopped_and_a_new_number_are_told_by_mail_once_each() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    for _ in 0..2 {
        visitor.submit("/me/number", "/me/number/lost", &[]).await;
    }
    let stopped = market.notice("is stopped").await;
    assert!(stopped.text.contains("42") && stopped.text.contains("/me/number"));
    visitor.submit("/me/number", "/me/number/replace", &[("code", "2468")]).await;
    let replaced = market.notice("new contract number").await;
    let page = visitor.get("/me/number").await;
    let new = page.between("data-test=\"contract-number\">", "<");
    assert!(replaced.text.contains(&new[new.len() - 2..]) && !replaced.text.contains(&new));
    let told = market.subjects().await;
    assert_eq!(told.iter().filter(|subject| subject.contains("is stopped")).count(), 1);
}

#[tokio::test]
async fn what_was_owed_is_sent_after_a_restart_too() {
    let market = open().await;
    market.enrolled("42").await;
    let market = market.restart().await;
    let done = async |market: &Market| {
        let entries = market.agent.app.store.outbox("done", 10).await.unwrap();
        entries.iter().any(|entry| entry.parcel.errand.name() == "passkey-added")
    };
    for _ in 0..2400 {
        if done(&market).await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the letter was never sent");
}
