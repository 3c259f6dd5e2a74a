//! Verification: what the test has said, held against what happened.
use super::FauxRedis;
use crate::double::rule::Times;
use crate::double::{Failure, Matcher};
use crate::error::{Error, ErrorKind};
use crate::transcript;

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
        let found = self.calls_of(matcher.clone()).await;
        let failure = self.shared.with(|world| world.double.check(&matcher, times, &found));
        self.outcome(failure.into_iter().collect())
    }

    /// Checks that calls came in this order, whatever came between them: one call for each step, each after the one
    /// before it.
    ///
    /// # Errors
    /// They did not ([`ErrorKind::Verification`]); the error says where the order broke. Or there is no step
    /// ([`ErrorKind::Option`]).
    pub async fn verify_order<M: Into<Matcher>>(
        &self,
        steps: impl IntoIterator<Item = M>,
    ) -> Result<(), Error> {
        let steps = steps.into_iter().map(|step| self.resolved(step.into()));
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        if steps.is_empty() {
            let message = "verify_order takes a step or more: what is to come after what";
            return Err(Error::new(ErrorKind::Option, message));
        }
        let mut found = Vec::with_capacity(steps.len());
        for step in &steps {
            found.push(self.calls_of(step.clone()).await);
        }
        let failure = self.shared.with(|world| world.double.check_order(&steps, &found));
        self.outcome(failure.into_iter().collect())
    }

    /// Checks that there were no calls but those that a rule answered, an expectation counted, or the test verified or
    /// waited for; the handshake of connections aside.
    ///
    /// # Errors
    /// There were ([`ErrorKind::Verification`](crate::ErrorKind::Verification)).
    pub fn verify_no_more(&self) -> Result<(), Error> {
        self.outcome(self.shared.look(|world| world.double.more()))
    }

    /// Checks everything the test has said: expectations, callbacks, and in strict mode what was
    /// not said. Dropping the server then checks no more.
    ///
    /// # Errors
    /// All that is not as it should be ([`ErrorKind::Verification`](crate::ErrorKind::Verification)).
    pub fn verify(&mut self) -> Result<(), Error> {
        self.verified = true;
        self.outcome(self.failures())
    }

    fn outcome(&self, failures: Vec<Failure>) -> Result<(), Error> {
        if failures.is_empty() { Ok(()) } else { Err(self.failed(failures)) }
    }

    /// Failures as an error, with what helps to see why.
    #[doc(hidden)]
    pub fn failed(&self, failures: Vec<Failure>) -> Error {
        Error::verification(failures, &self.context())
    }

    /// Failures as the text of such an error, for bindings to other languages.
    #[doc(hidden)]
    pub fn told(&self, messages: &[String]) -> String {
        crate::error::told(messages, &self.context())
    }

    /// The last calls of each connection, and the seed, as the end of a message.
    #[doc(hidden)]
    pub fn context(&self) -> String {
        self.shared.look(|world| transcript::context(&world.double))
    }

    /// All that is not as it should be so far.
    pub fn failures(&self) -> Vec<Failure> {
        let mut failures = self.shared.look(|world| world.double.failures());
        failures.extend(self.lint_failures());
        failures
    }

    /// Does no verification when the server is dropped.
    pub fn without_verification(mut self) -> FauxRedis {
        self.verified = true;
        self
    }
}
