//! A Mark as a picture that carries its own proof: an SVG with the signed bytes in its
//! `<metadata>`, and a PNG of the same drawing with them in an `iTXt` chunk (claim 5, ¶63).

use std::sync::{Arc, LazyLock};

use askama::Template;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree, fontdb},
};
use shared_protocol::{Locale, Mark, Signed, encode};

use super::reader::{KEYWORD, NAMESPACE};
use crate::texts::{self, Words};

/// The drawing, as text.
pub fn svg(signed: &Signed<Mark>, mark: &Mark, locale: Locale) -> String {
    let w = Words::of(locale);
    let (shop, agent) = (mark.name.get(locale), mark.agent_name.get(locale));
    let names = [("shop", shop), ("agent", agent)];
    let until = texts::minute(mark.valid_until, locale);
    let serial = mark.serial.to_string();
    let view = Drawing {
        tag: locale.tag(),
        title: &w.fill("proof.picture", &names),
        head: w.get("proof.picture_head"),
        shop,
        shop_size: size_of(shop),
        by: &w.fill("proof.picture_by", &names),
        until: &w.fill("proof.picture_until", &[("until", &until), ("serial", &serial)]),
        namespace: NAMESPACE,
        proof: &BASE64.encode(encode(signed)),
    };
    view.render().expect("a picture is written to memory")
}

/// The same drawing as a PNG; slow, and not for a thread that others wait for.
pub fn png(svg: &str, signed: &Signed<Mark>) -> Option<Vec<u8>> {
    let options = Options { fontdb: FONTS.clone(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).ok()?;
    let mut drawn = Pixmap::new(WIDTH, HEIGHT)?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut drawn.as_mut());
    let mut bytes = Vec::new();
    let mut writer = png::Encoder::new(&mut bytes, WIDTH, HEIGHT);
    writer.set_color(png::ColorType::Rgba);
    writer.add_itxt_chunk(KEYWORD.into(), BASE64.encode(encode(signed))).ok()?;
    let mut writer = writer.write_header().ok()?;
    writer.write_image_data(&drawn.take_demultiplied()).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

/// Whether the names on a PNG can be drawn on this machine: only where there are fonts for them.
pub fn has_fonts() -> bool {
    FONTS.faces().any(|face| face.families.iter().any(|(name, _)| name.contains("CJK JP")))
}

/// A long name is written smaller, so that it stays in the picture.
fn size_of(name: &str) -> usize {
    let width: usize = name.chars().map(|c| if c.is_ascii() { 5 } else { 10 }).sum();
    (2480 / width.max(1)).clamp(10, 26)
}

#[derive(Template)]
#[template(path = "mark.svg", escape = "html")]
struct Drawing<'a> {
    tag: &'a str,
    title: &'a str,
    head: &'a str,
    shop: &'a str,
    shop_size: usize,
    by: &'a str,
    until: &'a str,
    namespace: &'a str,
    proof: &'a str,
}

/// The fonts of this machine, read once.
static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_system_fonts();
    fonts.set_serif_family("Noto Serif CJK JP");
    fonts.set_sans_serif_family("Noto Sans CJK JP");
    Arc::new(fonts)
});

const WIDTH: u32 = 720;
const HEIGHT: u32 = 240;
/// Pixels to a unit of the drawing.
const SCALE: f32 = 2.0;
