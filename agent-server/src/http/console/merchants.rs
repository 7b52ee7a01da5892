//! Merchants: what their Marks say, where their widget may be, which keys they have, how the widget
//! is put into a page; and stopping one.

use askama::Template;
use axum::{
    Form,
    extract::{OriginalUri, Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::Deserialize;
use shared_protocol::{PlanClass, Problem, Timestamp, jws};

use super::{
    desk::{Desk, onward, stamp},
    guard::By,
    merchant_changes::Typed,
};
use crate::{
    app::App,
    domain::{
        Merchant, MerchantStatus,
        merchant_keys::{KnownMerchant, MerchantKey},
        operator::Power,
        unavailable,
    },
    http::{policy::origin_of, problem::Refused},
    texts::Words,
    widget::LOADER_VERSION,
};

/// All of them.
pub(super) async fn list(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "merchants");
    let all = app.store.merchants().await.map_err(unavailable)?;
    let line = |merchant: Merchant| Line {
        id: merchant.id.to_string(),
        name: merchant.name.get(desk.w.locale()).to_owned(),
        status: desk.w.get(says(merchant.status)),
        status_name: merchant.status.name(),
        until: merchant.valid_until.map(stamp).unwrap_or_default(),
        origins: merchant.origins.join(" "),
    };
    let page = List { lines: all.into_iter().map(line).collect(), desk };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// One of them.
pub(super) async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    by: By,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "merchants");
    let merchant = find(&app, &id).await?;
    let typed = Typed::of(&merchant);
    page(&app, &by, desk, merchant, (asked, typed)).await
}

/// Its page, with what was typed into its forms.
pub(super) async fn page(
    app: &App,
    by: &By,
    desk: Desk<'_>,
    merchant: KnownMerchant,
    (asked, mut typed): (Asked, Typed),
) -> Result<Response, Refused> {
    let as_it_is = Typed::of(&merchant);
    if typed.origins.is_empty() {
        typed.origins = as_it_is.origins;
    }
    if typed.hours.is_empty() {
        typed.hours = as_it_is.hours;
    }
    let endpoint = app.store.endpoint(&merchant.id).await.map_err(unavailable)?;
    let account = app.store.merchant_account(&merchant.id).await.map_err(unavailable)?;
    let snippet = Snippet::of(app, &merchant, asked);
    let wrong = typed.wrong.is_some();
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let now = app.clock.now();
    let page = Page {
        has_account: account.is_some(),
        webhooks: endpoint.disabled_at.map(stamp),
        may_govern: by.operator().role.may(Power::Govern),
        keys: merchant.keys().iter().map(|key| KeyLine::of(key, now, desk.w)).collect(),
        typed,
        ..Page::of(Merchant::clone(&merchant), snippet, desk)
    };
    Ok(Desk::answer(status, false, &page))
}

/// Stops a merchant, or stands for it again.
pub(super) async fn set_status(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    by: By,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Refused> {
    let merchant = find(&app, &id).await?;
    let (status, act, said) = match wanted.status.as_str() {
        "suspended" => (MerchantStatus::Suspended, "merchant-suspended", "stopped"),
        "active" => (MerchantStatus::Active, "merchant-resumed", "opened"),
        _ => return Err(Problem::MalformedMessage.into()),
    };
    by.notes(&app, act, &merchant.id).await?;
    let merchant = Merchant { status, ..Merchant::clone(&merchant) };
    app.store.put_merchant(merchant, app.clock.now()).await.map_err(unavailable)?;
    Ok(onward(&uri, &format!("/console/merchants/{id}?said={said}")))
}

pub(super) async fn find(app: &App, id: &str) -> Result<KnownMerchant, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    app.store.known_merchant(&id).await.map_err(unavailable)?.ok_or(Problem::NotFound)
}

fn says(status: MerchantStatus) -> &'static str {
    match status {
        MerchantStatus::Active => "console.active",
        MerchantStatus::Suspended => "console.suspended",
        MerchantStatus::Revoked => "console.mark_revoked",
    }
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    status: String,
}

/// For which item a tag is wanted.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    item: String,
}

/// What a merchant puts into a page, and what the page's policy needs for it.
struct Snippet {
    item: String,
    script: String,
    tag: String,
    policy: String,
}

impl Snippet {
    fn of(app: &App, merchant: &Merchant, asked: Asked) -> Self {
        let url = &app.config.public_url;
        let origin = origin_of(url).unwrap_or_default();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let item: String = asked.item.chars().filter(|c| is_plain(*c)).take(64).collect();
        let item = if item.is_empty() { "TEAPOT-01".to_owned() } else { item };
        Self {
            script: format!("<script src=\"{url}/v{LOADER_VERSION}/warifu.js\" async></script>"),
            tag: format!(
                "<warifu-checkout merchant=\"{}\" item=\"{item}\"></warifu-checkout>",
                merchant.id
            ),
            policy: format!("script-src {origin}; frame-src {origin}"),
            item,
        }
    }
}

struct Line {
    id: String,
    name: String,
    status: &'static str,
    status_name: &'static str,
    until: String,
    origins: String,
}

/// A key that it has or had.
struct KeyLine {
    kid: String,
    state: &'static str,
    state_name: &'static str,
    from: String,
    until: String,
    is_revoked: bool,
}

impl KeyLine {
    fn of(key: &MerchantKey, now: Timestamp, w: Words) -> Self {
        let state = key.state(now);
        let is_first = key.from == Timestamp::from_millis(0);
        Self {
            kid: jws::key_id(&key.verifying),
            state: w.get(match state {
                "current" => "console.key_current",
                "old" => "console.key_old",
                "retired" => "console.key_retired",
                _ => "console.key_is_revoked",
            }),
            state_name: state,
            from: if is_first { w.get("console.key_first").into() } else { stamp(key.from) },
            until: key.until.map(stamp).unwrap_or_default(),
            is_revoked: key.revoked,
        }
    }
}

/// A kind of plan, in words.
fn kind(class: PlanClass) -> &'static str {
    match class {
        PlanClass::Single => "plan.single",
        PlanClass::Instalments => "console.plan_instalments",
        PlanClass::Revolving => "plan.revolving",
        PlanClass::Bonus => "plan.bonus",
        PlanClass::BonusInstalments => "console.plan_bonus_instalments",
        PlanClass::Transfer => "plan.transfer",
    }
}

impl<'a> Page<'a> {
    /// What its Mark says.
    fn of(merchant: Merchant, snippet: Snippet, desk: Desk<'a>) -> Self {
        let locale = desk.w.locale();
        let plans: Vec<_> = merchant.plans.iter().map(|class| desk.w.get(kind(*class))).collect();
        Self {
            name: merchant.name.get(locale).to_owned(),
            legal: merchant.legal_notice.get(locale).to_owned(),
            status: desk.w.get(says(merchant.status)),
            is_active: merchant.status == MerchantStatus::Active,
            until: merchant.valid_until.map(stamp),
            plans: plans.join(" / "),
            verifying: BASE64URL.encode(merchant.verifying_key.as_bytes()),
            sealing: BASE64URL.encode(merchant.sealing_key.as_bytes()),
            has_account: false,
            webhooks: None,
            snippet,
            may_govern: false,
            keys: Vec::new(),
            typed: Typed::default(),
            merchant,
            desk,
        }
    }
}

#[derive(Template)]
#[template(path = "console/merchants.html")]
struct List<'a> {
    desk: Desk<'a>,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "console/merchant.html")]
struct Page<'a> {
    desk: Desk<'a>,
    merchant: Merchant,
    name: String,
    legal: String,
    status: &'static str,
    is_active: bool,
    until: Option<String>,
    plans: String,
    verifying: String,
    sealing: String,
    has_account: bool,
    /// Since when nothing is sent.
    webhooks: Option<String>,
    snippet: Snippet,
    may_govern: bool,
    keys: Vec<KeyLine>,
    typed: Typed,
}
