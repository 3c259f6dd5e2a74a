//! LCS: the longest common subsequence of two strings.
use crate::command::{Args, Command, command};
use crate::data::text::Text;
use crate::engine::Ctx;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    command("LCS key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]", lcs).until("7.2.0")
        .reads().since("7.0.0").cost("O(N*M)")
        .says("Finds the longest common subsequence of two strings."),
    command("LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]", lcs).from("7.2.0")
        .reads().since("7.0.0").cost("O(N*M)")
        .says("Finds the longest common subsequence of two strings."),
];

#[derive(Clone, Copy, Debug, Default)]
struct LcsOptions {
    len: bool,
    indexes: bool,
    least: usize,
    with_len: bool,
}

fn lcs(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let text = |key: &Bytes| match cx.db.read::<Text>(key) {
        Ok(text) => Ok(text.map(Text::as_bytes).unwrap_or_default()),
        Err(_) => Err(Error::LCS_NOT_STRINGS),
    };
    // Both are looked up, whatever the first one is.
    let (a, b) = (text(args.bytes()?), text(args.bytes()?));
    let (a, b) = (a?, b?);
    let mut options = LcsOptions::default();
    while !args.is_empty() {
        if args.word("IDX") {
            options.indexes = true;
        } else if args.word("LEN") {
            options.len = true;
        } else if args.word("WITHMATCHLEN") {
            options.with_len = true;
        } else if args.len() > 1 && args.word("MINMATCHLEN") {
            options.least = usize::try_from(args.int()?.max(0)).expect("it is not negative");
        } else {
            return Err(Error::SYNTAX);
        }
    }
    if options.len && options.indexes {
        return Err(Error::LCS_LEN_AND_IDX);
    }
    // A real server refuses what it cannot allocate the table for.
    let cells = (a.len() as u64 + 1).saturating_mul(b.len() as u64 + 1).saturating_mul(4);
    if cells > u64::from(u32::MAX) || a.len().max(b.len()) as u64 >= u64::from(u32::MAX) - 1 {
        return Err(Error::LCS_TOO_LONG);
    }
    let table = LcsTable::of(&a, &b);
    Ok(match options {
        LcsOptions { len: true, .. } => table.at(a.len(), b.len()).into(),
        LcsOptions { indexes: true, .. } => table.ranges(&a, &b, options),
        _ => Bytes::from(table.subsequence(&a, &b)).into(),
    })
}

/// For every pair of prefixes the length of their longest common subsequence.
struct LcsTable {
    width: usize,
    cells: Vec<u32>,
}

/// A run of bytes the two strings share: where it ends in each, and its length.
struct Run {
    a_end: usize,
    b_end: usize,
    len: usize,
}

impl LcsTable {
    fn of(a: &[u8], b: &[u8]) -> LcsTable {
        let width = b.len() + 1;
        let mut cells = vec![0_u32; width * (a.len() + 1)];
        for (i, x) in a.iter().enumerate() {
            for (j, y) in b.iter().enumerate() {
                let up_left = i * width + j;
                cells[up_left + width + 1] = if x == y {
                    cells[up_left] + 1
                } else {
                    cells[up_left + 1].max(cells[up_left + width])
                };
            }
        }
        LcsTable { width, cells }
    }

    fn at(&self, i: usize, j: usize) -> usize {
        self.cells[i * self.width + j] as usize
    }

    /// The common bytes from the last to the first, as pairs of places.
    fn walk(&self, a: &[u8], b: &[u8]) -> Vec<(usize, usize)> {
        let (mut i, mut j) = (a.len(), b.len());
        let mut places = Vec::with_capacity(self.at(i, j));
        while i > 0 && j > 0 {
            if a[i - 1] == b[j - 1] {
                (i, j) = (i - 1, j - 1);
                places.push((i, j));
            } else if self.at(i - 1, j) > self.at(i, j - 1) {
                i -= 1;
            } else {
                j -= 1;
            }
        }
        places
    }

    fn subsequence(&self, a: &[u8], b: &[u8]) -> Vec<u8> {
        self.walk(a, b).into_iter().rev().map(|(i, _)| a[i]).collect()
    }

    fn runs(&self, a: &[u8], b: &[u8]) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (i, j) in self.walk(a, b) {
            match runs.last_mut() {
                Some(run) if run.a_end == i + run.len && run.b_end == j + run.len => {
                    run.len += 1;
                }
                _ => runs.push(Run { a_end: i, b_end: j, len: 1 }),
            }
        }
        runs
    }

    fn ranges(&self, a: &[u8], b: &[u8], options: LcsOptions) -> Reply {
        let shown = self.runs(a, b).into_iter().filter(|run| run.len >= options.least);
        let matches = shown.map(|run| {
            let range = |end: usize| Reply::from(vec![end + 1 - run.len, end]);
            let mut parts = vec![range(run.a_end), range(run.b_end)];
            if options.with_len {
                parts.push(run.len.into());
            }
            Reply::Array(parts)
        });
        Reply::Map(vec![
            ("matches".into(), Reply::Array(matches.collect())),
            ("len".into(), self.at(a.len(), b.len()).into()),
        ])
    }
}
