//! A notice of the bank's (camt.054) is handed in as a file. It is read into the books once two
//! operators have signed for it.

use axum::{
    extract::{Multipart, OriginalUri, State, multipart::MultipartRejection},
    response::Response,
};

use super::{desk::onward, guard::By};
use crate::{
    app::App,
    domain::{
        bank_files::FileFault,
        operator::{Unmoved, draft_notice},
        unavailable,
    },
    http::problem::Refused,
};

/// Writes down that it is to be read.
pub(super) async fn draft(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Refused> {
    let drafted = match file(form).await {
        Some(content) => draft_notice(&app, by.operator(), content).await,
        None => Err(Unmoved::Nothing),
    };
    let to = match drafted {
        Ok(id) => format!("/console/proposals/{id}?said=drafted"),
        Err(Unmoved::Store(fault)) => return Err(unavailable(fault).into()),
        Err(Unmoved::File(FileFault::Refused(_))) => "/console/lines?said=known-notice".into(),
        Err(_) => "/console/lines?said=no-notice".into(),
    };
    Ok(onward(&uri, &to))
}

/// The file in the form.
async fn file(form: Result<Multipart, MultipartRejection>) -> Option<Vec<u8>> {
    let mut form = form.ok()?;
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("notice") {
            return field.bytes().await.ok().map(Into::into);
        }
    }
    None
}

/// More than the most lines that we take at once come to.
pub(super) const NOTICE_MAX: usize = 16 << 20;
