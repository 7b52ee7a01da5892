//! The program in the agent's frame. It takes over the page that the server has rendered, splits
//! what the shopper types into two halves, seals each to its only reader, and shows how it goes.
//! It stores nothing, talks to the agent and to the one shop only, and never sets HTML. What cannot
//! fail by the DOM's own rules (our tags are tags, elements take elements) ends in `unwrap_throw`.

pub mod app;
pub mod calls;
pub mod clock;
pub mod course;
pub mod deal;
pub mod element;
pub mod entropy;
pub mod idle;
pub mod intl;
pub mod live;
pub mod network;
pub mod page;
pub mod passkey;
pub mod placing;
pub mod port;
pub mod progress;
pub mod relay;
pub mod screens;
pub mod session_key;
pub mod sight;
pub mod stage;
pub mod takeover;
pub mod texts;
pub mod transfer;
pub mod typed;
pub mod ways;
pub mod words;

use wasm_bindgen::prelude::wasm_bindgen;

/// Small to download, and quick enough for a form.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// Takes the page over. Does nothing in a page that is not the agent's.
#[wasm_bindgen(start)]
pub fn start() {
    takeover::begin();
}
