//! SORT: the elements of a list, set or sorted set, in an order that other keys may give.
use crate::command::docs::Note;
use crate::command::keys::{Begin, Find, KeySpec};
use crate::command::{Args, Command, KeyAccess, command, flag};
use crate::data::list::{End, List};
use crate::data::partial_sort::sort_part;
use crate::data::sorted_set::SortedSet;
use crate::engine::Ctx;
use crate::number::{WeightReader, parse_weight_f64};
use crate::resp::{Error, Reply, Result};
use crate::store::{Db, Kind as _, Removal, Value};
use bytes::Bytes;
use std::cmp::Ordering;
use std::ops::Range;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA] [STORE destination]", sort)
        .grows().with(flag::DANGEROUS).acl("list set sortedset").cost("O(N+M*log(M))")
        .own_keys(&[SORTED, PATTERNS, STORED]).notes(NOTES)
        .says("Answers or stores the elements of a list, set or sorted set in order."),
    command("SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA]", sort)
        .reads().with(flag::DANGEROUS).since("7.0.0").acl("list set sortedset").cost("O(N+M*log(M))")
        .own_keys(&[SORTED, PATTERNS]).notes(NOTES)
        .says("Answers the elements of a list, set or sorted set in order."),
];

const NOTES: &[(&str, Note)] = &[
    ("BY", Note::Named("by-pattern")),
    ("BY", Note::KeySpec(1)),
    ("GET", Note::Named("get-pattern")),
    ("GET", Note::KeySpec(1)),
    ("STORE", Note::KeySpec(2)),
];

const SORTED: (KeySpec, Option<&str>) =
    (KeySpec { begin: Begin::Index(1), find: ONE_KEY, access: KeyAccess::READS }, None);
const PATTERNS: (KeySpec, Option<&str>) = (
    KeySpec { begin: Begin::Unknown, find: Find::Unknown, access: KeyAccess::READS },
    Some(
        "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
    ),
);
const STORED: (KeySpec, Option<&str>) = (
    KeySpec {
        begin: Begin::Option {
            keyword: "STORE",
            start: 2,
            others: &[("LIMIT", 2), ("GET", 1), ("BY", 1)],
        },
        find: ONE_KEY,
        access: KeyAccess::STORES,
    },
    Some(
        "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
    ),
);
const ONE_KEY: Find = Find::Range { last: 0, step: 1, limit: 0 };

fn sort(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let mut wish = Wish::read(args, cx.entry.command.is(flag::WRITE))?;
    let value = cx.db.lookup(key).map(|entry| &entry.value);
    if matches!(value, Some(Value::Set(_))) && wish.destination.is_some() && wish.keeps_order {
        // A set has no order that could be stored again and again, so it is given one.
        wish = Wish { keeps_order: false, by_text: true, by: None, ..wish };
    }
    let (mut items, window) = wish.elements(value)?;
    if matches!(value, Some(Value::SortedSet(_))) {
        cx.db.reshape(key, SortedSet::become_skiplist);
    }
    if !wish.keeps_order {
        let reader = weights_of(cx);
        items = wish.sorted(&mut cx.db, items, &window, reader)?;
    }
    let found = wish.answers(&mut cx.db, &items[window]);
    let Some(destination) = wish.destination else {
        return Ok(Reply::Array(found.into_iter().map(Reply::from).collect()));
    };
    Ok(store(cx, destination, found).into())
}

/// How the server that is played reads numbers to sort by.
fn weights_of(cx: &Ctx<'_>) -> WeightReader {
    if cx.at_least(8, 0) {
        WeightReader::FastFloat
    } else if cx.node.persona.is_valkey_from(9, 0) {
        WeightReader::CheckedFastFloat
    } else {
        WeightReader::Strtod
    }
}

fn store(cx: &mut Ctx<'_>, destination: &Bytes, found: Vec<Option<Bytes>>) -> usize {
    let count = found.len();
    if count == 0 {
        cx.db.remove(destination, Removal::Deleted);
        return 0;
    }
    let mut list = List::default();
    for value in found {
        list.push(value.unwrap_or_default(), End::Tail);
    }
    list.settle(&cx.db.store.limits);
    cx.db.put(destination, list.wrap(), None, "sortstore");
    // Each element counts as a change, the key itself as none.
    cx.db.store.counts.dirty += count as u64 - 1;
    count
}

/// What SORT is asked for.
#[derive(Debug)]
struct Wish<'a> {
    by: Option<Pattern<'a>>,
    get: Vec<Pattern<'a>>,
    /// The elements are not sorted: they come in the order they have.
    keeps_order: bool,
    descending: bool,
    by_text: bool,
    offset: i64,
    /// As many as there are, if it is less than none.
    count: i64,
    destination: Option<&'a Bytes>,
}

/// An element, and what it is sorted by.
#[derive(Debug)]
struct Item {
    element: Bytes,
    weight: Weight,
}

#[derive(Debug)]
enum Weight {
    Number(f64),
    /// None is before every text.
    Text(Option<Bytes>),
}

impl<'a> Wish<'a> {
    fn read(mut args: Args<'a>, may_store: bool) -> Result<Wish<'a>> {
        let mut wish = Wish {
            by: None,
            get: Vec::new(),
            keeps_order: false,
            descending: false,
            by_text: false,
            offset: 0,
            count: -1,
            destination: None,
        };
        while !args.is_empty() {
            if args.word("ASC") {
                wish.descending = false;
            } else if args.word("DESC") {
                wish.descending = true;
            } else if args.word("ALPHA") {
                wish.by_text = true;
            } else if args.len() > 2 && args.word("LIMIT") {
                (wish.offset, wish.count) = (args.int()?, args.int()?);
            } else if let Some(pattern) = args.option("BY") {
                let pattern = Pattern::read(pattern);
                // From then on nothing is sorted, whatever another BY says.
                wish.keeps_order |= !pattern.depends_on_element();
                wish.by = Some(pattern);
            } else if let Some(pattern) = args.option("GET") {
                wish.get.push(Pattern::read(pattern));
            } else if let Some(key) = may_store.then(|| args.option("STORE")).flatten() {
                wish.destination = Some(key);
            } else {
                return Err(Error::SYNTAX);
            }
        }
        Ok(wish)
    }

    /// The elements of a value, and which of them are to be answered once they are sorted. Of what has an order of its
    /// own and keeps it, only those are taken.
    fn elements(&self, value: Option<&Value>) -> Result<(Vec<Bytes>, Range<usize>)> {
        let window = self.window(value.map_or(0, Value::len));
        let all = |count: usize| if self.keeps_order { window.clone() } else { 0..count };
        let items = match value {
            None => Vec::new(),
            Some(Value::Set(set)) => return Ok((set.iter().collect(), window)),
            Some(Value::List(list)) => {
                let places = all(list.len());
                if self.keeps_order && self.descending {
                    list.iter().rev().skip(places.start).take(places.len()).cloned().collect()
                } else {
                    list.range(places).cloned().collect()
                }
            }
            Some(Value::SortedSet(set)) => {
                let places = all(set.len());
                let member = |(member, _): (&Bytes, f64)| member.clone();
                if self.keeps_order && self.descending {
                    let ranks = set.len() - places.end..set.len() - places.start;
                    set.range(ranks).rev().map(member).collect()
                } else {
                    set.range(places).map(member).collect()
                }
            }
            Some(_) => return Err(Error::WRONG_TYPE),
        };
        let window = if self.keeps_order { 0..items.len() } else { window };
        Ok((items, window))
    }

    /// Which of so many elements are to be answered.
    fn window(&self, len: usize) -> Range<usize> {
        let start = usize::try_from(self.offset.max(0)).unwrap_or(usize::MAX).min(len);
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        start..start.saturating_add(count).min(len)
    }

    fn sorted(
        &self,
        db: &mut Db<'_>,
        elements: Vec<Bytes>,
        window: &Range<usize>,
        reader: WeightReader,
    ) -> Result<Vec<Bytes>> {
        // Every weight is looked up, also when one of them is no number.
        let weights: Vec<_> = elements.iter().map(|e| self.weight(db, e, reader)).collect();
        let mut items = Vec::with_capacity(elements.len());
        for (element, weight) in elements.into_iter().zip(weights) {
            items.push(Item { element, weight: weight? });
        }
        let compare = |a: &Item, b: &Item| {
            let order = self.compare(a, b);
            if self.descending { order.reverse() } else { order }
        };
        if self.by.is_some() && *window != (0..items.len()) {
            sort_part(&mut items, window, compare);
        } else {
            items.sort_by(compare);
        }
        Ok(items.into_iter().map(|item| item.element).collect())
    }

    fn weight(&self, db: &mut Db<'_>, element: &Bytes, reader: WeightReader) -> Result<Weight> {
        let found = match &self.by {
            Some(pattern) => pattern.resolve(db, element),
            None => Some(element.clone()),
        };
        if self.by_text {
            return Ok(Weight::Text(found));
        }
        let number = found.map_or(Some(0.0), |found| parse_weight_f64(&found, reader));
        number.map(Weight::Number).ok_or(Error::NOT_A_WEIGHT)
    }

    fn compare(&self, a: &Item, b: &Item) -> Ordering {
        match (&a.weight, &b.weight) {
            (Weight::Number(x), Weight::Number(y)) => {
                x.partial_cmp(y).unwrap_or(Ordering::Equal).then_with(|| a.element.cmp(&b.element))
            }
            (Weight::Text(x), Weight::Text(y)) if self.destination.is_some() => x.cmp(y),
            (Weight::Text(x), Weight::Text(y)) => {
                x.as_deref().map(c_text).cmp(&y.as_deref().map(c_text))
            }
            // All weights of a sort are of one kind.
            (Weight::Number(_), Weight::Text(_)) | (Weight::Text(_), Weight::Number(_)) => {
                Ordering::Equal
            }
        }
    }

    /// What is answered for the elements: themselves, or what the patterns get.
    fn answers(&self, db: &mut Db<'_>, elements: &[Bytes]) -> Vec<Option<Bytes>> {
        if self.get.is_empty() {
            return elements.iter().cloned().map(Some).collect();
        }
        let mut found = Vec::with_capacity(elements.len() * self.get.len());
        for element in elements {
            found.extend(self.get.iter().map(|pattern| pattern.resolve(db, element)));
        }
        found
    }
}

/// The name of a key, or of a hash and a field, in which an element takes the place of the first `*`.
#[derive(Debug)]
enum Pattern<'a> {
    /// `#` is the element itself.
    Element,
    /// Without a `*` it is the name of nothing.
    Nothing,
    Key {
        before: &'a [u8],
        after: &'a [u8],
        field: Option<&'a [u8]>,
    },
}

impl<'a> Pattern<'a> {
    fn read(pattern: &'a Bytes) -> Pattern<'a> {
        let text = c_text(pattern);
        if text == b"#" {
            return Pattern::Element;
        }
        let Some(star) = text.iter().position(|byte| *byte == b'*') else {
            return Pattern::Nothing;
        };
        let rest = star + 1;
        let arrow = text[rest..].windows(2).position(|pair| pair == b"->").map(|at| rest + at);
        // Nothing behind the arrow is no field, and then the arrow belongs to the key.
        let arrow = arrow.filter(|at| at + 2 < text.len());
        Pattern::Key {
            before: &pattern[..star],
            after: &pattern[rest..arrow.unwrap_or(pattern.len())],
            field: arrow.map(|at| &pattern[at + 2..]),
        }
    }

    fn depends_on_element(&self) -> bool {
        matches!(self, Pattern::Key { .. })
    }

    /// The text it names for an element, if there is one.
    fn resolve(&self, db: &mut Db<'_>, element: &Bytes) -> Option<Bytes> {
        let (before, after, field) = match self {
            Pattern::Element => return Some(element.clone()),
            Pattern::Nothing => return None,
            Pattern::Key { before, after, field } => (*before, *after, field),
        };
        let key = Bytes::from([before, element, after].concat());
        let field = field.map(Bytes::copy_from_slice);
        db.expire_named_fields(&key, field.as_slice(), true);
        match (&db.lookup(&key)?.value, field) {
            (Value::Text(text), None) => Some(text.as_bytes()),
            (Value::Hash(hash), Some(field)) => hash.get(&field).cloned(),
            _ => None,
        }
    }
}

/// A text as C sees it: up to its first zero byte.
fn c_text(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}
