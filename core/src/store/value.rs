//! The types of value a key can hold, seen as one.
use crate::data::array::Array;
use crate::data::hash::Hash;
use crate::data::limits::Limits;
use crate::data::list::List;
use crate::data::set::Set;
use crate::data::sorted_set::SortedSet;
use crate::data::stream::Stream;
use crate::data::text::Text;

/// What a key holds.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Array(Box<Array>),
    Hash(Box<Hash>),
    List(Box<List>),
    Set(Box<Set>),
    SortedSet(Box<SortedSet>),
    Stream(Box<Stream>),
    Text(Text),
}

/// A type, in the words of TYPE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Array,
    Hash,
    List,
    Set,
    SortedSet,
    Stream,
    Text,
}

impl Type {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Type::Array => "array",
            Type::Hash => "hash",
            Type::List => "list",
            Type::Set => "set",
            Type::SortedSet => "zset",
            Type::Stream => "stream",
            Type::Text => "string",
        }
    }
}

impl Value {
    pub(crate) fn type_of(&self) -> Type {
        match self {
            Value::Array(_) => Type::Array,
            Value::Hash(_) => Type::Hash,
            Value::List(_) => Type::List,
            Value::Set(_) => Type::Set,
            Value::SortedSet(_) => Type::SortedSet,
            Value::Stream(_) => Type::Stream,
            Value::Text(_) => Type::Text,
        }
    }

    pub(crate) fn encoding(&self) -> &'static str {
        match self {
            Value::Array(_) => "sliced-array",
            Value::Hash(hash) => hash.encoding(),
            Value::List(list) => list.encoding(),
            Value::Set(set) => set.encoding(),
            Value::SortedSet(set) => set.encoding(),
            Value::Stream(_) => "stream",
            Value::Text(text) => text.encoding(),
        }
    }

    /// How many elements it has, or bytes if it is a string.
    pub(crate) fn len(&self) -> usize {
        match self {
            Value::Array(array) => array.used(),
            Value::Hash(hash) => hash.len(),
            Value::List(list) => list.len(),
            Value::Set(set) => set.len(),
            Value::SortedSet(set) => set.len(),
            Value::Stream(stream) => stream.log.len(),
            Value::Text(text) => text.len(),
        }
    }

    /// When the next part of it expires by itself.
    pub(crate) fn next_deadline_ms(&self) -> Option<i64> {
        if let Value::Hash(hash) = self { hash.earliest_expiry_ms() } else { None }
    }
}

/// One type of value, as handlers ask for it: `cx.db.read::<Hash>(key)`.
pub(crate) trait Kind: Default {
    fn wrap(self) -> Value;
    fn of(value: &Value) -> Option<&Self>;
    fn of_mut(value: &mut Value) -> Option<&mut Self>;
    /// Whether its key goes with its last element. A string and a stream may be empty.
    fn is_gone(&self) -> bool;
    /// Takes the encoding a real server would have it in.
    fn settle(&mut self, limits: &Limits);
}

macro_rules! collections {
    ($($name:ident),*) => {$(
        impl Kind for $name {
            fn wrap(self) -> Value {
                Value::$name(Box::new(self))
            }
            fn of(value: &Value) -> Option<&$name> {
                if let Value::$name(inner) = value { Some(inner) } else { None }
            }
            fn of_mut(value: &mut Value) -> Option<&mut $name> {
                if let Value::$name(inner) = value { Some(inner) } else { None }
            }
            fn is_gone(&self) -> bool {
                self.is_empty()
            }
            fn settle(&mut self, limits: &Limits) {
                $name::settle(self, limits);
            }
        }
    )*};
}

collections!(Hash, List, Set, SortedSet);

impl Kind for Stream {
    fn wrap(self) -> Value {
        Value::Stream(Box::new(self))
    }
    fn of(value: &Value) -> Option<&Stream> {
        if let Value::Stream(stream) = value { Some(stream) } else { None }
    }
    fn of_mut(value: &mut Value) -> Option<&mut Stream> {
        if let Value::Stream(stream) = value { Some(stream) } else { None }
    }
    fn is_gone(&self) -> bool {
        false
    }
    fn settle(&mut self, _: &Limits) {}
}

impl Kind for Array {
    fn wrap(self) -> Value {
        Value::Array(Box::new(self))
    }
    fn of(value: &Value) -> Option<&Array> {
        if let Value::Array(array) = value { Some(array) } else { None }
    }
    fn of_mut(value: &mut Value) -> Option<&mut Array> {
        if let Value::Array(array) = value { Some(array) } else { None }
    }
    fn is_gone(&self) -> bool {
        self.is_empty()
    }
    /// It is laid out before it changes, not after.
    fn settle(&mut self, _: &Limits) {}
}

impl Kind for Text {
    fn wrap(self) -> Value {
        Value::Text(self)
    }
    fn of(value: &Value) -> Option<&Text> {
        if let Value::Text(text) = value { Some(text) } else { None }
    }
    fn of_mut(value: &mut Value) -> Option<&mut Text> {
        if let Value::Text(text) = value { Some(text) } else { None }
    }
    fn is_gone(&self) -> bool {
        false
    }
    fn settle(&mut self, _: &Limits) {}
}
