//! The whole system under test: both servers as processes, real browsers, a real SMTP peer. One
//! program, so that it links once and its tests share the machine's cores.

mod accessibility;
mod bad_input;
mod contracts;
mod correction;
mod crashes;
mod enrolment;
mod failures;
mod host_pages;
mod kit;
mod leak;
mod plans;
mod purchase;
mod staying_one;
mod tampering;
