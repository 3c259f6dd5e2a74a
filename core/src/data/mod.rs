//! The types of value a key can hold: pure structures, knowing neither keys nor clients.

pub(crate) mod array;
pub(crate) mod bits;
pub(crate) mod dict;
pub(crate) mod geo;
pub(crate) mod hash;
pub(crate) mod hyperloglog;
pub(crate) mod limits;
pub(crate) mod list;
mod listpack;
pub(crate) mod partial_sort;
pub(crate) mod set;
pub(crate) mod sorted_set;
pub(crate) mod stream;
pub(crate) mod text;
