//! What shoppers and shops are going to do, thrown by dice before anybody does it.

use shared_protocol::Plan;
use whole_system::dice::Dice;

/// One purchase that somebody is going to make.
#[derive(Clone, Debug)]
pub struct Wish {
    /// At which shop.
    pub shop: usize,
    /// By whom.
    pub payer: Payer,
    /// What.
    pub item: &'static str,
    /// How many of it.
    pub quantity: u32,
    /// By which plan.
    pub plan: Plan,
    /// What becomes of the order.
    pub fate: Fate,
    /// What the shop does with it.
    pub course: Course,
    /// What happens after that.
    pub sequel: Sequel,
    /// Whether the frame tells the agent of the shop's word, or leaves that to the shop.
    pub forwards: bool,
}

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// By number and code.
    Code(usize),
    /// By a passkey, which asks nothing afterwards.
    Passkey(usize),
}

/// What becomes of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The shopper agrees.
    Yes,
    /// The shopper does not.
    No,
    /// The shopper agrees when it is too late.
    Late,
    /// The shopper never answers.
    Never,
    /// The Grant never comes to the shop.
    Lapses,
    /// The code is wrong.
    WrongCode,
    /// The shop has none left.
    SoldOut,
}

/// What the shop does with a confirmed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Ships and claims all of it.
    Whole,
    /// Ships and claims it in two parts.
    Parts,
    /// Claims a part and lets go of the rest.
    Part,
    /// Lets go of all of it.
    Nothing,
    /// Forgets it.
    Forgets,
}

/// What happens to what was claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequel {
    /// Nothing.
    Kept,
    /// A part goes back.
    PartBack,
    /// All goes back.
    AllBack,
    /// The shopper objects, rightly or not.
    Objects(bool),
}

/// How many shops, contracts and passkeys there are.
pub const SHOPS: usize = 3;
pub const CONTRACTS: usize = 16;
pub const PASSKEYS: usize = 3;

impl Wish {
    /// The next one.
    pub fn next(dice: &mut Dice) -> Self {
        let payer = match dice.percent(15) {
            true => Payer::Passkey(below(dice, PASSKEYS)),
            false => Payer::Code(below(dice, CONTRACTS)),
        };
        let plan = *dice.one(&PLANS);
        let is_tea = plan == Plan::Single && dice.percent(60);
        let fate = match dice.below(100) {
            0..80 => Fate::Yes,
            80..86 => Fate::No,
            86..89 => Fate::Late,
            89..94 => Fate::Never,
            94..97 => Fate::Lapses,
            _ => Fate::WrongCode,
        };
        let course = match dice.below(100) {
            0..60 => Course::Whole,
            60..82 => Course::Parts,
            82..91 => Course::Part,
            91..96 => Course::Nothing,
            _ => Course::Forgets,
        };
        let sequel = match dice.below(100) {
            0..80 => Sequel::Kept,
            80..90 => Sequel::PartBack,
            90..95 => Sequel::AllBack,
            _ => Sequel::Objects(dice.percent(50)),
        };
        Self {
            shop: below(dice, SHOPS),
            payer,
            item: if is_tea { "SENCHA-01" } else { "TEAPOT-01" },
            quantity: if plan == Plan::Single { 1 + dice.below(4) as u32 } else { 5 },
            plan,
            fate: Self::possible(fate, payer),
            course,
            sequel,
            forwards: dice.percent(50),
        }
    }

    /// A passkey asks nothing afterwards, and has no code that could be wrong.
    fn possible(fate: Fate, payer: Payer) -> Fate {
        match (fate, payer) {
            (Fate::Lapses, _) | (_, Payer::Code(_)) => fate,
            (_, Payer::Passkey(_)) => Fate::Yes,
        }
    }

    /// The last one of a thing, which the first to come gets.
    pub fn last(shop: usize, fate: Fate) -> Self {
        Self {
            shop,
            payer: Payer::Code(shop),
            item: "LAST-01",
            quantity: 1,
            plan: Plan::Single,
            fate,
            course: Course::Whole,
            sequel: Sequel::Kept,
            forwards: true,
        }
    }
}

fn below(dice: &mut Dice, end: usize) -> usize {
    dice.below(end as u64) as usize
}

/// Most pay at once.
const PLANS: [Plan; 12] = [
    Plan::Single,
    Plan::Single,
    Plan::Single,
    Plan::Single,
    Plan::Single,
    Plan::Single,
    Plan::Single,
    Plan::Single,
    Plan::Instalments(3),
    Plan::Instalments(5),
    Plan::Revolving,
    Plan::Bonus,
];
