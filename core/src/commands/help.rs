//! HELP of every container, made of its subcommands' rows.
use crate::command::Args;
use crate::engine::Ctx;
use crate::resp::{Reply, Result};

/// Lists the subcommands of the container whose HELP this is.
pub(super) fn help(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    let entry = cx.entry;
    let container = entry.title.split(' ').next().unwrap_or_default();
    let table = cx.node.table;
    let subcommands = table.find(container.as_bytes()).map_or(&[][..], |found| &found.subcommands);
    let mut lines = vec![heading(container)];
    for sub in subcommands.iter().map(|index| &table.entries()[*index]) {
        if sub.name != entry.name {
            lines.push(sub.usage.line[container.len()..].trim_start().to_owned());
            lines.push(format!("    {}", sub.command.summary));
        }
    }
    lines.push("HELP".to_owned());
    lines.push(format!("    {}", entry.command.summary));
    Ok(Reply::Array(lines.into_iter().map(|line| Reply::Status(line.into())).collect()))
}

/// The first line of every HELP.
pub(super) fn heading(container: &str) -> String {
    format!("{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
}
