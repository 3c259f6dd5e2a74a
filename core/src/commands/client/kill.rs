//! CLIENT KILL: connections that end.
use super::filter::Filter;
use crate::command::Args;
use crate::engine::{Ctx, SessionId};
use crate::resp::{Error, Reply, Result};

/// With one argument, an address, it says whether there was such a client; with filters, how many.
pub(super) fn kill(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    let by_address = args.len() == 1;
    let filter =
        if by_address { Filter::by_address(args.peek()) } else { Filter::read(cx, args, true)? };
    let living = cx.clients.iter().filter(|session| !cx.clients.is_killed(session.id));
    let meant: Vec<SessionId> =
        living.filter(|session| filter.holds(cx, session)).map(|session| session.id).collect();
    for id in &meant {
        end(cx, *id);
    }
    match (by_address, meant.len()) {
        (true, 0) => Err(Error::NO_SUCH_CLIENT),
        (true, _) => Ok(Reply::OK),
        (false, count) => Ok(count.into()),
    }
}

/// Who kills itself still gets its reply.
fn end(cx: &mut Ctx<'_>, id: SessionId) {
    if id == cx.id {
        cx.session().closes = true;
    } else {
        cx.clients.kill(id);
    }
}
