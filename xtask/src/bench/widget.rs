//! What the shopper downloads and how long until the first usable input.
//! Bytes are exact; times need a browser and an empty cross-site frame in the same run.

use anyhow::Result;

use super::{Figure, measured};
use crate::{setup, widget};

/// Figures of the group `widget`.
pub fn figures() -> Result<Vec<Figure>> {
    setup::ensure(setup::FOR_WIDGET)?;
    let manifest = widget::build()?;
    let mut figures = Vec::new();
    for file in manifest.files() {
        let of = |kind: &str| format!("widget.bytes.{kind}.{}", file.name);
        figures.push(Figure::count(&of("raw"), file.raw as u64, "bytes", None));
        figures.push(Figure::count(&of("brotli"), file.brotli as u64, "bytes", None));
    }
    // What every shopper downloads, so without what only some do.
    let (raw, brotli) = manifest.total(widget::PLAIN);
    figures.push(Figure::count("widget.bytes.raw", raw as u64, "bytes", None));
    figures.push(Figure::count("widget.bytes.brotli", brotli as u64, "bytes", None));
    figures.extend(measured::by("widget_bench")?);
    Ok(figures)
}
