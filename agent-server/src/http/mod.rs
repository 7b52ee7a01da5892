//! The edge: one file per noun. A handler takes a message, calls the domain, answers a message.

pub mod assets;
pub mod confirm;
pub mod demo;
pub mod frame;
pub mod pages;
