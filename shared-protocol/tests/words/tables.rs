//! The small closed sets: problems, ids, locales. Every member has its one number, code or text,
//! and nothing else is read as one.

use std::collections::BTreeSet;

use shared_protocol::{
    AgentId, Digest, ItemId, Locale, Localized, MerchantId, MerchantView, NextStep, Plan,
    PlanClass, Problem, PurchaseId, Salt,
};

use crate::party::Seeded;

#[test]
fn a_problem_has_its_own_number_code_and_words() {
    let all = Problem::ALL;
    let numbers: BTreeSet<_> = all.iter().map(|problem| problem.number()).collect();
    let codes: BTreeSet<_> = all.iter().map(|problem| problem.code()).collect();
    assert_eq!((numbers.len(), codes.len()), (all.len(), all.len()));
    for problem in all {
        assert_eq!(Problem::from_number(problem.number()), Some(*problem));
        assert_eq!(Problem::from_code(problem.code()), Some(*problem));
        assert_eq!(problem.path(), format!("/problems/{}", problem.code()));
        assert_eq!(problem.to_string(), problem.code());
        assert!((400..600).contains(&problem.status()), "{problem}");
        assert!(problem.text(Locale::Ja).ends_with('。'), "{problem}");
        assert!(problem.text(Locale::En).ends_with('.'), "{problem}");
        let plain = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(problem.code().chars().all(plain), "{problem}");
    }
    assert!(all.is_sorted_by_key(|problem| problem.number()));
    assert_eq!(Problem::from_number(0), None);
    assert_eq!(Problem::from_code("Offline"), None);
}

#[test]
fn a_merchant_never_learns_why_the_agent_declined() {
    let reasons = [
        Problem::ContractNotRecognised,
        Problem::ContractLocked,
        Problem::ContractLapsed,
        Problem::ContractSuspended,
        Problem::LimitExceeded,
        Problem::PasskeyInvalid,
        Problem::PasskeyUnknown,
        Problem::PasskeyCloned,
        Problem::PayeeAccountWrong,
        Problem::BalanceShort,
        Problem::TransferUndetermined,
    ];
    for problem in reasons {
        assert_eq!(problem.merchant_view(), MerchantView::Declined, "{problem}");
        assert_eq!(problem.status(), 403, "{problem}: one status for all");
        assert!(!problem.may_pass_later(), "{problem}: and one answer to that");
    }
    let views: BTreeSet<_> =
        Problem::ALL.iter().map(|problem| problem.merchant_view().name()).collect();
    assert_eq!(views, BTreeSet::from(["", "declined", "fix_order", "try_later"]));
}

#[test]
fn what_may_pass_later_is_a_matter_of_waiting() {
    let later: Vec<_> = Problem::ALL.iter().filter(|p| p.may_pass_later()).collect();
    let expected = [
        Problem::TooManyRequests,
        Problem::OutOfStock,
        Problem::Offline,
        Problem::MerchantUnavailable,
        Problem::AgentUnavailable,
        Problem::RelayUnavailable,
        Problem::Unavailable,
    ];
    assert_eq!(later, expected.iter().collect::<Vec<_>>());
    for problem in Problem::ALL.iter().filter(|p| p.merchant_view() == MerchantView::TryLater) {
        assert!(problem.may_pass_later(), "{problem}");
        assert_eq!(problem.next_step(), NextStep::TryAgain, "{problem}");
    }
}

#[test]
fn merchants_and_agents_are_told_apart_by_their_prefix() {
    for good in ["mrc_a", "mrc_tea", "mrc_1_2", "mrc_____", &format!("mrc_{}", "a".repeat(36))] {
        assert_eq!(good.parse::<MerchantId>().unwrap().as_str(), good);
    }
    for bad in [
        "",
        "mrc_",
        "mrc",
        "agt_tea",
        "MRC_tea",
        "mrc_Tea",
        "mrc-tea",
        "mrc_te a",
        "mrc_té",
        " mrc_tea",
        "mrc_tea\n",
        "mrc_tea\0",
        "mrc_../x",
        &format!("mrc_{}", "a".repeat(37)),
    ] {
        assert!(bad.parse::<MerchantId>().is_err(), "{bad:?}");
    }
    assert!("agt_demo".parse::<AgentId>().is_ok());
    assert!("mrc_demo".parse::<AgentId>().is_err());
}

#[test]
fn an_item_s_name_is_safe_in_a_path() {
    for good in ["TEAPOT-01", "a", "A.b_c-1", "..a", &"x".repeat(64)] {
        assert!(good.parse::<ItemId>().is_ok(), "{good}");
    }
    for bad in [
        "",
        ".",
        "..",
        "...",
        "a/b",
        "a\\b",
        "a b",
        "a%2f",
        "a?b",
        "a#b",
        "茶",
        "a\0",
        &"x".repeat(65),
    ] {
        assert!(bad.parse::<ItemId>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_purchase_id_has_one_text() {
    let mut rng = Seeded(7);
    for _ in 0..500 {
        let id = PurchaseId::random(&mut rng);
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    let least = PurchaseId::new([0; 16]).to_string();
    let most = PurchaseId::new([0xff; 16]).to_string();
    assert_eq!(least, "pur_00000000000000000000000000");
    assert_eq!(most, "pur_7zzzzzzzzzzzzzzzzzzzzzzzzz");
    for bad in [
        "",
        "pur_",
        "0000000000000000000000000000000",
        "PUR_00000000000000000000000000",
        "pur_0000000000000000000000000",
        "pur_000000000000000000000000000",
        "pur_80000000000000000000000000",
        "pur_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "pur_0000000000000000000000000A",
        "pur_0000000000000000000000000o",
        "pur_0000000000000000000000000l",
        "pur_0000000000000000000000000u",
        "pur_0000000000000-000000000000",
        "pur_0000000000000000000000000é",
        " pur_00000000000000000000000000",
        "pur_00000000000000000000000000\n",
    ] {
        assert!(bad.parse::<PurchaseId>().is_err(), "{bad:?}");
    }
}

#[test]
fn bytes_of_another_length_are_no_id_and_a_log_shows_only_their_beginning() {
    for length in [0, 15, 17, 31, 33, 64] {
        assert!(PurchaseId::try_from(vec![0; length].as_slice()).is_err(), "{length}");
        assert!(Digest::try_from(vec![0; length].as_slice()).is_err(), "{length}");
    }
    assert_eq!(format!("{:?}", Digest::new([0xab; 32])), "Digest(abab…)");
    assert_eq!(format!("{:?}", Salt::new([0xab; 32])), "Salt(abab…)");
}

#[test]
fn a_language_is_read_by_its_first_part() {
    for (tag, locale) in [
        ("ja", Locale::Ja),
        ("ja-JP", Locale::Ja),
        ("JA_jp", Locale::Ja),
        ("en", Locale::En),
        ("en-GB", Locale::En),
        ("EN-us", Locale::En),
    ] {
        assert_eq!(tag.parse(), Ok(locale), "{tag}");
    }
    for tag in ["", "fr", "jp", "japanese", "e", "-en"] {
        assert!(tag.parse::<Locale>().is_err(), "{tag:?}");
    }
    for locale in Locale::ALL {
        assert_eq!(locale.tag().parse(), Ok(locale));
    }
    let text = Localized::new("茶", "tea");
    assert_eq!((text.get(Locale::Ja), text.get(Locale::En)), ("茶", "tea"));
    assert!(!text.is_incomplete() && Localized::new("茶", " ").is_incomplete());
}

#[test]
fn a_plan_s_class_hides_its_particulars() {
    let classes: Vec<_> = [
        Plan::Single,
        Plan::Instalments(2),
        Plan::Revolving,
        Plan::Bonus,
        Plan::BonusInstalments(3),
        Plan::Transfer,
    ]
    .map(Plan::class)
    .to_vec();
    assert_eq!(classes, PlanClass::ALL);
    assert_eq!(Plan::Instalments(2).class(), Plan::Instalments(60).class());
    let names: BTreeSet<_> = PlanClass::ALL.map(PlanClass::name).into();
    assert_eq!(names.len(), 6);
}
