//! The picture of what a seller without a server offers: the agent shows it, and the Offer, which
//! the seller signs, names it by its digest.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use imagesize::ImageType;
use ring::digest::{SHA256, digest};
use thiserror::Error;

/// A picture that the agent will take.
#[derive(Debug)]
pub struct Picture(Vec<u8>);

/// Why it would not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unfit {
    /// Too many bytes; carries how many.
    #[error("{} KB; a picture has at most {} KB", .0.div_ceil(1024), BYTES_MAX / 1024)]
    Bytes(usize),
    /// By its bytes, whatever the name of its file says, it is something else.
    #[error("not a PNG, JPEG or WebP picture")]
    Kind,
    /// Too many pixels; carries width and height.
    #[error("{0} × {1} pixels; a picture has at most {SIDE_MAX} × {SIDE_MAX}")]
    Pixels(usize, usize),
}

impl Picture {
    /// Looks at a file.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn read(bytes: Vec<u8>) -> Result<Self, Unfit> {
        if bytes.len() > BYTES_MAX {
            return Err(Unfit::Bytes(bytes.len()));
        }
        let kind = imagesize::image_type(&bytes).map_err(|_| Unfit::Kind)?;
        if !matches!(kind, ImageType::Png | ImageType::Jpeg | ImageType::Webp) {
            return Err(Unfit::Kind);
        }
        let size = imagesize::blob_size(&bytes).map_err(|_| Unfit::Kind)?;
        let (width, height) = (size.width, size.height);
        if width == 0 || height == 0 {
            return Err(Unfit::Kind);
        }
        if width.max(height) > SIDE_MAX {
            return Err(Unfit::Pixels(width, height));
        }
        Ok(Self(bytes))
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Where it will be at the agent: its name is its SHA-256, base64url.
    pub fn path(&self) -> String {
        format!("/v1/pictures/{}", BASE64URL.encode(digest(&SHA256, &self.0)))
    }
}

const BYTES_MAX: usize = 200 * 1024;
const SIDE_MAX: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_agent_would_refuse_is_said_here_with_its_reason() {
        let png = |width: u32, height: u32| {
            let head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
            [&head[..], &width.to_be_bytes(), &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat()
        };
        let said = |bytes| Picture::read(bytes).unwrap_err().to_string();
        assert_eq!(said(vec![0; 300 * 1024]), "300 KB; a picture has at most 200 KB");
        assert_eq!(said(b"<svg/>".to_vec()), "not a PNG, JPEG or WebP picture");
        assert_eq!(said(png(5000, 9)), "5000 × 9 pixels; a picture has at most 4096 × 4096");
        let path = Picture::read(png(800, 600)).unwrap().path();
        assert_eq!(path.strip_prefix("/v1/pictures/").map(str::len), Some(43));
    }
}
