//! Arrays, in a form of this project's own: that of the real server is not documented.
use super::reader::Reader;
use super::writer::Writer;
use super::{Flaw, Read};
use crate::data::array::{Array, LAST_INDEX};

/// Writes where the next insertion goes, and the elements with their indexes.
pub(super) fn write(writer: &mut Writer, array: &Array) {
    // Behind the last index, there is nowhere to insert.
    writer.length(array.cursor().unwrap_or(LAST_INDEX).min(LAST_INDEX));
    writer.byte(u8::from(array.cursor().is_none()));
    writer.count(array.used());
    for (index, element) in array.range(0..=LAST_INDEX) {
        writer.length(index);
        writer.string(element);
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Read<Array> {
    let mut array = Array::default();
    let cursor = index(reader)?;
    let is_full = reader.byte()? != 0;
    for _ in 0..reader.length()? {
        let index = index(reader)?;
        if array.set(index, reader.string()?).is_some() {
            return Err(Flaw::Corrupt("an element that is there twice"));
        }
    }
    array.seek(if is_full { LAST_INDEX + 1 } else { cursor });
    if array.is_empty() { Err(Flaw::Empty) } else { Ok(array) }
}

fn index(reader: &mut Reader<'_>) -> Read<u64> {
    let index = reader.length()?;
    if index > LAST_INDEX { Err(Flaw::Corrupt("an index behind the last")) } else { Ok(index) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(array: &Array) -> Vec<u8> {
        let mut writer = Writer::new(false);
        write(&mut writer, array);
        writer.out
    }

    #[test]
    fn an_array_comes_back_and_every_truncation_is_refused() {
        let mut array = Array::default();
        for index in [0, 1, 5000, LAST_INDEX] {
            array.set(index, index.to_string().into());
        }
        array.seek(7);
        let bytes = written(&array);
        let back = read(&mut Reader::new(&bytes)).expect("it is whole");
        assert!(back.range(0..=LAST_INDEX).eq(array.range(0..=LAST_INDEX)));
        assert_eq!((back.cursor(), back.used()), (Some(7), 4));
        for end in 0..bytes.len() {
            assert!(read(&mut Reader::new(&bytes[..end])).is_err(), "{end}");
        }
        array.seek(LAST_INDEX + 1);
        let back = read(&mut Reader::new(&written(&array))).expect("it is whole");
        assert_eq!(back.cursor(), None);
    }
}
