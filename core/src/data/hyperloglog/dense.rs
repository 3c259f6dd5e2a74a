//! Registers of six bits each, the lowest bits of the first byte first.

/// The value of a register.
pub(super) fn get(registers: &[u8], register: usize) -> u8 {
    let (byte, shift) = place(register);
    (window(registers, byte) >> shift).to_le_bytes()[0] & 0x3f
}

/// Gives a register a value, unless the one it has is at least as high; whether it was raised.
pub(super) fn raise(registers: &mut [u8], register: usize, value: u8) -> bool {
    if get(registers, register) >= value {
        return false;
    }
    let (byte, shift) = place(register);
    let others = window(registers, byte) & !(0x3f << shift);
    let window = others | u16::from(value) << shift;
    for (byte, new) in registers[byte..].iter_mut().zip(window.to_le_bytes()) {
        *byte = new;
    }
    true
}

fn place(register: usize) -> (usize, usize) {
    (register * 6 / 8, register * 6 % 8)
}

/// The two bytes that a register lies in; the last one ends with the last byte.
fn window(registers: &[u8], byte: usize) -> u16 {
    let next = registers.get(byte + 1).copied().unwrap_or(0);
    u16::from_le_bytes([registers[byte], next])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_do_not_touch_each_other() {
        let mut registers = [0; 12];
        for (at, value) in (0..16).zip(48..64) {
            assert!(raise(&mut registers, at, value));
        }
        for (at, value) in (0..16).zip(48..64) {
            assert_eq!(get(&registers, at), value);
            assert!(!raise(&mut registers, at, value));
        }
    }
}
