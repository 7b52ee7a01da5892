//! draft

pub mod calls;
pub mod clock;
pub mod course;
pub mod deal;
pub mod entropy;
pub mod idle;
pub mod intl;
pub mod network;
pub mod page;
pub mod progress;
pub mod session_key;
pub mod stage;
pub mod texts;
pub mod typed;
pub mod words;
