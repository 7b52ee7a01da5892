//! Asks the agent about orders of which nothing was heard: a notification may have been lost.
//! What it answers counts only by its signature, as if it had been pushed.

use shared_protocol::Timestamp;

use crate::app::App;
use crate::domain::{Failure, Order, confirm, told};
use crate::store::Fault;

/// Asks once about every order whose time to be asked about has come.
///
/// # Errors
/// [`Fault`].
pub async fn ask(app: &App) -> Result<(), Fault> {
    ask_until(app, app.now()).await
}

/// The same about every order whose time to be asked about comes until then.
///
/// # Errors
/// [`Fault`].
pub async fn ask_until(app: &App, until: Timestamp) -> Result<(), Fault> {
    for order in app.store().orders_to_ask(until).await? {
        // First the next time to ask, then the question: a question that breaks this process must
        // not be its first again.
        let now = app.now();
        let mut tx = app.store().begin("ask_agent_later", now).await?;
        tx.ask_again(order.id, now.plus(app.config().ask_after())).await?;
        tx.commit().await?;
        if let Err(failure) = ask_about(app, &order).await {
            tracing::warn!(purchase = %order.purchase, %failure, "asked in vain");
        }
    }
    Ok(())
}

async fn ask_about(app: &App, order: &Order) -> Result<(), Failure> {
    let status = match app.agent().purchase_status(order.purchase).await {
        Ok(status) => status,
        Err(silence) => {
            tracing::warn!(purchase = %order.purchase, %silence, "the agent was asked");
            return Ok(());
        }
    };
    if let Some(said) = &status.remittance {
        told(app.shop(), app.store(), order.purchase, said, app.now()).await?;
    }
    if let Some(said) = &status.confirmation {
        let heard = confirm(app.shop(), app.store(), order.purchase, said, app.now()).await?;
        tracing::info!(purchase = %order.purchase, state = heard.state.name(), "asked the agent");
    }
    Ok(())
}
