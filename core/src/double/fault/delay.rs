//! How long an answer takes: a fixed time, or one drawn from a distribution.
use crate::dice::Dice;
use crate::error::{Error, ErrorKind};
use std::fmt;
use std::time::Duration;

/// How long a delay lasts. What is left to chance is drawn from the server's seed when the call is decided, before
/// anything has taken effect.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Delay {
    /// Always so long.
    Fixed(Duration),
    /// Each time between the two as likely as the others.
    Uniform(Duration, Duration),
    /// Mostly about the median, and now and then much longer, as real latencies are: the logarithm of the time is
    /// normally distributed.
    LogNormal {
        /// Half of the delays are shorter.
        median: Duration,
        /// The standard deviation of the logarithm: 0 is always the median, 1 is a wide spread.
        sigma: f64,
    },
}

impl Delay {
    /// A time between two, each as likely as the others.
    ///
    /// # Errors
    /// The second is shorter than the first ([`ErrorKind::Option`]).
    pub fn uniform(least: Duration, most: Duration) -> Result<Delay, Error> {
        if most < least {
            let message = format!(
                "uniform(a, b) takes the shorter time first, not {least:?} before {most:?}"
            );
            return Err(Error::new(ErrorKind::Option, message));
        }
        Ok(Delay::Uniform(least, most))
    }

    /// Mostly about the median, and now and then much longer.
    ///
    /// # Errors
    /// Sigma is below zero or no number ([`ErrorKind::Option`]).
    pub fn lognormal(median: Duration, sigma: f64) -> Result<Delay, Error> {
        if !(sigma.is_finite() && sigma >= 0.0) {
            let message =
                format!("lognormal(median, sigma) takes a sigma of zero or more, not {sigma}");
            return Err(Error::new(ErrorKind::Option, message));
        }
        Ok(Delay::LogNormal { median, sigma })
    }

    /// How long it is this time. Nothing is drawn for a fixed time.
    pub(crate) fn draw(self, dice: &mut Dice) -> Duration {
        match self {
            Delay::Fixed(time) => time,
            Delay::Uniform(least, most) => {
                least + (most.saturating_sub(least)).mul_f64(dice.fraction())
            }
            Delay::LogNormal { median, sigma } => {
                let seconds = median.as_secs_f64() * (sigma * normal(dice)).exp();
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
            }
        }
    }
}

/// A number of the normal distribution, by the method of Box and Muller.
fn normal(dice: &mut Dice) -> f64 {
    let (radius, angle) = (1.0 - dice.fraction(), dice.fraction());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

impl From<Duration> for Delay {
    fn from(time: Duration) -> Delay {
        Delay::Fixed(time)
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Delay::Fixed(time) => write!(f, "{time:?}"),
            Delay::Uniform(least, most) => write!(f, "uniform({least:?}, {most:?})"),
            Delay::LogNormal { median, sigma } => write!(f, "lognormal({median:?}, {sigma})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn drawn(delay: Delay) -> Vec<Duration> {
        let mut dice = Dice::new(1);
        let mut drawn: Vec<_> = (0..10_001).map(|_| delay.draw(&mut dice)).collect();
        drawn.sort();
        drawn
    }

    #[test]
    fn a_fixed_delay_draws_nothing() {
        let (mut dice, mut same) = (Dice::new(1), Dice::new(1));
        assert_eq!(Delay::from(MS).draw(&mut dice), MS);
        assert_eq!(dice.next(), same.next());
    }

    #[test]
    fn a_uniform_delay_stays_within_its_bounds_and_fills_them() {
        let drawn = drawn(Delay::uniform(10 * MS, 20 * MS).unwrap());
        assert!(drawn[0] >= 10 * MS && drawn[10_000] < 20 * MS, "{drawn:?}");
        let middle = drawn[5_000];
        assert!(middle > 14 * MS && middle < 16 * MS, "{middle:?}");
    }

    #[test]
    fn half_of_lognormal_delays_are_shorter_than_the_median_and_few_are_much_longer() {
        let drawn = drawn(Delay::lognormal(100 * MS, 0.5).unwrap());
        let middle = drawn[5_000];
        assert!(middle > 95 * MS && middle < 105 * MS, "{middle:?}");
        // One deviation of the logarithm above the median lies the 84th hundredth.
        let upper = drawn[8_413];
        assert!(upper > 155 * MS && upper < 175 * MS, "{upper:?}");
        assert!(drawn[10_000] > 300 * MS);
        let same = Delay::lognormal(100 * MS, 0.0).unwrap();
        assert_eq!(same.draw(&mut Dice::new(3)), 100 * MS);
    }

    #[test]
    fn a_distribution_that_makes_no_sense_is_refused() {
        let error = Delay::uniform(2 * MS, MS).unwrap_err();
        assert_eq!(
            error.to_string(),
            "uniform(a, b) takes the shorter time first, not 2ms before 1ms"
        );
        for sigma in [-1.0, f64::NAN, f64::INFINITY] {
            let error = Delay::lognormal(MS, sigma).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Option, "{error}");
        }
    }
}
