//! What a dishonest seller, or a thief who has read a seller's books, tries after the purchases.

/// How the tries went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// How many were made.
    pub made: usize,
    /// How many went through.
    pub passed: usize,
    /// Yen that they brought.
    pub charged: u64,
}

impl Tries {
    /// Notes a try that brought so much; nothing, if it was refused.
    pub fn note(&mut self, charged: u64) {
        self.made += 1;
        self.passed += usize::from(charged > 0);
        self.charged += charged;
    }
}

/// What is tried, each for a purchase that was consented to once at its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    /// The seller asks for ten times the price.
    TooMuch,
    /// The seller asks once more for what was paid.
    Again,
    /// Somebody else asks who has read all that the seller knows.
    ByThief,
}

impl Try {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TooMuch, Self::Again, Self::ByThief];

    /// How much is asked for.
    pub fn asks(self, price: u64) -> u64 {
        match self {
            Self::TooMuch | Self::ByThief => price * 10,
            Self::Again => price,
        }
    }
}
