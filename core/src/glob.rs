//! Patterns of KEYS, SCAN, PSUBSCRIBE and ACLs, matched as the real server matches them, oddities included.

/// Stars are followed this deep; beyond, nothing matches.
const MAX_NESTING: usize = 1000;

/// Whether letters of different case are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Sensitive,
    Insensitive,
}

/// Whether the whole text matches the pattern: `*`, `?`, `[a-z]`, `[^a-z]`, and `\` before what is meant literally.
pub(crate) fn matches(pattern: &[u8], text: &[u8], case: Case) -> bool {
    Matcher { case, hopeless: false }.matches(pattern, text, 0)
}

struct Matcher {
    case: Case,
    /// The rest behind some star matches nowhere: it is in vain to let an earlier star take more.
    hopeless: bool,
}

impl Matcher {
    fn matches(&mut self, mut pattern: &[u8], mut text: &[u8], nesting: usize) -> bool {
        if nesting > MAX_NESTING {
            return false;
        }
        while let ([first, pattern_rest @ ..], [byte, text_rest @ ..]) = (pattern, text) {
            let (matched, rest) = match first {
                b'*' => return self.star(pattern_rest, text, nesting),
                b'?' => (true, pattern_rest),
                b'[' => self.class(pattern_rest, *byte),
                b'\\' if !pattern_rest.is_empty() => {
                    (self.same(pattern_rest[0], *byte), &pattern_rest[1..])
                }
                literal => (self.same(*literal, *byte), pattern_rest),
            };
            if !matched {
                return false;
            }
            (pattern, text) = (rest, text_rest);
            if text.is_empty() {
                pattern = without_stars(pattern);
            }
        }
        pattern.is_empty() && text.is_empty()
    }

    /// Matches what is behind a star against every rest of the text.
    fn star(&mut self, pattern: &[u8], text: &[u8], nesting: usize) -> bool {
        let pattern = without_stars(pattern);
        if pattern.is_empty() {
            return true;
        }
        for start in 0..text.len() {
            if self.matches(pattern, &text[start..], nesting + 1) {
                return true;
            }
            if self.hopeless {
                return false;
            }
        }
        self.hopeless = true;
        false
    }

    /// Matches a byte against a class whose bracket has been read; returns the pattern behind it too. A class that is
    /// never closed ends with the pattern.
    fn class<'p>(&self, pattern: &'p [u8], byte: u8) -> (bool, &'p [u8]) {
        let (negated, mut pattern) = match pattern {
            [b'^', rest @ ..] => (true, rest),
            _ => (false, pattern),
        };
        let mut matched = false;
        loop {
            let (hit, rest) = match pattern {
                [b'\\', escaped, rest @ ..] => (*escaped == byte, rest),
                [b']', rest @ ..] => return (matched != negated, rest),
                [] => return (matched != negated, pattern),
                [from, b'-', to, rest @ ..] => (self.in_range(*from, *to, byte), rest),
                [literal, rest @ ..] => (self.same(*literal, byte), rest),
            };
            matched |= hit;
            pattern = rest;
        }
    }

    /// Bytes are compared as C's signed characters, and a range may be given backwards.
    fn in_range(&self, from: u8, to: u8, byte: u8) -> bool {
        let (from, to) =
            if from.cast_signed() <= to.cast_signed() { (from, to) } else { (to, from) };
        let fold = |byte: u8| self.fold(byte).cast_signed();
        (fold(from)..=fold(to)).contains(&fold(byte))
    }

    fn same(&self, a: u8, b: u8) -> bool {
        self.fold(a) == self.fold(b)
    }

    fn fold(&self, byte: u8) -> u8 {
        match self.case {
            Case::Sensitive => byte,
            Case::Insensitive => byte.to_ascii_lowercase(),
        }
    }
}

fn without_stars(pattern: &[u8]) -> &[u8] {
    let stars = pattern.iter().take_while(|&&byte| byte == b'*').count();
    &pattern[stars..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, hits: &[&str], misses: &[&str]) {
        for hit in hits {
            assert!(
                matches(pattern.as_bytes(), hit.as_bytes(), Case::Sensitive),
                "{pattern} matches {hit}"
            );
        }
        for miss in misses {
            assert!(
                !matches(pattern.as_bytes(), miss.as_bytes(), Case::Sensitive),
                "{pattern} does not match {miss}"
            );
        }
    }

    #[test]
    fn stars_and_question_marks() {
        check("h?llo", &["hello", "hallo"], &["hllo", "heello"]);
        check("h*llo", &["hllo", "heeello"], &["hell"]);
        check("a***b*", &["ab", "axb", "abx"], &["a", "xab"]);
        check("?", &["a"], &["", "ab"]);
    }

    #[test]
    fn classes() {
        check("[abc]x", &["ax", "bx"], &["dx", "x"]);
        check("[^a-c]", &["d", "^"], &["a", "b"]);
        check("[c-a]", &["b"], &["d"]);
        check("[a\\]]", &["]", "a"], &["\\"]);
        check("[-a]", &["-", "a"], &["b"]);
        check("[]a", &[], &["]a", "a"]);
    }

    #[test]
    fn a_class_that_is_never_closed_ends_with_the_pattern() {
        check("[ab", &["a", "b"], &["[", "c", "ab"]);
        check("[^", &["a"], &["", "ab"]);
        check("[", &[], &["["]);
        check("[a-", &["a", "-"], &["b"]);
    }

    #[test]
    fn escapes() {
        check("a\\*b", &["a*b"], &["axb"]);
        check("a\\", &["a\\"], &["a"]);
    }

    #[test]
    fn an_empty_text_matches_no_star() {
        check("", &[""], &["a"]);
        check("*", &["a"], &[""]);
    }

    #[test]
    fn case_is_folded_when_asked_for_but_not_behind_an_escape_in_a_class() {
        assert!(matches(b"HeL[L-l]O", b"hello", Case::Insensitive));
        assert!(matches(b"\\H", b"h", Case::Insensitive));
        assert!(!matches(b"[\\H]", b"h", Case::Insensitive));
        assert!(!matches(b"H", b"h", Case::Sensitive));
    }

    #[test]
    fn bytes_above_127_are_below_the_others() {
        assert!(matches(b"[a-\xff]", b"A", Case::Sensitive));
        assert!(!matches(b"[a-\xff]", b"b", Case::Sensitive));
    }

    #[test]
    fn an_abusive_pattern_costs_no_more_than_its_length() {
        let pattern = b"a*".repeat(500);
        assert!(!matches(&[&pattern[..], b"b"].concat(), &b"a".repeat(1000), Case::Sensitive));
        let deep = b"*?".repeat(1002);
        assert!(!matches(&deep, &b"a".repeat(3000), Case::Sensitive));
    }
}
