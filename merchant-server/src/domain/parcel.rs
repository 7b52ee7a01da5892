//! What people say of a parcel: how many are in it, who carries it, under which number. The agent
//! hears only that goods went.

/// A parcel, as it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// How many of the item are in it.
    pub quantity: u32,
    /// Who carries it; empty: not said.
    pub carrier: String,
    /// The carrier's number for it; empty: not said.
    pub tracking: String,
}

impl Parcel {
    /// With texts as they are kept: trimmed, without control characters, not longer than people
    /// write them.
    pub fn new(quantity: u32, carrier: &str, tracking: &str) -> Self {
        Self { quantity, carrier: plain(carrier), tracking: plain(tracking) }
    }
}

fn plain(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect()
}

const TEXT_MAX: usize = 60;
