//! The whole system under test: both servers as processes, real browsers, a real SMTP peer. One
//! program, so that it links once and its tests share the machine's cores.

mod accessibility;
mod api_cases;
mod bad_input;
mod by_hand;
mod console;
mod contracts;
mod correction;
mod crashes;
mod desk;
mod effort;
mod enrolment;
mod failures;
mod faults;
mod form_shops;
mod host_pages;
mod kit;
mod leak;
mod library;
mod marks;
mod month;
mod package;
mod passkeys;
mod plans;
mod purchase;
mod recognition;
mod refusals;
mod relay;
mod several_agents;
mod staying_one;
mod tampering;
mod transfers;
mod windows;
mod yardstick;
