//! The types of value a key can hold: pure structures, knowing neither keys nor clients.

pub mod dict;
pub mod hash;
pub mod limits;
pub mod list;
pub mod set;
pub mod sorted_set;
pub mod text;
