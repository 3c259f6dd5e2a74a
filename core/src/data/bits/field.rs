//! Integers of any width at any place of a row of bits.
use crate::number::parse_i64;

/// The type of such an integer: `i1` to `i64`, or `u1` to `u63`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) is_signed: bool,
    /// Its width in bits.
    pub(crate) width: u32,
}

/// What becomes of a value that does not fit its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// Its highest bits are lost.
    Wrap,
    /// The nearest that fits takes its place.
    Saturate,
    /// It is refused.
    Fail,
}

impl Field {
    /// Reads a name such as `i16`.
    pub(crate) fn parse(name: &[u8]) -> Option<Field> {
        let (sign, width) = name.split_first()?;
        let (is_signed, widest) = match sign {
            b'i' => (true, 64),
            b'u' => (false, 63),
            _ => return None,
        };
        let width = u32::try_from(parse_i64(width)?).ok()?;
        (1..=widest).contains(&width).then_some(Field { is_signed, width })
    }

    /// The integer at an offset; behind the end all bits are 0.
    pub(crate) fn read(self, bytes: &[u8], offset: usize) -> i64 {
        let first = offset / 8;
        let window = (first..first + 9)
            .fold(0_u128, |bits, at| bits << 8 | u128::from(bytes.get(at).copied().unwrap_or(0)));
        self.low_bits(window >> self.room_behind(offset))
    }

    /// Writes an integer at an offset; the string must be long enough.
    pub(crate) fn write(self, bytes: &mut [u8], offset: usize, value: i64) {
        let place = self.mask() << self.room_behind(offset);
        let bits = self.bits_of(value) << self.room_behind(offset);
        let (place, bits) = (place.to_be_bytes(), bits.to_be_bytes());
        // Of the sixteen bytes the last nine are those of the window.
        for (byte, at) in bytes[offset / 8..].iter_mut().zip(7..16) {
            *byte = *byte & !place[at] | bits[at];
        }
    }

    /// The sum of what is there and an increment, made to fit.
    pub(crate) fn add(self, value: i64, increment: i64, overflow: Overflow) -> Option<i64> {
        self.fit(i128::from(value) + i128::from(increment), overflow)
    }

    /// A value made to fit. A negative one is taken for a large one where there are no negatives, and as on the real
    /// servers also where it is further than 63 bits from the highest that fits.
    pub(crate) fn settle(self, value: i64, overflow: Overflow) -> Option<i64> {
        let is_far_below =
            self.is_signed && self.width < 64 && self.most().checked_sub(value).is_none();
        if is_far_below && overflow == Overflow::Saturate {
            return Some(self.most());
        }
        let value =
            if self.is_signed { i128::from(value) } else { i128::from(value.cast_unsigned()) };
        self.fit(value, overflow)
    }

    fn fit(self, value: i128, overflow: Overflow) -> Option<i64> {
        let most = i128::from(self.most());
        let least = if self.is_signed { -most - 1 } else { 0 };
        let fits = (least..=most).contains(&value);
        match overflow {
            Overflow::Fail if !fits => None,
            Overflow::Saturate => i64::try_from(value.clamp(least, most)).ok(),
            _ => Some(self.low_bits(value.cast_unsigned())),
        }
    }

    /// The highest integer that fits.
    fn most(self) -> i64 {
        let unused = 64 - self.width + u32::from(self.is_signed);
        u64::MAX.checked_shr(unused).unwrap_or(0).cast_signed()
    }

    /// How many bits of the nine bytes around a field stand behind it.
    fn room_behind(self, offset: usize) -> u32 {
        72 - u32::try_from(offset % 8).expect("it is less than 8") - self.width
    }

    fn mask(self) -> u128 {
        (1 << self.width) - 1
    }

    fn bits_of(self, value: i64) -> u128 {
        u128::from(value.cast_unsigned()) & self.mask()
    }

    /// The integer that the lowest bits make.
    fn low_bits(self, bits: u128) -> i64 {
        let bits = u64::try_from(bits & self.mask()).expect("a field has at most 64 bits");
        let is_negative = self.is_signed && bits >> (self.width - 1) == 1;
        let above = if is_negative { u64::MAX.checked_shl(self.width).unwrap_or(0) } else { 0 };
        (bits | above).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const I8: Field = Field { is_signed: true, width: 8 };
    const U8: Field = Field { is_signed: false, width: 8 };
    const I64: Field = Field { is_signed: true, width: 64 };

    #[test]
    fn names_of_fields() {
        assert_eq!(Field::parse(b"i64"), Some(I64));
        assert_eq!(Field::parse(b"u8"), Some(U8));
        for name in ["", "i", "u0", "u64", "i65", "i-1", "i08", "8", "I8", " i8", "i8 "] {
            assert_eq!(Field::parse(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn every_field_reads_what_was_written_and_leaves_its_neighbours_alone() {
        for width in 1..=64 {
            for offset in 0..16 {
                for (value, background) in
                    [(0, 0xff), (-1, 0), (i64::MIN, 0x55), (0x1234_5678, 0xaa)]
                {
                    let field = Field { is_signed: true, width };
                    let value = field.settle(value, Overflow::Wrap).unwrap();
                    let mut bytes = [background; 12];
                    field.write(&mut bytes, offset, value);
                    assert_eq!(field.read(&bytes, offset), value, "{width} {offset}");
                    let inside = offset..offset + width as usize;
                    for bit in (0..96).filter(|bit| !inside.contains(bit)) {
                        assert_eq!(
                            super::super::get(&bytes, bit),
                            super::super::get(&[background; 12], bit)
                        );
                    }
                }
            }
        }
        assert_eq!(I8.read(b"\xff", 4), -16);
        assert_eq!(U8.read(b"", 1000), 0);
    }

    #[test]
    fn what_does_not_fit_wraps_saturates_or_fails() {
        for (field, value, increment, wrapped, saturated) in [
            (I8, 127, 1, -128, 127),
            (I8, -128, -1, 127, -128),
            (U8, 255, 2, 1, 255),
            (U8, 1, -2, 255, 0),
            (I64, i64::MAX, 1, i64::MIN, i64::MAX),
            (I64, i64::MIN, -1, i64::MAX, i64::MIN),
        ] {
            assert_eq!(field.add(value, increment, Overflow::Wrap), Some(wrapped));
            assert_eq!(field.add(value, increment, Overflow::Saturate), Some(saturated));
            assert_eq!(field.add(value, increment, Overflow::Fail), None);
        }
        let flag = Field { is_signed: true, width: 1 };
        assert_eq!(flag.settle(1, Overflow::Saturate), Some(0));
        assert_eq!(flag.settle(1, Overflow::Wrap), Some(-1));
        assert_eq!(U8.settle(-1, Overflow::Saturate), Some(255));
        assert_eq!(I8.settle(-1, Overflow::Fail), Some(-1));
        assert_eq!(I8.settle(i64::MIN + 127, Overflow::Saturate), Some(127));
        assert_eq!(I8.settle(i64::MIN + 128, Overflow::Saturate), Some(-128));
        assert_eq!(I64.settle(i64::MIN, Overflow::Saturate), Some(i64::MIN));
    }
}
