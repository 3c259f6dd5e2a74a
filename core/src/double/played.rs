//! Answers as a test would write them, and what of an answer is done besides answering.
use super::answer::{Action, Answer, Chunk};
use super::fault::delay::Delay;
use super::matcher::quoted;
use crate::resp::Reply;
use std::fmt;

impl Action {
    /// What it does to a call besides answering it, in a rule's words.
    pub(crate) fn fault(&self) -> Option<String> {
        match self {
            Action::Reply(_) | Action::Execute | Action::Call(_) | Action::Template(_) => None,
            Action::Garbage(_)
            | Action::WrongType
            | Action::Delay(_)
            | Action::Partial { .. }
            | Action::Duplicate
            | Action::Reorder
            | Action::Truncate(_)
            | Action::Hang
            | Action::DropReply
            | Action::NoReply
            | Action::Close
            | Action::Reset => Some(self.to_string()),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Reply(Reply::Error(error)) => write!(f, "error(\"{error}\")"),
            Action::Reply(reply) => write!(f, "reply({})", crate::transcript::shown(reply)),
            Action::Execute => f.write_str("execute()"),
            Action::Call(_) => f.write_str("call(…)"),
            Action::Template(template) => {
                write!(f, "template({})", quoted(template.to_string().as_bytes()))
            }
            Action::Garbage(length) => write!(f, "garbage({length})"),
            Action::WrongType => f.write_str("wrong_type()"),
            Action::Duplicate => f.write_str("duplicate()"),
            Action::Reorder => f.write_str("reorder()"),
            Action::Truncate(length) => write!(f, "truncate({length})"),
            Action::Hang => f.write_str("hang()"),
            Action::Delay(Delay::Fixed(time)) => write!(f, "delay({}s)", time.as_secs_f64()),
            Action::Delay(delay) => write!(f, "delay({delay})"),
            Action::Partial { chunks, gap } => {
                let chunks: Vec<_> = chunks.iter().map(shown).collect();
                write!(f, "partial([{}], gap={}s)", chunks.join(", "), gap.as_secs_f64())
            }
            Action::DropReply => f.write_str("drop_reply()"),
            Action::NoReply => f.write_str("no_reply()"),
            Action::Close => f.write_str("close()"),
            Action::Reset => f.write_str("reset()"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actions: Vec<_> = self.actions().iter().map(ToString::to_string).collect();
        f.write_str(&actions.join("."))
    }
}

fn shown(chunk: &Chunk) -> String {
    match chunk {
        Chunk::Bytes(bytes) => quoted(bytes),
        Chunk::Length(length) => length.to_string(),
    }
}
