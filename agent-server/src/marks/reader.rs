//! Finds the signed Mark in a picture that somebody kept. Reads files of strangers: bounded, no
//! document type, no entities; what it finds is not believed before its signature is checked.

use std::io::Cursor;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use quick_xml::{NsReader, events::Event, name::ResolveResult};
use shared_protocol::{Mark, Problem, Signed, decode};

/// The signed Mark in these bytes of an SVG or a PNG.
///
/// # Errors
/// [`Problem::MarkMissing`] if there is none, [`Problem::MarkInvalid`] if what is there is none.
pub fn found(picture: &[u8]) -> Result<Signed<Mark>, Problem> {
    if picture.len() > PICTURE_MAX {
        return Err(Problem::MessageTooLarge);
    }
    let proof = match picture.starts_with(PNG) {
        true => in_png(picture),
        false => in_svg(picture),
    };
    let text = proof.ok_or(Problem::MarkMissing)?;
    let text: String = text.split_whitespace().collect();
    let bytes = BASE64.decode(text).map_err(|_| Problem::MarkInvalid)?;
    decode(&bytes).map_err(|_| Problem::MarkInvalid)
}

fn in_png(picture: &[u8]) -> Option<String> {
    let limits = png::Limits { bytes: MEMORY_MAX };
    let decoder = png::Decoder::new_with_limits(Cursor::new(picture), limits);
    let mut reader = decoder.read_info().ok()?;
    let proof = |reader: &png::Reader<_>| {
        let texts = reader.info().utf8_text.iter();
        texts.filter(|text| text.keyword == KEYWORD).find_map(|text| text.get_text().ok())
    };
    if let Some(proof) = proof(&reader) {
        return Some(proof);
    }
    // Some programs move what they do not know behind the pixels.
    reader.finish().ok()?;
    proof(&reader)
}

fn in_svg(picture: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(picture).ok()?;
    let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut proof: Option<String> = None;
    loop {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        let is_own =
            matches!(namespace, ResolveResult::Bound(name) if name.0 == NAMESPACE.as_bytes());
        match event {
            Event::Start(start) if is_own && start.local_name().as_ref() == b"mark" => {
                proof = Some(String::new());
            }
            Event::Text(text) => {
                if let Some(proof) = &mut proof {
                    proof.push_str(&text.decode().ok()?);
                }
            }
            Event::End(end) if is_own && end.local_name().as_ref() == b"mark" => return proof,
            Event::DocType(_) | Event::Eof => return None,
            _ => {}
        }
    }
}

/// The `iTXt` keyword of the proof in a PNG.
pub(super) const KEYWORD: &str = "warifu-mark";
/// The namespace of the proof in an SVG.
pub(super) const NAMESPACE: &str = "urn:warifu:mark:1";
/// Larger than any picture of ours, and than what a picture program makes of one.
pub const PICTURE_MAX: usize = 512 * 1024;
const MEMORY_MAX: usize = 8 << 20;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
