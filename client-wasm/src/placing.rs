//! What the buttons do that takes time: fetch ahead what the purchase will need, place the order,
//! ask again, renew the words of a deal that was looked at for long.

use std::rc::Rc;

use shared_protocol::{
    Amount, CLOCK_TOLERANCE, Challenge, Credential, Field, FieldProblem, Mark, ORDER_IDLE, Offer,
    Plan, PlanQuotes, Problem, PurchaseId, ReferralId, Signed, Span, Timestamp,
};

use crate::{
    app::{App, Trust, after_drawing, guard_leaving, spawn},
    calls::Call,
    clock,
    course::{self, Start},
    deal::{Attempt, prepare},
    entropy::Entropy,
    page, passkey, port,
    progress::Progress,
    session_key::{SessionKey, WebCrypto},
    stage::{Ending, Event, Receipt, Stage, Trouble},
    ways,
    words::{Challenged, Words},
};

/// A Challenge for one purchase id, not yet used.
pub(crate) struct Ready {
    challenged: Challenged,
    fetched: Timestamp,
}

/// Reads the form, as "Review" and "Send again" do, and goes on accordingly.
pub fn read_form(app: App) {
    let Some(words) = app.words() else { return };
    let read = {
        let typed = app.typed.borrow();
        let form = typed.form(&words.offer, *app.locale.peek(), page::PLATFORM);
        form.map(|_| typed.total(&words.offer, page::PLATFORM))
    };
    match read {
        Ok(Ok(_)) => show_price(app),
        Ok(Err(problem)) => go_on(app, Event::Broken(problem)),
        Err(wrong) => go_on(app, Event::Read(Err(wrong))),
    }
    fetch_ahead(app);
}

fn go_on(app: App, event: Event) {
    if app.dispatch(event) && is_waiting(app) {
        begin(app, Start::Anew);
    }
}

/// The form is complete. What it costs by the plan that was chosen is shown before anything is
/// sent, unless the shopper has agreed to just that already.
fn show_price(app: App) {
    let Some((amount, plan)) = price(app) else { return };
    if !plan.is_quoted() {
        let had_another = app.quoted.take().is_some();
        return go_on(app, if had_another { Event::Quoted } else { Event::Read(Ok(amount)) });
    }
    if is_quoted(app) {
        return go_on(app, Event::Read(Ok(amount)));
    }
    spawn(async move {
        match quote(app).await {
            // What was typed meanwhile is read by the next press.
            Ok(()) if price(app) != Some((amount, plan)) => {}
            Ok(()) => go_on(app, Event::Quoted),
            Err(Problem::PlanNotAccepted) => {
                let wrong = (Field::PaymentPlan, FieldProblem::PlanNotAccepted);
                go_on(app, Event::Read(Err(vec![wrong])));
            }
            Err(problem) => go_on(app, Event::Broken(problem)),
        }
    });
}

/// What the form says is to be paid, and by which plan.
fn price(app: App) -> Option<(Amount, Plan)> {
    let words = app.words()?;
    let typed = app.typed.borrow();
    let total = typed.total(&words.offer, page::PLATFORM).ok()?;
    Some((total.total, typed.plan()?))
}

/// Whether the quote at hand is for what the form says, and still good.
fn is_quoted(app: App) -> bool {
    let (Some(words), Some((amount, plan))) = (app.words(), price(app)) else { return false };
    let quoted = app.quoted.borrow();
    quoted.as_ref().is_some_and(|quoted| quoted.check(&words, amount, plan, app.now()).is_ok())
}

/// Asks for a quote for what the form says; a lump sum needs none.
async fn quote(app: App) -> Result<(), Problem> {
    let words = app.words().ok_or(Problem::MarkInvalid)?;
    let (amount, plan) = price(app).ok_or(Problem::FieldInvalid)?;
    if !plan.is_quoted() {
        return Ok(());
    }
    let call = Call::plans(&words, PurchaseId::random(&mut Entropy), amount, plan);
    let quotes: PlanQuotes = course::fetch(&app.network(), &call).await?;
    let quoted = words.quote(quotes, (amount, plan), app.now(), &WebCrypto).await?;
    app.quoted.replace(Some(quoted));
    Ok(())
}

/// The last button, or the one beside it. A second press finds the screen gone and does nothing.
pub fn place(app: App, by_passkey: bool) {
    if app.dispatch(Event::Place) {
        app.by_passkey.set(by_passkey);
        begin(app, Start::Anew);
    }
}

/// "Try again": from the final check if the outcome is known, else by asking for it.
pub fn retry(app: App) {
    spawn(async move {
        // If the shop or the agent cannot be asked now, placing the order will say so.
        let _ = match app.words().filter(|_| is_payee_wrong(app)) {
            Some(words) => look(app, &words).await,
            None => renew(app).await,
        };
        let is_ready = is_complete(app) && (!is_known(app) || quote(app).await.is_ok());
        let event = if is_ready { Event::Retry } else { Event::Back };
        if app.dispatch(event) && is_waiting(app) {
            begin(app, Start::Again);
        }
    });
}

/// "Start again" after the time ran out: in fresh words, with everything that was typed.
pub fn begin_again(app: App) {
    spawn(async move {
        // If nobody can be asked now, placing the order will say so.
        let _ = renew(app).await;
        app.dispatch(Event::Again);
    });
}

/// Makes the session key and fetches a Challenge, while the shopper is typing.
pub fn fetch_ahead(app: App) {
    let fresh = app.ready.borrow().as_ref().is_some_and(|ready| ready.is_fresh(clock::now()));
    if fresh {
        return;
    }
    spawn(async move {
        // A failure here is met again, and told, when the order is placed.
        let _ = key(app).await;
        if let Ok(ready) = challenge(app).await {
            app.ready.replace(Some(ready));
        }
    });
}

/// Judges the mark by the agent's time. Where this browser's clock says that it is not in time,
/// the agent is asked first what time it is.
pub fn judge(app: App) {
    let Some(words) = app.words() else { return };
    if words.check_time(app.now()).is_ok() {
        return app.trust.set(Trust::Verified);
    }
    spawn(async move {
        if let Ok(ready) = challenge(app).await {
            app.ready.replace(Some(ready));
        }
        heed(app, renew(app).await);
    });
}

/// Asks the agent whether it still stands for this shop.
pub fn look_again(app: App) {
    let Some(words) = app.words() else { return };
    spawn(async move {
        heed(app, look(app, &words).await);
    });
}

/// Shows what came of looking at the mark. What was typed stays.
fn heed(app: App, seen: Result<(), Problem>) {
    let trust = match seen {
        // Nobody could be asked: placing the order asks again, and nothing goes out before.
        Err(problem) if problem.may_pass_later() => return,
        // The mark holds, and says something else than what was shown.
        Ok(()) | Err(Problem::SellerChanged | Problem::TermsChanged) => Trust::Verified,
        Err(problem) => Trust::Refused(problem),
    };
    if *app.trust.peek() != trust {
        app.trust.set(trust);
    }
    if let Err(problem) = seen {
        app.dispatch(Event::Broken(problem));
    }
}

/// Whether the form could go out as it is.
fn is_complete(app: App) -> bool {
    let Some(words) = app.words() else { return false };
    let locale = *app.locale.peek();
    app.typed.borrow().form(&words.offer, locale, page::PLATFORM).is_ok()
}

/// Whether the account at the bank was wrong: by now the Mark may name another (158).
fn is_payee_wrong(app: App) -> bool {
    let wrong = [Problem::PayeeAccountWrong, Problem::PayeeInvalid];
    matches!(&*app.stage.peek(), Stage::Failure(trouble) if wrong.contains(&trouble.problem))
}

/// Whether it is known that the purchase that failed was not completed.
fn is_known(app: App) -> bool {
    matches!(&*app.stage.peek(), Stage::Failure(trouble) if trouble.known)
}

fn is_waiting(app: App) -> bool {
    *app.stage.peek() == Stage::Waiting
}

fn begin(app: App, start: Start) {
    app.progress.set(Progress::new(clock::now()));
    guard_leaving(true);
    spawn(async move {
        let (ending, amount) = match place_now(app, start).await {
            Ok(ended) => ended,
            Err(problem) => (Ending::Failed(Trouble::of(problem)), None),
        };
        guard_leaving(false);
        match &ending {
            Ending::Accepted(receipt) => tell_page(app, receipt),
            Ending::Failed(trouble) => port::failure(trouble.problem),
            Ending::Granted(_) | Ending::Wrong(_) => {}
        }
        let is_granted = matches!(ending, Ending::Granted(_));
        app.dispatch(Event::Ended(ending, amount));
        if ways::EVERY && is_granted {
            after_drawing(crate::screens::leave);
        }
    });
}

/// A new attempt has its own purchase id, Challenge, salts and envelopes; one of which an answer
/// is missing keeps them.
async fn place_now(app: App, start: Start) -> Result<(Ending, Option<Amount>), Problem> {
    if start == Start::Anew {
        let attempt = seal(app).await?;
        app.attempt.replace(Some(Rc::new(attempt)));
    }
    let attempt = app.attempt.borrow().clone().ok_or(Problem::PurchaseUnknown)?;
    let words = app.words().ok_or(Problem::MarkInvalid)?;
    let tell = |news| hear(app, news);
    let ending = course::run(&app.network(), &words, &attempt, start, &tell).await;
    Ok((ending, Some(attempt.amount)))
}

/// The page around learns that the shop has the order; in a borrowed window, whose page is
/// another's, only a number by which the shop knows which one it was (¶80).
fn tell_page(app: App, receipt: &Receipt) {
    let is_lent = app.words().is_some_and(|words| words.host().is_some());
    match (is_lent, &*app.attempt.borrow()) {
        (true, Some(attempt)) => port::referred(&ReferralId::of(&attempt.sealed.context.purchase)),
        _ => port::accepted(&receipt.order, &receipt.number),
    }
}

fn hear(app: App, news: crate::progress::News) {
    app.progress.update(|progress| progress.hear(news, clock::now()));
    if let crate::progress::News::Number(number) = news {
        let number = crate::screens::spelt(&number);
        app.announce(&[&app.say(crate::texts::WAITING_NUMBER), " ", &number].concat());
    }
}

async fn seal(app: App) -> Result<Attempt, Problem> {
    renew(app).await?;
    let words = app.words().ok_or(Problem::MarkInvalid)?;
    let key = key(app).await?;
    let kept = app.ready.take().filter(|ready| ready.is_fresh(clock::now()));
    let ready = match kept {
        Some(ready) => ready,
        None => challenge(app).await?,
    };
    let form = app.typed.borrow().form(&words.offer, *app.locale.peek(), page::PLATFORM);
    let mut form = form.map_err(|_| Problem::FieldInvalid)?;
    if form.plan.is_quoted() {
        form.quote = app.quoted.borrow().as_ref().map(|quoted| quoted.signed.clone());
    }
    if app.by_passkey.get() {
        form.credential = Credential::Passkey;
    }
    let by_passkey = form.credential == Credential::Passkey;
    let prepared = prepare(form, &words, &ready.challenged, app.now(), &mut Entropy)?;
    let signature = key.sign(&prepared.signing_input()).await?;
    let attempt = prepared.seal(signature, key.public(), &mut Entropy)?;
    if !by_passkey {
        return Ok(attempt);
    }
    let quoted = app.quoted.borrow().as_ref().map(|quoted| quoted.quote.total);
    let what = app.money(quoted.unwrap_or(attempt.amount));
    let what = [&what, " · ", &app.shop()].concat();
    passkey::approve(attempt, &words, &ready.challenged, &what).await
}

async fn key(app: App) -> Result<SessionKey, Problem> {
    if let Some(key) = app.key.borrow().clone() {
        return Ok(key);
    }
    let made = SessionKey::make().await;
    app.key_failed.set(made.is_err());
    let key = made?;
    app.key.replace(Some(key.clone()));
    Ok(key)
}

async fn challenge(app: App) -> Result<Ready, Problem> {
    let words = app.words().ok_or(Problem::MarkInvalid)?;
    let purchase = PurchaseId::random(&mut Entropy);
    let call = Call::challenge(&words, purchase);
    let signed: Signed<Challenge> = course::fetch(&app.network(), &call).await?;
    let challenged = words.challenge(signed, purchase, &WebCrypto).await?;
    let fetched = clock::now();
    let mut agent_clock = app.clock.get();
    agent_clock.learn(challenged.challenge.issued, fetched);
    app.clock.set(agent_clock);
    Ok(Ready { challenged, fetched })
}

/// Fetches Mark and Offer anew if they have run out.
async fn renew(app: App) -> Result<(), Problem> {
    let words = app.words().ok_or(Problem::MarkInvalid)?;
    // A placement may be ended at any time, so that a borrowed window asks each time.
    if words.host().is_none() && words.check_time(app.now().plus(CLOCK_TOLERANCE)).is_ok() {
        return Ok(());
    }
    look(app, &words).await
}

/// Asks for Mark and Offer as they are now. If seller or terms are others, the shopper sees them
/// before anything is placed.
async fn look(app: App, words: &Words) -> Result<(), Problem> {
    let network = app.network();
    let id = PurchaseId::random(&mut Entropy);
    let mark: Signed<Mark> = course::fetch(&network, &Call::mark(words, id)).await?;
    if mark.digest() == words.mark.digest() && words.check_time(app.now()).is_ok() {
        return Ok(());
    }
    let offer: Signed<Offer> = course::fetch(&network, &Call::offer(words, id)).await?;
    let renewed = words.renew(&mark, offer, &WebCrypto).await?;
    renewed.check_time(app.now())?;
    let same = words.check_same(&renewed);
    app.words.replace(Some(Rc::new(renewed)));
    same
}

impl Ready {
    /// Whether enough of its time is left for the whole course.
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.fetched) < CHALLENGE_KEPT
    }
}

const CHALLENGE_KEPT: Span = Span::millis(ORDER_IDLE.as_millis() - 5 * 60_000);
