//! The edge: one file per noun. A handler takes a message, calls the domain, answers a message.

pub mod assets;
pub mod challenges;
pub mod confirm;
pub mod demo;
pub mod edge;
pub mod enrol;
pub mod form;
pub mod frame;
pub mod grants;
pub mod health;
pub mod html;
pub mod keys;
pub mod language;
pub mod marks;
pub mod me;
pub mod pages;
pub mod passkey_pages;
pub mod passkeys;
pub mod peer;
pub mod policy;
pub mod problem;
pub mod purchases;
pub mod serve;
pub mod session;
pub mod sign_in;
pub mod wire;
