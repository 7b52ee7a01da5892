//! Time as a number that somebody else read off a clock: this crate has none.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00Z, without leap seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, as JWT wants them (RFC 7519 NumericDate).
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment and `span` more; saturates at the end of time.
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This moment less `span`.
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// From `earlier` until this moment; negative when the clock went back.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span(i64);

impl Span {
    /// So many milliseconds.
    pub const fn millis(millis: i64) -> Self {
        Self(millis)
    }

    /// So many seconds.
    pub const fn secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// So many minutes.
    pub const fn minutes(minutes: i64) -> Self {
        Self::secs(minutes.saturating_mul(60))
    }

    /// So many hours.
    pub const fn hours(hours: i64) -> Self {
        Self::minutes(hours.saturating_mul(60))
    }

    /// In milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
}

/// How far two honest clocks may differ before an expiry is judged (TRUST.md T39).
pub const CLOCK_TOLERANCE: Span = Span::secs(60);

/// How long the order button waits (step 51, ¶59).
pub const ORDER_IDLE: Span = Span::minutes(15);

/// When the shopper is warned of it.
pub const ORDER_IDLE_WARNING: Span = Span::minutes(13);

/// How long a Grant may be redeemed.
pub const GRANT_LIFETIME: Span = Span::minutes(10);

/// How long the confirmation mail may be answered (step 64, ¶60).
pub const CONFIRMATION_LIFETIME: Span = Span::hours(72);
