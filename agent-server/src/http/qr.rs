//! A handling number as a picture for a telephone's camera: the address of the purchase's own page,
//! where its shopper signs in. It says nothing that whoever asks does not know.

use axum::{
    Router,
    extract::{Path, State},
    http::header,
    response::{IntoResponse as _, Response},
    routing::get,
};
use qrcode::{QrCode, render::svg::Color};
use shared_protocol::{HandlingNumber, Problem};

use super::{pictures::alone, problem::Refused};
use crate::app::App;

/// Its route.
pub fn routes() -> Router<App> {
    Router::new().route("/qr/{number}", get(show))
}

async fn show(State(app): State<App>, Path(number): Path<String>) -> Result<Response, Refused> {
    let number = number.parse().map_err(|_| Problem::NotFound)?;
    let picture = picture(&app.config.public_url, &number).ok_or(Problem::NotFound)?;
    let fixed = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "no-store")];
    Ok((fixed, alone(), picture).into_response())
}

/// Black on white whatever the theme: cameras want it so. `None`: the address is too long.
fn picture(public_url: &str, number: &HandlingNumber) -> Option<String> {
    let code = QrCode::new(format!("{public_url}/me/purchases/{}", number.compact())).ok()?;
    let mut drawn = code.render::<Color<'_>>();
    Some(drawn.dark_color(Color("#000")).light_color(Color("#fff")).build())
}

#[cfg(test)]
mod tests {
    use resvg::{tiny_skia::Pixmap, usvg};

    use super::*;

    #[test]
    fn a_camera_reads_the_address_of_the_purchase() {
        let number = HandlingNumber::random(&mut crate::entropy::Entropy::new());
        let drawn = picture("https://agent.example", &number).unwrap();
        let tree = usvg::Tree::from_str(&drawn, &usvg::Options::default()).unwrap();
        let (wide, high) = (tree.size().width() as u32, tree.size().height() as u32);
        let mut seen = Pixmap::new(wide, high).unwrap();
        resvg::render(&tree, usvg::Transform::default(), &mut seen.as_mut());
        let grey = |x, y| seen.pixel(x as u32, y as u32).unwrap().red();
        let (wide, high) = (wide as usize, high as usize);
        let mut camera = rqrr::PreparedImage::prepare_from_greyscale(wide, high, grey);
        let read = camera.detect_grids()[0].decode().unwrap().1;
        assert_eq!(read, format!("https://agent.example/me/purchases/{}", number.compact()));
    }
}
