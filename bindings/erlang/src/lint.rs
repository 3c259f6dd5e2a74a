//! Lint: what is looked for in the way a server was used, and what is found.
use crate::convert::{bytes, proper};
use crate::error::{Error, Outcome, Result};
use crate::server::Server;
use crate::spelling::shown;
use crate::{atoms, call};
use faux_redis::{Finding, Lint, Smell};
use rustler::{Encoder, Env, ResourceArc, Term};

/// Options, in the order in which they are heeded, and what each takes.
const OPTIONS: [(&str, &str); 4] = [
    ("lint", "true, fail or a list of smells"),
    ("lint_ignore", "a list of smells"),
    ("max_round_trips", "an integer of 0 or more"),
    ("n_plus_one", "an integer of 2 or more"),
];

pub(crate) const NAMES: [&str; 4] = [OPTIONS[0].0, OPTIONS[1].0, OPTIONS[2].0, OPTIONS[3].0];

pub(crate) fn is_option(name: &str) -> bool {
    NAMES.contains(&name)
}

/// What these options say is looked for; nothing, if they do not say that anything is.
pub(crate) fn lint_of(options: &[(String, Term<'_>)]) -> Result<Option<Lint>> {
    let mut lint = Lint::none();
    let mut is_said = false;
    for (name, accepts) in OPTIONS {
        let Some((_, value)) = options.iter().find(|(option, _)| option == name) else { continue };
        let bad =
            || Error::option(format!("option '{name}' takes {accepts}, not {}", shown(*value)));
        let whole = |least| {
            let number = value.decode::<u64>().ok().and_then(|n| usize::try_from(n).ok());
            number.filter(|n| *n >= least).ok_or_else(bad)
        };
        lint = match name {
            "lint" => {
                is_said |= value.decode::<bool>().unwrap_or(true);
                looked_for(*value)?.ok_or_else(bad)?
            }
            "lint_ignore" => smells(*value)?.ok_or_else(bad)?.into_iter().fold(lint, Lint::without),
            "max_round_trips" => {
                is_said = true;
                lint.max_round_trips(whole(0)?)
            }
            _ => lint.n_plus_one(whole(2)?),
        };
    }
    Ok(is_said.then_some(lint))
}

/// Everything, everything so that verification fails for it, these smells, or nothing.
fn looked_for(value: Term<'_>) -> Result<Option<Lint>> {
    if let Ok(all) = value.decode::<bool>() {
        return Ok(Some(if all { Lint::all() } else { Lint::none() }));
    }
    if word(value).as_deref() == Some("fail") {
        return Ok(Some(Lint::all().failing()));
    }
    Ok(smells(value)?.map(|smells| smells.into_iter().fold(Lint::none(), Lint::with)))
}

fn smells(value: Term<'_>) -> Result<Option<Vec<Smell>>> {
    let Ok(names) = proper(value) else { return Ok(None) };
    let smell = |name: Term<'_>| word(name).unwrap_or_else(|| shown(name)).parse();
    let smells: std::result::Result<Vec<_>, String> = names.map(smell).collect();
    smells.map(Some).map_err(Error::option)
}

fn word(term: Term<'_>) -> Option<String> {
    let text = || String::from_utf8(bytes(term)?.to_vec()).ok();
    term.atom_to_string().ok().or_else(text)
}

/// What a lint with these options finds.
#[rustler::nif(schedule = "DirtyCpu")]
fn lint<'a>(env: Env<'a>, server: ResourceArc<Server>, options: Term<'a>) -> Outcome<Term<'a>> {
    let found = || -> Result<_> {
        let bad = || Error::option(format!("options are a list of pairs, not {}", shown(options)));
        let pair = |option: Term<'a>| -> Result<(String, Term<'a>)> {
            let (name, value): (Term<'_>, Term<'_>) = option.decode().map_err(|_| bad())?;
            Ok((name.atom_to_string().map_err(|_| bad())?, value))
        };
        let options = proper(options).map_err(|_| bad())?.map(pair).collect::<Result<Vec<_>>>()?;
        let lint = lint_of(&options)?.unwrap_or_else(Lint::all);
        Ok(told(env, &server, server.faux.lint(&lint)))
    };
    Outcome(found())
}

/// What the lint finds that the server was started with.
#[rustler::nif(schedule = "DirtyCpu")]
fn findings(env: Env<'_>, server: ResourceArc<Server>) -> Term<'_> {
    told(env, &server, server.faux.findings())
}

fn told<'a>(env: Env<'a>, server: &Server, findings: Vec<Finding>) -> Term<'a> {
    let told = findings.into_iter().map(|finding| {
        let pairs = [
            (atoms::smell(), finding.smell.name().encode(env)),
            (atoms::message(), finding.message.encode(env)),
            (atoms::calls(), call::list(env, &finding.calls, &server.asks.records)),
            (atoms::why(), finding.why.encode(env)),
            (atoms::advice(), finding.advice.encode(env)),
            (atoms::text(), finding.to_string().encode(env)),
        ];
        Term::map_from_pairs(env, &pairs).expect("no key stands there twice")
    });
    told.collect::<Vec<_>>().encode(env)
}
