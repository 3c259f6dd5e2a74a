//! What can happen to bytes on their way.
use std::fmt;
use std::time::Duration;

/// Which way the bytes go that an effect concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// From the server to the client.
    #[default]
    Down,
    /// From the client to the server.
    Up,
    /// Both ways, each for itself.
    Both,
}

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Down,
    Up,
}

impl Direction {
    pub(crate) fn has(self, way: Way) -> bool {
        match way {
            Way::Down => self != Direction::Up,
            Way::Up => self != Direction::Down,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::Down => "down",
            Direction::Up => "up",
            Direction::Both => "both",
        })
    }
}

/// What follows when a connection has had as many bytes as its link lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitThen {
    /// The connection ends in order (FIN).
    Close,
    /// The connection ends with a RST.
    Reset,
    /// Nothing comes any more, until the link is removed.
    Blackhole,
}

/// What happens to bytes on their way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Latency {
        time: Duration,
        jitter: Duration,
    },
    /// So many bytes a second.
    Bandwidth(u64),
    SlowClose(Duration),
    Slice {
        size: usize,
        gap: Duration,
    },
    Limit {
        bytes: u64,
        then: LimitThen,
    },
    /// How likely each byte is to be another.
    Corrupt(f64),
    Blackhole {
        close_after: Option<Duration>,
    },
    /// The connection is reset so much later.
    Reset(Duration),
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Effect::Latency { time, jitter } if jitter.is_zero() => write!(f, "latency({time:?})"),
            Effect::Latency { time, jitter } => write!(f, "latency({time:?}, jitter={jitter:?})"),
            Effect::Bandwidth(rate) => write!(f, "bandwidth({rate})"),
            Effect::SlowClose(time) => write!(f, "slow_close({time:?})"),
            Effect::Slice { size, gap } if gap.is_zero() => write!(f, "slice({size})"),
            Effect::Slice { size, gap } => write!(f, "slice({size}, gap={gap:?})"),
            Effect::Limit { bytes, then } => {
                let then = format!("{then:?}").to_lowercase();
                write!(f, "limit({bytes}, then={then})")
            }
            Effect::Corrupt(rate) => write!(f, "corrupt({rate})"),
            Effect::Blackhole { close_after: None } => f.write_str("blackhole()"),
            Effect::Blackhole { close_after: Some(time) } => {
                write!(f, "blackhole(close_after={time:?})")
            }
            Effect::Reset(time) if time.is_zero() => f.write_str("reset()"),
            Effect::Reset(time) => write!(f, "reset(after={time:?})"),
        }
    }
}
