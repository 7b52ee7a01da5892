//! Pictures of products whose seller has no server (¶79): left here, named by their own digest, and
//! shown only as the seller's signed Offer names them. They are looked at from outside (kind and
//! measures), never decoded here.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use imagesize::ImageType;
use ring::digest::{SHA256, digest};
use shared_protocol::{ItemId, MerchantId, Problem};

use super::unavailable;
use crate::{app::App, store::NewPicture};

/// A picture that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its media type, by what its bytes are.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Picture {
    /// Looks at what was sent.
    ///
    /// # Errors
    /// [`Problem::MalformedMessage`] if it is no PNG, JPEG or WebP;
    /// [`Problem::MessageTooLarge`] if it has more than [`BYTES_MAX`] bytes or a side of more than
    /// [`SIDE_MAX`] pixels.
    pub fn read(bytes: Vec<u8>) -> Result<Self, Problem> {
        if bytes.len() > BYTES_MAX {
            return Err(Problem::MessageTooLarge);
        }
        let [png, jpeg, webp] = KINDS;
        let media_type = match imagesize::image_type(&bytes) {
            Ok(ImageType::Png) => png,
            Ok(ImageType::Jpeg) => jpeg,
            Ok(ImageType::Webp) => webp,
            _ => return Err(Problem::MalformedMessage),
        };
        let size = imagesize::blob_size(&bytes).map_err(|_| Problem::MalformedMessage)?;
        let sides = [size.width, size.height];
        if sides.contains(&0) {
            return Err(Problem::MalformedMessage);
        }
        let fits = sides.iter().all(|side| *side <= SIDE_MAX);
        fits.then_some(Self { media_type, bytes }).ok_or(Problem::MessageTooLarge)
    }

    /// What names it: SHA-256 of the file, base64url.
    pub fn name(&self) -> String {
        BASE64URL.encode(digest(&SHA256, &self.bytes))
    }
}

/// Keeps the picture of an item, which the Offer that was left here must name.
///
/// # Errors
/// Those of [`Picture::read`]; [`Problem::UnknownItem`] without an Offer,
/// [`Problem::OfferInvalid`] if that names another picture or none, [`Problem::Unavailable`].
pub async fn keep(
    app: &App,
    merchant: MerchantId,
    item: ItemId,
    bytes: Vec<u8>,
) -> Result<(), Problem> {
    let picture = Picture::read(bytes)?;
    let left = app.store.deposited_offer(&merchant, &item).await.map_err(unavailable)?;
    // Its signature was verified before it was kept.
    let offer = left.ok_or(Problem::UnknownItem)?.claimed()?;
    let name = picture.name();
    if offer.image.as_deref().and_then(|path| path.strip_prefix(PATH)) != Some(&name) {
        return Err(Problem::OfferInvalid);
    }
    let now = app.clock.now();
    let new = NewPicture { merchant, item, name, picture, now };
    app.store.put_picture(new).await.map_err(unavailable)
}

/// Below which pictures are shown, by their names.
pub const PATH: &str = "/v1/pictures/";
/// The media types of what is taken.
pub const KINDS: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];
/// At most so many bytes.
pub const BYTES_MAX: usize = 200 * 1024;
/// At most so many pixels wide and high: a phone has to hold them unpacked.
pub const SIDE_MAX: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_what_its_bytes_are() {
        let png = png(800, 600);
        let read = Picture::read(png.clone()).unwrap();
        assert_eq!((read.media_type, &read.bytes), ("image/png", &png));
        assert_eq!(read.name().len(), 43);
        for (bytes, wanted) in [
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), Problem::MalformedMessage),
            (b"<!doctype html><script>".to_vec(), Problem::MalformedMessage),
            (b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), Problem::MalformedMessage),
            (Vec::new(), Problem::MalformedMessage),
            (png[..12].to_vec(), Problem::MalformedMessage),
            (self::png(0, 9), Problem::MalformedMessage),
            (self::png(4097, 9), Problem::MessageTooLarge),
            (self::png(9, u32::MAX), Problem::MessageTooLarge),
            ([png, vec![0; BYTES_MAX]].concat(), Problem::MessageTooLarge),
        ] {
            assert_eq!(Picture::read(bytes.clone()), Err(wanted), "{:?}", bytes.get(..12));
        }
    }

    /// As much of a PNG as tells its measures.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
        [&head[..], &width.to_be_bytes(), &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat()
    }
}
