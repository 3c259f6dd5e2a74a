//! What a handle says of itself: the name a test gave it, and where in the test's source it was made.
use super::rule::Source;
use std::panic::Location;

#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) name: Option<String>,
    pub(crate) source: Source,
}

impl Label {
    /// A word, and the name behind it if there is one: `hold`, or `hold 'stampede'`.
    pub(crate) fn titled(&self, word: &str) -> String {
        self.name.as_ref().map_or_else(|| word.to_owned(), |name| format!("{word} '{name}'"))
    }
}

impl From<Source> for Label {
    fn from(source: Source) -> Label {
        Label { name: None, source }
    }
}

impl From<&'static Location<'static>> for Label {
    fn from(location: &'static Location<'static>) -> Label {
        Label::from(Source::from(location))
    }
}
