//! Which argument stands for which pattern, when there are too many or too few.
use super::explain::{differs, is_needed};
use super::matcher::Pattern;

/// How a list of arguments comes from what was wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// This pattern stands at this argument, and may match it.
    Differs(usize, usize),
    Missing(usize),
    Extra(usize),
}

/// Longer requests are compared word by word, without looking for what was left out.
const MOST_ALIGNED: usize = 64;

/// The shortest way from what was wanted to what came.
pub(super) fn aligned(wanted: &[Pattern], got: &[bytes::Bytes], is_open: bool) -> Vec<Step> {
    let (rows, columns) = (wanted.len(), got.len());
    if rows.max(columns) > MOST_ALIGNED {
        return straight(rows, columns, is_open);
    }
    let missing = |at: usize| usize::from(is_needed(&wanted[at]));
    let free_end = |at: usize| is_open && at == rows;
    let mut costs = vec![vec![0; columns + 1]; rows + 1];
    for at in (0..=rows).rev() {
        for word in (0..=columns).rev() {
            costs[at][word] = match (at < rows, word < columns) {
                (false, false) => 0,
                (true, false) => missing(at) + costs[at + 1][word],
                (false, true) => usize::from(!free_end(at)) + costs[at][word + 1],
                (true, true) => {
                    let differs = usize::from(differs(&wanted[at], &got[word]));
                    let one = differs + costs[at + 1][word + 1];
                    one.min(missing(at) + costs[at + 1][word]).min(1 + costs[at][word + 1])
                }
            };
        }
    }
    let (mut at, mut word, mut steps) = (0, 0, Vec::new());
    while at < rows || (word < columns && !free_end(at)) {
        let differs = at < rows && word < columns && differs(&wanted[at], &got[word]);
        if at < rows
            && word < columns
            && costs[at][word] == usize::from(differs) + costs[at + 1][word + 1]
        {
            steps.push(Step::Differs(at, word));
            (at, word) = (at + 1, word + 1);
        } else if at < rows && costs[at][word] == missing(at) + costs[at + 1][word] {
            steps.push(Step::Missing(at));
            at += 1;
        } else {
            steps.push(Step::Extra(word));
            word += 1;
        }
    }
    steps
}

fn straight(rows: usize, columns: usize, is_open: bool) -> Vec<Step> {
    let both = (0..rows.min(columns)).map(|at| Step::Differs(at, at));
    let missing = (columns..rows).map(Step::Missing);
    let extra = (rows..if is_open { rows } else { columns }).map(Step::Extra);
    both.chain(missing).chain(extra).collect()
}
