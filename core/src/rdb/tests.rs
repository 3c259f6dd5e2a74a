//! Bytes that may be anything are read without a panic, and what is written is read back.
use super::{Form, Snapshot, dump, read_file, restore};
use crate::data::hash::Hash;
use crate::data::limits::Limits;
use crate::data::list::{End, List};
use crate::data::set::Set;
use crate::data::sorted_set::SortedSet;
use crate::data::text::Text;
use crate::persona::{Flavour, Persona, Version};
use crate::store::{Kind, Value};
use bytes::Bytes;
use proptest::prelude::*;

fn forms() -> Vec<Form> {
    let persona = |flavour, version| Persona { flavour, version };
    let personas = [
        persona(Flavour::Redis, Version(6, 2, 0)),
        persona(Flavour::Redis, Version(7, 0, 15)),
        persona(Flavour::Redis, Version(8, 0, 2)),
        persona(Flavour::Valkey, Version(9, 1, 2)),
    ];
    personas.map(|persona| Form::new(persona, true, false)).into()
}

fn word(number: usize) -> Bytes {
    Bytes::from(format!("word:{number}"))
}

/// The encodings that the servers of a form have.
fn limits(form: Form) -> Limits {
    Limits { set_listpack: form.version() >= 11, ..Limits::default() }
}

fn filled<K: Kind, T>(form: Form, count: usize, add: impl Fn(&mut K, usize) -> T) -> Value {
    let mut value = K::default();
    for number in 0..count {
        add(&mut value, number);
    }
    value.settle(&limits(form));
    value.wrap()
}

/// Values in small encodings and in large ones.
fn values(form: Form) -> Vec<Value> {
    let sized = |count| {
        [
            filled::<Hash, _>(form, count, |hash, n| hash.load(word(n), word(n), None)),
            filled::<List, _>(form, count, |list, n| list.push(word(n), End::Tail)),
            filled::<Set, _>(form, count, |set, n| set.add(word(n))),
            filled::<Set, _>(form, count, |set, n| set.add(n.to_string().into())),
            filled::<SortedSet, _>(form, count, |set, n| set.insert(word(n), 1.5)),
            Text::from(Bytes::from(word(count).repeat(count))).wrap(),
        ]
    };
    [sized(3), sized(600)].into_iter().flatten().collect()
}

#[test]
fn every_value_comes_back_in_the_form_of_every_version() {
    for form in forms() {
        for value in values(form) {
            let payload = dump(&value, form);
            let back = restore(&payload, form, &limits(form), true).expect("it is whole");
            assert_eq!(back.type_of(), value.type_of());
            assert_eq!(dump(&back, form).len(), payload.len());
        }
    }
}

fn file(form: Form) -> Vec<u8> {
    let mut snapshot = Snapshot::new(form, 1, 1);
    snapshot.function(b"#!lua name=mylib");
    let values = values(form);
    snapshot.select(3, values.len(), 1);
    for (number, value) in values.iter().enumerate() {
        snapshot.idle(5);
        snapshot.key(&word(number), value, Some(4_102_444_800_000).filter(|_| number == 0));
    }
    snapshot.finish()
}

#[test]
fn a_file_comes_back() {
    for form in forms() {
        let contents = read_file(&file(form), form, &limits(form)).expect("it is whole");
        assert_eq!(contents.records.len(), values(form).len());
        assert_eq!(contents.functions.len(), 1);
        let first = &contents.records[0];
        assert_eq!((first.db, first.idle_s), (3, Some(5)));
        assert_eq!(first.expires_at_ms, Some(4_102_444_800_000));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoilt_payloads_are_read_or_refused(
        nth in 0..12_usize,
        form in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let form = forms()[form];
        let mut payload = dump(&values(form)[nth], form).to_vec();
        for (at, byte) in changes {
            let at = at.index(payload.len().min(32));
            payload[at] = byte;
        }
        if cuts {
            let end = cut.index(payload.len());
            payload.truncate(end);
        }
        let _ = restore(&payload, form, &limits(form), false);
    }

    #[test]
    fn spoilt_files_are_read_or_refused(
        form in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9),
    ) {
        let form = forms()[form];
        let mut bytes = file(form);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read_file(&bytes, form, &limits(form));
    }
}
