//! Issues a contract to whoever has shown that an address is theirs (¶44): the number, the code
//! that they chose, the limit of the settings. The same form sent twice issues one contract.

use shared_protocol::{ContractNumber, Problem, SecurityCode};

use super::{
    account::{self, NUMBERS_TRIED, random_number},
    contract::Claim,
    mailed_code::{Step, of_form_token},
    unavailable,
};
use crate::{
    app::App,
    seed::tail,
    store::{Enrolled, NewContract},
};

/// A contract that was issued.
pub struct Issued {
    /// Its row.
    pub contract: i64,
    /// Its number, to be told once.
    pub number: ContractNumber,
}

/// Issues the contract for the page that carries this text.
///
/// # Errors
/// [`Problem::FormExpired`], [`Problem::Unavailable`].
pub async fn issue(app: &App, form: &str, code: &SecurityCode) -> Result<Issued, Problem> {
    let id = of_form_token(form, Step::Proved, &app.keys).ok_or(Problem::FormExpired)?;
    let mailed = app.store.mailed_code(id).await.map_err(unavailable)?;
    let mailed = mailed.ok_or(Problem::FormExpired)?;
    for _ in 0..NUMBERS_TRIED {
        let now = app.clock.now();
        let (number, row) = (random_number(&mut app.entropy.clone()), app.store.fresh_id(now));
        let claim = Claim::of_code(&number, code, &app.keys);
        let contract = NewContract {
            id: row,
            number_hash: claim.number_hash,
            number_sealed: app.keys.seal_number(&number, row, app.entropy.bytes()),
            code_hash: app.codes.hash(claim.code_mac).await,
            number_tail: tail(number.expose()),
            credit_limit: app.config.enrolment.limit().ok_or(Problem::Unavailable)?,
            valid_until: None,
            email: mailed.email.clone(),
            locale: mailed.locale,
        };
        match app.store.enrol(id, contract, now).await.map_err(unavailable)? {
            Enrolled::Contract(contract) => {
                // Sent twice, the form shows the number that was issued the first time.
                let number = account::of(app, contract).await?.number(app)?;
                return Ok(Issued { contract, number });
            }
            Enrolled::Over => return Err(Problem::FormExpired),
            Enrolled::NumberTaken => {}
        }
    }
    Err(Problem::Unavailable)
}

/// A number as people write it: "C-1234-5678-9012".
pub fn written(number: &ContractNumber) -> String {
    let text = number.expose();
    let groups = [0..1, 1..5, 5..9, 9..13].map(|group| text.get(group).unwrap_or_default());
    groups.join("-")
}
