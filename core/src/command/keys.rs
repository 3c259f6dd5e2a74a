//! Which words of a request are keys: key specs, what is done to keys, and the keys of one request.

use bytes::Bytes;

/// Where the keys of one kind begin in a request, how they go on, and what the command does to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeySpec {
    pub(crate) begin: Begin,
    pub(crate) find: Find,
    pub(crate) access: KeyAccess,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// At this word of the request, the command's name being word 0.
    Index(usize),
    /// At this word, unless this keyword stands somewhere behind it, as KEYS of MIGRATE. The real servers' key specs do
    /// not say so.
    IndexUnless { index: usize, keyword: &'static str },
    /// After this word, searched from `start` on; from the end backwards when `start` is negative.
    Keyword { keyword: &'static str, start: isize, none: NoKeys },
    /// After the last such word that is not what follows another option, of those that take so many words. No key spec of
    /// the real servers can say it: they call it unknown.
    Option { keyword: &'static str, start: usize, others: &'static [(&'static str, usize)] },
    /// Only the command itself can tell, as for what SORT gets.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Find {
    /// Up to `last`, counted from the first key, or from the request's end when negative; with a `limit` of 2 only the
    /// first half of what follows are keys.
    Range {
        last: isize,
        step: usize,
        limit: usize,
    },
    /// As many as word `count` says, the first key being word `first`, both counted from where the spec begins.
    KeyNum {
        count: usize,
        first: usize,
        step: usize,
        none: NoKeys,
    },
    Unknown,
}

/// What it means that a keyword is missing, or that a counted list of keys is empty or its count no count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoKeys {
    Invalid,
    /// The usage line lets the keys be left out, as those of EVAL and those after STORE.
    Fine,
}

/// What a command does to a key, as `COMMAND INFO` puts it. The variable and incomplete kinds warn the reader that one
/// request may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyAccess(u16);

/// A key of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyPosition {
    /// Which word of the request, the command's name being word 0.
    pub(crate) index: usize,
    pub(crate) access: KeyAccess,
}

/// The request does not hold the keys that its command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidKeys;

/// The older, simpler description in `COMMAND INFO`, all zero when there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyRange {
    pub(crate) first: usize,
    pub(crate) last: isize,
    pub(crate) step: usize,
    /// Whether only the request itself tells all its keys: the flag `movablekeys`.
    pub(crate) movable: bool,
}

#[rustfmt::skip]
impl KeyAccess {
    pub(crate) const READ_ONLY: KeyAccess   = KeyAccess(1);
    pub(crate) const READ_WRITE: KeyAccess  = KeyAccess(1 << 1);
    pub(crate) const OVERWRITE: KeyAccess   = KeyAccess(1 << 2);
    pub(crate) const REMOVE: KeyAccess      = KeyAccess(1 << 3);
    pub(crate) const ACCESS: KeyAccess      = KeyAccess(1 << 4);
    pub(crate) const UPDATE: KeyAccess      = KeyAccess(1 << 5);
    pub(crate) const INSERT: KeyAccess      = KeyAccess(1 << 6);
    pub(crate) const DELETE: KeyAccess      = KeyAccess(1 << 7);
    pub(crate) const NOT_KEY: KeyAccess     = KeyAccess(1 << 8);
    pub(crate) const INCOMPLETE: KeyAccess  = KeyAccess(1 << 9);
    pub(crate) const VARIABLE: KeyAccess    = KeyAccess(1 << 10);

    /// In the order in which the servers list them.
    const NAMES: [&'static str; 11] = [
        "RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags",
    ];

    // What a command does to a key, in one word.
    pub(crate) const LOOKS: KeyAccess    = KeyAccess::READ_ONLY;
    pub(crate) const READS: KeyAccess    = KeyAccess::READ_ONLY.and(KeyAccess::ACCESS);
    pub(crate) const CHANGES: KeyAccess  = KeyAccess::READ_WRITE.and(KeyAccess::ACCESS).and(KeyAccess::UPDATE);
    pub(crate) const UPDATES: KeyAccess  = KeyAccess::READ_WRITE.and(KeyAccess::UPDATE);
    pub(crate) const INSERTS: KeyAccess  = KeyAccess::READ_WRITE.and(KeyAccess::INSERT);
    pub(crate) const DELETES: KeyAccess  = KeyAccess::READ_WRITE.and(KeyAccess::DELETE);
    pub(crate) const POPS: KeyAccess     = KeyAccess::READ_WRITE.and(KeyAccess::ACCESS).and(KeyAccess::DELETE);
    pub(crate) const STORES: KeyAccess   = KeyAccess::OVERWRITE.and(KeyAccess::UPDATE);
    pub(crate) const CREATES: KeyAccess  = KeyAccess::OVERWRITE.and(KeyAccess::INSERT);
    pub(crate) const REMOVES: KeyAccess  = KeyAccess::REMOVE.and(KeyAccess::DELETE);
}

impl KeyAccess {
    pub(crate) const fn and(self, other: KeyAccess) -> KeyAccess {
        KeyAccess(self.0 | other.0)
    }

    pub(crate) fn has(self, other: KeyAccess) -> bool {
        self.0 & other.0 == other.0
    }

    /// The words of `COMMAND INFO` and `COMMAND GETKEYSANDFLAGS`.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        let names = KeyAccess::NAMES.into_iter().enumerate();
        names.filter(move |(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| name)
    }
}

/// The keys of a request whose number of words its command accepts, in the order of the specs.
pub(crate) fn keys_of(
    specs: &[KeySpec],
    request: &[Bytes],
) -> Result<Vec<KeyPosition>, InvalidKeys> {
    let mut keys = Vec::new();
    for spec in specs.iter().filter(|spec| !spec.access.has(KeyAccess::NOT_KEY)) {
        let Some(begin) = spec.begin.within(request)? else { continue };
        let Some((first, last, step)) = spec.find.within(request, begin)? else { continue };
        if last < first || last >= request.len() {
            return Err(InvalidKeys);
        }
        keys.extend(
            (first..=last).step_by(step).map(|index| KeyPosition { index, access: spec.access }),
        );
    }
    Ok(keys)
}

impl Begin {
    fn within(self, request: &[Bytes]) -> Result<Option<usize>, InvalidKeys> {
        match self {
            Begin::Index(index) => Ok(Some(index)),
            Begin::IndexUnless { index, keyword } => {
                let is = |word: &Bytes| word.eq_ignore_ascii_case(keyword.as_bytes());
                Ok((!request[index + 1..].iter().any(is)).then_some(index))
            }
            Begin::Unknown => Ok(None),
            Begin::Option { keyword, start, others } => {
                let (mut at, mut found) = (start, None);
                while at + 1 < request.len() {
                    let is = |word: &str| request[at].eq_ignore_ascii_case(word.as_bytes());
                    if is(keyword) {
                        found = Some(at + 1);
                    }
                    at += 1 + others.iter().find(|(word, _)| is(word)).map_or(0, |other| other.1);
                }
                Ok(found)
            }
            Begin::Keyword { keyword, start, none } => {
                let here = |index: &usize| request[*index].eq_ignore_ascii_case(keyword.as_bytes());
                // The last word cannot be the keyword, for nothing follows it.
                let end = request.len().saturating_sub(1);
                let found = match usize::try_from(start) {
                    Ok(start) => (start..end).find(here),
                    Err(_) => (1..end.saturating_add_signed(start + 2).min(end)).rev().find(here),
                };
                match (found, none) {
                    (Some(index), _) => Ok(Some(index + 1)),
                    (None, NoKeys::Fine) => Ok(None),
                    (None, NoKeys::Invalid) => Err(InvalidKeys),
                }
            }
        }
    }
}

impl Find {
    /// First key, last key and step; nothing when there are no keys and that is fine.
    fn within(
        self,
        request: &[Bytes],
        begin: usize,
    ) -> Result<Option<(usize, usize, usize)>, InvalidKeys> {
        match self {
            Find::Unknown => Ok(None),
            Find::Range { last, step, limit } => {
                let room = request.len().saturating_sub(begin);
                let last = match usize::try_from(last) {
                    Ok(last) => begin + last,
                    Err(_) if limit > 1 => {
                        (begin + room / limit).checked_add_signed(last).ok_or(InvalidKeys)?
                    }
                    Err(_) => request.len().checked_add_signed(last).ok_or(InvalidKeys)?,
                };
                Ok(Some((begin, last, step)))
            }
            Find::KeyNum { count, first, step, none } => {
                let counted = request.get(begin + count).and_then(number);
                let last = counted.filter(|count| *count > 0).and_then(|count| {
                    let last = (count - 1).checked_mul(step)?.checked_add(begin + first)?;
                    (last < request.len()).then_some(last)
                });
                match (last, none) {
                    (Some(last), _) => Ok(Some((begin + first, last, step))),
                    (None, NoKeys::Fine) => Ok(None),
                    (None, NoKeys::Invalid) => Err(InvalidKeys),
                }
            }
        }
    }
}

fn number(word: &Bytes) -> Option<usize> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

impl KeyRange {
    /// Takes together the specs that stand side by side from the first one on; the rest makes the keys movable.
    pub(crate) fn of(specs: &[KeySpec]) -> KeyRange {
        let mut range = KeyRange::default();
        for spec in specs {
            let (
                Begin::Index(begin) | Begin::IndexUnless { index: begin, .. },
                Find::Range { last, step, limit: 0 },
            ) = (spec.begin, spec.find)
            else {
                range.movable = true;
                continue;
            };
            let signed = |index: usize| isize::try_from(index).expect("a usage line is short");
            let adjoins =
                range.first == 0 || (range.step == step && range.last + 1 == signed(begin));
            if !adjoins {
                range.movable = true;
                continue;
            }
            let first = if range.first == 0 { begin } else { range.first };
            let last = if last < 0 { last } else { signed(begin) + last };
            range = KeyRange { first, last, step, ..range };
        }
        range
    }
}
