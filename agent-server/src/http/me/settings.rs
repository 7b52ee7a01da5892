//! What shoppers change about their contract: limits, code, language.

use axum::{
    extract::{OriginalUri, State},
    http::Uri,
    response::Response,
};
use serde::Deserialize;
use shared_protocol::{Amount, Currency, Problem};

use super::{shell, status_of};
use crate::{
    app::App,
    domain::{
        account::{self, Account, BadCode, change_code as give_code, check_code, new_code},
        contract::OwnLimits,
        unavailable,
    },
    http::{
        form::{Asked, FormPage, Place},
        peer::Caller,
        problem::Refused,
        session::{Posted, SignedIn, see_other},
    },
    store::Change,
    texts::Words,
};

pub(super) async fn limits(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: SignedIn,
) -> Result<Response, Refused> {
    let account = account::of(&app, by.contract).await?;
    let currency = account.facts.credit_limit.currency;
    let own = account.facts.own;
    let typed = [own.purchase, own.day, own.merchant].map(|limit| plain(limit, currency));
    let place = Place::default();
    Ok(limits_page(&app, &uri, &by, &account, &place, typed, [false; 3]).answer())
}

pub(super) async fn set_limits(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Posted { by, form }: Posted<Limits>,
) -> Result<Response, Refused> {
    let account = account::of(&app, by.contract).await?;
    let currency = account.facts.credit_limit.currency;
    let typed = [form.purchase, form.day, form.merchant];
    let read = typed.each_ref().map(|typed| minor(typed, currency));
    let [Some(purchase), Some(day), Some(merchant)] = read else {
        let place = Place::default();
        let wrong = read.map(|limit| limit.is_none());
        return Ok(limits_page(&app, &uri, &by, &account, &place, typed, wrong).answer());
    };
    let own = OwnLimits { purchase, day, merchant };
    let changed = app.store.change(by.contract, Change::Limits(own), app.clock.now()).await;
    changed.map_err(unavailable)?;
    Ok(see_other("/me?done=limits"))
}

pub(super) async fn code(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: SignedIn,
) -> Result<Response, Refused> {
    let account = account::of(&app, by.contract).await?;
    Ok(code_page(&app, &uri, &by, &account, &Place::default()).answer())
}

pub(super) async fn change_code(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Caller(network): Caller,
    Posted { by, form }: Posted<Codes>,
) -> Result<Response, Refused> {
    let account = account::of(&app, by.contract).await?;
    let place = Place::default();
    let mut page = code_page(&app, &uri, &by, &account, &place);
    let code = match new_code(&form.new) {
        Ok(code) => code,
        Err(bad) => {
            page.fields[1].error = Some(page.shell.w.get(why(bad)).to_owned());
            return Ok(page.answer());
        }
    };
    if let Err(problem) = check_code(&app, &account, network, &form.code).await {
        return Ok(match wrong_code(problem, page.shell.w) {
            Some(wrong) => {
                page.fields[0].error = Some(wrong.to_owned());
                page.with_status(status_of(problem))
            }
            None => page.refused(problem),
        });
    }
    give_code(&app, &account, &code, by.session()).await?;
    Ok(see_other("/me?done=code"))
}

pub(super) async fn language(
    State(app): State<App>,
    Posted { by, form }: Posted<Language>,
) -> Result<Response, Refused> {
    let locale = form.locale.parse().map_err(|_| Problem::MalformedMessage)?;
    let changed = app.store.change(by.contract, Change::Language(locale), app.clock.now()).await;
    changed.map_err(unavailable)?;
    Ok(see_other("/me"))
}

fn limits_page<'a>(
    app: &'a App,
    uri: &Uri,
    by: &SignedIn,
    account: &Account,
    place: &'a Place,
    typed: [String; 3],
    wrong: [bool; 3],
) -> FormPage<'a> {
    let page = form_page(app, uri, by, account, place);
    let w = page.shell.w;
    let currency = account.facts.credit_limit.currency;
    let unit = if currency == Currency::JPY { w.get("limits.yen") } else { currency.code() };
    let names =
        [("purchase", "limits.purchase"), ("day", "limits.day"), ("merchant", "limits.merchant")];
    let fields = names.into_iter().zip(typed).zip(wrong).map(|(((name, label), typed), wrong)| {
        let label = w.fill(label, &[("currency", unit)]);
        let wrong = wrong.then(|| w.get("limits.wrong").to_owned());
        Asked { is_required: false, ..Asked::digits(name, &label, "off").typed(&typed, wrong) }
    });
    FormPage {
        screen: "limits",
        title: w.get("me.limits"),
        lead: vec![w.get("limits.lead").to_owned()],
        action: "/me/limits".to_owned(),
        fields: fields.collect(),
        button: w.get("form.save"),
        ..page
    }
}

fn code_page<'a>(
    app: &'a App,
    uri: &Uri,
    by: &SignedIn,
    account: &Account,
    place: &'a Place,
) -> FormPage<'a> {
    let page = form_page(app, uri, by, account, place);
    let w = page.shell.w;
    let now = Asked::digits("code", w.get("code.now"), "current-password");
    let new = Asked::digits("new", w.get("code.new"), "new-password");
    FormPage {
        screen: "change-code",
        title: w.get("me.code"),
        lead: vec![w.get("code.lead").to_owned()],
        action: "/me/code".to_owned(),
        fields: vec![Asked { kind: "password", ..now }, new.hint(w.get("enrol.code_hint"))],
        button: w.get("form.save"),
        ..page
    }
}

fn form_page<'a>(
    app: &'a App,
    uri: &Uri,
    by: &SignedIn,
    account: &Account,
    place: &'a Place,
) -> FormPage<'a> {
    let shell = shell(app, uri, account);
    let back = format!("/me{}", shell.locale_query);
    FormPage {
        back: Some(back),
        links: Vec::new(),
        hidden: vec![("form_token", by.form_token(app))],
        title: "",
        button: "",
        screen: "",
        lead: Vec::new(),
        action: String::new(),
        fields: Vec::new(),
        error: None,
        passkey: None,
        place,
        shell,
    }
}

/// What is said of a wrong code, where nothing but the code was typed.
pub(super) fn wrong_code(problem: Problem, w: Words) -> Option<&'static str> {
    (problem == Problem::ContractNotRecognised).then(|| w.get("code.wrong"))
}

fn why(bad: BadCode) -> &'static str {
    match bad {
        BadCode::NotDigits => "code.not_digits",
        BadCode::Trivial => "code.trivial",
    }
}

/// An amount as people type it: "3000", "29.90"; nothing is no limit.
pub(super) fn minor(typed: &str, currency: Currency) -> Option<Option<u64>> {
    let plain = |c: &char| !matches!(c, ',' | ' ' | '¥' | '￥' | '$' | '€');
    let typed: String = typed.trim().chars().filter(plain).collect();
    if typed.is_empty() {
        return Some(None);
    }
    let digits = usize::from(currency.exponent());
    let (whole, part) = typed.split_once('.').unwrap_or((&typed, ""));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > digits || !is_number(whole) || !is_number(part) {
        return None;
    }
    let minor = format!("{whole}{part:0<digits$}").parse().ok()?;
    Amount::new(minor, currency).map(|amount| Some(amount.minor))
}

/// The same amount as it would be typed.
fn plain(limit: Option<u64>, currency: Currency) -> String {
    let Some(limit) = limit else { return String::new() };
    let digits = usize::from(currency.exponent());
    let text = format!("{limit:0>width$}", width = digits + 1);
    let (whole, part) = text.split_at(text.len() - digits);
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}

#[derive(Deserialize)]
pub(super) struct Limits {
    #[serde(default)]
    purchase: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    merchant: String,
}

#[derive(Deserialize)]
pub(super) struct Codes {
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    new: String,
}

#[derive(Deserialize)]
pub(super) struct Language {
    #[serde(default)]
    locale: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_shown() {
        let usd: Currency = "USD".parse().unwrap();
        for (typed, currency, limit) in [
            ("", Currency::JPY, Some(None)),
            ("3,850", Currency::JPY, Some(Some(3_850))),
            ("¥3850", Currency::JPY, Some(Some(3_850))),
            ("38.5", Currency::JPY, None),
            ("29.9", usd, Some(Some(2_990))),
            ("0.05", usd, Some(Some(5))),
            ("29.999", usd, None),
            ("-1", usd, None),
            ("many", usd, None),
            ("99999999999999999999", usd, None),
        ] {
            assert_eq!(minor(typed, currency), limit, "{typed}");
            if let Some(Some(limit)) = limit {
                let again = plain(Some(limit), currency);
                assert_eq!(minor(&again, currency), Some(Some(limit)), "{again}");
            }
        }
    }
}
