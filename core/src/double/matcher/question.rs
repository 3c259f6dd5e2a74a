//! What a matcher can say of a call by itself, and what only the host can tell.
use super::super::answer::CallbackError;
use super::super::journal::Call;
use super::predicate::{CallPredicate, Predicate};
use bytes::Bytes;
use std::pin::Pin;

/// What is said of a call, or of a part of it, without asking the host.
#[derive(Debug)]
pub(crate) enum Look {
    No,
    Yes,
    Ask(Question),
}

/// What only the host can tell. It is asked with no lock held.
#[derive(Debug)]
pub(crate) enum Question {
    Arg(Predicate, Bytes),
    Call(CallPredicate, Box<Call>),
    Not(Box<Question>),
    All(Vec<Question>),
    Any(Vec<Question>),
}

impl From<bool> for Look {
    fn from(yes: bool) -> Look {
        if yes { Look::Yes } else { Look::No }
    }
}

impl Look {
    /// Whether all are so. What comes behind one that is not is not looked at.
    pub(in crate::double) fn all(looks: impl IntoIterator<Item = Look>) -> Look {
        let mut questions = Vec::new();
        for look in looks {
            match look {
                Look::No => return Look::No,
                Look::Yes => {}
                Look::Ask(question) => questions.push(question),
            }
        }
        if questions.is_empty() { Look::Yes } else { Look::Ask(together(questions, Question::All)) }
    }

    /// Whether one of them is so. What comes behind one that is so is not looked at.
    pub(super) fn any(looks: impl IntoIterator<Item = Look>) -> Look {
        let mut questions = Vec::new();
        for look in looks {
            match look {
                Look::No => {}
                Look::Yes => return Look::Yes,
                Look::Ask(question) => questions.push(question),
            }
        }
        if questions.is_empty() { Look::No } else { Look::Ask(together(questions, Question::Any)) }
    }

    pub(super) fn negated(self) -> Look {
        match self {
            Look::No => Look::Yes,
            Look::Yes => Look::No,
            Look::Ask(question) => Look::Ask(Question::Not(Box::new(question))),
        }
    }
}

fn together(
    mut questions: Vec<Question>,
    join: impl FnOnce(Vec<Question>) -> Question,
) -> Question {
    if questions.len() == 1 { questions.remove(0) } else { join(questions) }
}

impl Question {
    /// Asks one predicate after the other, as many as it takes to know. One that fails ends it.
    pub(crate) fn ask(self) -> Pin<Box<dyn Future<Output = Result<bool, CallbackError>> + Send>> {
        Box::pin(async move {
            match self {
                Question::Arg(predicate, arg) => predicate.asked(arg).await,
                Question::Call(predicate, call) => predicate.asked(*call).await,
                Question::Not(question) => question.ask().await.map(|says| !says),
                Question::All(questions) => decided(questions, false).await,
                Question::Any(questions) => decided(questions, true).await,
            }
        })
    }
}

/// The first answer that decides the matter, or the other one when none does.
async fn decided(questions: Vec<Question>, decisive: bool) -> Result<bool, CallbackError> {
    for question in questions {
        if question.ask().await? == decisive {
            return Ok(decisive);
        }
    }
    Ok(!decisive)
}
