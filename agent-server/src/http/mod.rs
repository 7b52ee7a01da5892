//! The edge: one file per noun. A handler takes a message, calls the domain, answers a message.

pub mod assets;
pub mod challenges;
pub mod confirm;
pub mod demo;
pub mod edge;
pub mod frame;
pub mod grants;
pub mod health;
pub mod html;
pub mod keys;
pub mod language;
pub mod marks;
pub mod pages;
pub mod plans;
pub mod policy;
pub mod problem;
pub mod purchases;
pub mod serve;
pub mod session;
pub mod statements;
pub mod wire;
