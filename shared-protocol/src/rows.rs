//! Tables of texts as one text, a row a line. A table of addresses would cost every shopper twice as
//! much to download as the texts themselves.

/// Puts rows together.
macro_rules! rows {
    ($($row:literal)*) => { concat!($($row, "\n",)*) };
}
pub(crate) use rows;

/// The row at this place, from 0.
pub fn row(rows: &'static str, place: usize) -> &'static str {
    rows.split('\n').nth(place).unwrap_or_default()
}

/// Where this row is.
pub(crate) fn place(rows: &str, wanted: &str) -> Option<usize> {
    rows.split('\n').position(|row| row == wanted)
}
