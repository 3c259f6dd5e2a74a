//! Verification: what the test has said, held against what happened.
use super::FauxRedis;
use crate::double::rule::Times;
use crate::double::{Failure, Matcher};
use crate::error::{Error, ErrorKind};

impl FauxRedis {
    /// Checks that a call was made so often.
    ///
    /// # Errors
    /// It was not ([`ErrorKind::Verification`](crate::ErrorKind::Verification)), or the matcher asks for an option that
    /// the command does not have ([`ErrorKind::Option`](crate::ErrorKind::Option)).
    pub async fn verify_called(
        &self,
        matcher: impl Into<Matcher>,
        times: impl Into<Times>,
    ) -> Result<(), Error> {
        let (matcher, times) = (self.resolved(matcher.into())?, times.into());
        if !times.is_possible() {
            let message = "times takes a number or a range that is not empty";
            return Err(Error::new(ErrorKind::Option, message));
        }
        let got = self.calls_of(matcher.clone()).await.len() as u64;
        let failure = self.shared.look(|world| world.double.check(&matcher, times, got));
        failure.map_or(Ok(()), |failure| Err(Error::verification(vec![failure])))
    }

    /// Checks everything the test has said: expectations, callbacks, and in strict mode what was
    /// not said. Dropping the server then checks no more.
    ///
    /// # Errors
    /// All that is not as it should be ([`ErrorKind::Verification`](crate::ErrorKind::Verification)).
    pub fn verify(&mut self) -> Result<(), Error> {
        self.verified = true;
        let failures = self.failures();
        if failures.is_empty() { Ok(()) } else { Err(Error::verification(failures)) }
    }

    /// All that is not as it should be so far.
    pub fn failures(&self) -> Vec<Failure> {
        self.shared.look(|world| world.double.failures())
    }

    /// Does no verification when the server is dropped.
    pub fn without_verification(mut self) -> FauxRedis {
        self.verified = true;
        self
    }
}
