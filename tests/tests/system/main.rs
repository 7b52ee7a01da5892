//! The whole system under test: both servers as processes, real browsers, a real SMTP peer. One
//! program, so that it links once and its tests share the machine's cores.

mod accessibility;
mod bad_input;
mod contracts;
mod correction;
mod crashes;
mod effort;
mod enrolment;
mod failures;
mod host_pages;
mod kit;
mod leak;
mod package;
mod passkeys;
mod plans;
mod purchase;
mod recognition;
mod staying_one;
mod tampering;
mod yardstick;
