//! Matchers and rules.
use crate::atoms;
use crate::callback::{Asks, Callable};
use crate::convert::{self, proper, tagged};
use crate::error::{Done, Error, Result};
use crate::handle::{Handle, Kept};
use crate::pattern::{option, pattern};
use crate::spelling::{forms, shown};
use crate::verify::Found;
use faux_redis::{Client, Matcher, Protocol, Scenario, Then, Times};
use rustler::{Encoder, Env, Resource, ResourceArc, Term};
use std::sync::{Arc, Weak};

/// The handle of a stub or an expectation: a reference.
pub(crate) struct Rule {
    number: u64,
    asks: Weak<Asks>,
    mounted: Kept<faux_redis::Rule>,
}

#[rustler::resource_impl]
impl Resource for Rule {}

impl Handle for Rule {
    fn title(&self) -> Option<String> {
        self.mounted.look(faux_redis::Rule::title).flatten()
    }

    fn source(&self) -> String {
        self.mounted.source()
    }

    fn remove(&self) -> Result<()> {
        if let Some(rule) = self.mounted.take() {
            rule.remove();
        }
        Ok(())
    }
}

impl Rule {
    pub(crate) fn new(rule: faux_redis::Rule, asks: &Arc<Asks>) -> ResourceArc<Rule> {
        let number = rule.id().number();
        let source = rule.source().to_owned();
        let mounted = Kept::new(rule, source);
        ResourceArc::new(Rule { number, asks: Arc::downgrade(asks), mounted })
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn edit_all(&self, edits: Term<'_>) -> Result<()> {
        let mut edits = proper(edits).map_err(|_| bad_edit(edits))?;
        let asks = self.asks.upgrade().ok_or_else(removed)?;
        edits.try_for_each(|edit| self.edit(edit, &asks))
    }

    /// One word about what a rule does, how often, and in which order.
    fn edit(&self, term: Term<'_>, asks: &Arc<Asks>) -> Result<()> {
        let bad = || bad_edit(term);
        let (name, values) = tagged(term).ok_or_else(bad)?;
        match (&*name, &values[..]) {
            ("then", [actions]) => {
                let answer = convert::answer(*actions, asks)?;
                self.change(|rule| {
                    answer.actions().iter().cloned().fold(rule, faux_redis::Rule::then_do)
                })
            }
            ("replies", [answers, then]) => {
                let answers = proper(*answers).map_err(|_| bad())?;
                let answers = answers.map(|answer| convert::answer(answer, asks));
                let answers = answers.collect::<Result<Vec<_>>>()?;
                let then = after_the_last(*then)?;
                if answers.is_empty() {
                    return Err(bad());
                }
                self.change(|rule| rule.replies_then(answers, then))
            }
            ("times", [least, most]) => {
                let times = times(*least, *most)?;
                self.change(|rule| rule.times(times))
            }
            ("nth", [n]) => self.change_by(*n, "nth", faux_redis::Rule::nth),
            ("after", [n]) => self.change_by(*n, "after", faux_redis::Rule::after),
            ("priority", [n]) => {
                let n = n.decode().map_err(|_| bad())?;
                self.change(|rule| rule.priority(n))
            }
            ("p", [probability]) => {
                let probability = probability.decode().ok().filter(|p| (0.0..=1.0).contains(p));
                let probability: f64 = probability.ok_or_else(bad)?;
                self.change(|rule| rule.p(probability))
            }
            ("scenario", [name, when, to]) => {
                let part = Scenario::of(convert::text("scenario", *name)?);
                let word = |term: &Term<'_>| convert::text("scenario", *term);
                let part = if when.is_atom() { part } else { part.when(word(when)?) };
                let part = if to.is_atom() { part } else { part.to(word(to)?) };
                self.change(|rule| rule.scenario(part))
            }
            ("replace", [actions]) => {
                let answer = convert::answer(*actions, asks)?;
                self.change(|rule| rule.replace(answer))
            }
            ("optional", []) => self.change(faux_redis::Rule::optional),
            ("named", [name]) => {
                let name = convert::bytes(*name).ok_or_else(bad)?;
                self.change(|rule| rule.named(String::from_utf8_lossy(&name)))
            }
            _ => Err(bad()),
        }
    }

    fn change_by(
        &self,
        n: Term<'_>,
        option: &str,
        change: impl FnOnce(faux_redis::Rule, u64) -> faux_redis::Rule,
    ) -> Result<()> {
        let bad =
            |_| Error::option(format!("option '{option}' takes a whole number, not {}", shown(n)));
        let n = n.decode().map_err(bad)?;
        self.change(|rule| change(rule, n))
    }

    fn change(&self, change: impl FnOnce(faux_redis::Rule) -> faux_redis::Rule) -> Result<()> {
        if self.mounted.edit(change) { Ok(()) } else { Err(removed()) }
    }

    fn info<'a>(&self, env: Env<'a>) -> Term<'a> {
        let handled = self.mounted.look(faux_redis::Rule::handled).unwrap_or_default();
        let wrong = self.mounted.look(faux_redis::Rule::failure).flatten();
        let pairs = [
            (atoms::id(), self.number.encode(env)),
            (atoms::title(), self.title().encode(env)),
            (atoms::seen(), handled.seen.encode(env)),
            (atoms::hits(), handled.hits.encode(env)),
            (atoms::excess(), handled.excess.encode(env)),
            (atoms::failure(), wrong.as_ref().map(Found::from).encode(env)),
        ];
        Term::map_from_pairs(env, &pairs).expect("no key stands there twice")
    }
}

#[rustler::nif]
fn edit(rule: ResourceArc<Rule>, edits: Term<'_>) -> Done {
    Done(rule.edit_all(edits))
}

#[rustler::nif]
fn rule_info(env: Env<'_>, rule: ResourceArc<Rule>) -> Term<'_> {
    rule.info(env)
}

/// Which calls are meant: a list of conditions, all of which must hold.
pub(crate) fn matcher(term: Term<'_>, asks: &Arc<Asks>) -> Result<Matcher> {
    let conditions = proper(term).map_err(|_| bad_matcher(term))?;
    let mut conditions = conditions.peekable();
    let group = conditions.next_if(|condition| {
        tagged(*condition).is_some_and(|(kind, _)| ["name", "category", "flag"].contains(&&*kind))
    });
    let matcher = group.map_or_else(|| Ok(Matcher::any()), commands)?;
    conditions.try_fold(matcher, |matcher, condition| narrow(matcher, condition, asks))
}

/// A command, or the commands that have something in common.
fn commands(condition: Term<'_>) -> Result<Matcher> {
    let bad = || bad_matcher(condition);
    let (kind, values) = tagged(condition).ok_or_else(bad)?;
    let [name] = values[..] else { return Err(bad()) };
    let name = convert::text("name", name)?;
    Ok(match &*kind {
        "category" => Matcher::category(&name),
        "flag" => Matcher::flag(&name),
        _ => Matcher::command(&name),
    })
}

fn narrow(matcher: Matcher, condition: Term<'_>, asks: &Arc<Asks>) -> Result<Matcher> {
    let bad = || bad_matcher(condition);
    let (name, values) = tagged(condition).ok_or_else(bad)?;
    Ok(match (&*name, &values[..]) {
        ("arg", [one]) => matcher.arg(pattern(*one, asks)?),
        ("key", [one]) => matcher.key(pattern(*one, asks)?),
        ("option", [name, value]) => {
            matcher.option(&convert::text("option", *name)?, option(*value, asks)?)
        }
        ("conn", [facts]) => matcher.conn(client(*facts, asks)?),
        ("via", [way]) => {
            let bad = || {
                let message = "option 'via' takes direct, exec or script, not ";
                Error::option(format!("{message}{}", shown(*way)))
            };
            let name = way.atom_to_string().map_err(|_| bad())?;
            matcher.via(name.parse().map_err(|_: String| bad())?)
        }
        ("when", [callable]) => {
            let (_, parts) = tagged(*callable).ok_or_else(bad)?;
            let [number, name] = parts[..] else { return Err(bad()) };
            matcher.when(Callable::new(number, name, asks)?.call_predicate())
        }
        _ => return Err(bad()),
    })
}

/// Which connections are meant: a list of what must be so of one.
pub(crate) fn client(term: Term<'_>, asks: &Arc<Asks>) -> Result<Client> {
    let bad = || bad_client(term);
    let facts = proper(term).map_err(|_| bad())?;
    facts.into_iter().try_fold(Client::any(), |client, fact| {
        let (name, values) = tagged(fact).ok_or_else(bad)?;
        let [value] = values[..] else { return Err(bad()) };
        Ok(match &*name {
            "ids" => Client::ids(value.decode::<Vec<u64>>().map_err(|_| bad())?),
            "name" => client.name(pattern(value, asks)?),
            "user" => client.user(pattern(value, asks)?),
            "library" => client.library(pattern(value, asks)?),
            "address" => client.address(pattern(value, asks)?),
            "db" => client.db(value
                .decode::<u64>()
                .ok()
                .and_then(|db| db.try_into().ok())
                .ok_or_else(bad)?),
            "protocol" => client.protocol(protocol(value).ok_or_else(bad)?),
            _ => return Err(bad()),
        })
    })
}

fn protocol(term: Term<'_>) -> Option<Protocol> {
    match term.decode::<u64>() {
        Ok(2) => Some(Protocol::Resp2),
        Ok(3) => Some(Protocol::Resp3),
        _ => None,
    }
}

/// How often at least and at most; `infinity` for no limit.
pub(crate) fn times(least: Term<'_>, most: Term<'_>) -> Result<Times> {
    let bad = || {
        let (least, most) = (shown(least), shown(most));
        Error::option(format!(
            "'times' goes from a whole number to one that is no less, not from {least} to {most}"
        ))
    };
    let from = least.decode().map_err(|_| bad())?;
    let is_infinite = most.atom_to_string().is_ok_and(|name| name == "infinity");
    let to = if is_infinite { u64::MAX } else { most.decode().map_err(|_| bad())? };
    if from <= to { Ok(Times { least: from, most: to }) } else { Err(bad()) }
}

fn after_the_last(term: Term<'_>) -> Result<Then> {
    match tagged(term).as_ref().map(|(name, _)| &**name) {
        Some("last") => Ok(Then::Last),
        Some("cycle") => Ok(Then::Cycle),
        Some("store") => Ok(Then::Store),
        Some("error") => Ok(Then::Error),
        _ => {
            let message = "option 'then' takes last, cycle, store or error, not ";
            Err(Error::option(format!("{message}{}", shown(term))))
        }
    }
}

fn removed() -> Error {
    Error::stopped("the rule has been removed")
}

fn bad_matcher(term: Term<'_>) -> Error {
    Error::option(format!("{} is no condition of a matcher", shown(term)))
}

fn bad_client(term: Term<'_>) -> Error {
    let accepts = "an id, ids, or what must be so of a connection: name, user, library and address as exact text, any or \
                   {glob, Pattern}, db as a number, protocol as 2 or 3";
    Error::option(format!("option 'conn' takes {}; not {}", forms(accepts), shown(term)))
}

fn bad_edit(term: Term<'_>) -> Error {
    Error::option(format!("{} is nothing a rule can be told", shown(term)))
}
