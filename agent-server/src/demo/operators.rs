//! The operators of a demo: two, as money is moved by two.

use crate::domain::operator::Role;

/// Their names, and what they may do.
pub const OPERATORS: [(&str, Role); 2] =
    [("owner@demo", Role::Admin), ("second@demo", Role::Finance)];
