//! A connection to the one of several addresses that answers first: "Happy Eyeballs", RFC 8305.
//!
//! A host has addresses of two families, and one of them may lead nowhere without anybody saying so. Asked in turn, that costs
//! the minutes until the operating system gives up. So the attempts overlap. They are polled in one future and need no tasks.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use crate::reactor::Timer;

/// How long one attempt has before the next begins: what RFC 8305, section 5, recommends.
const HEAD_START: Duration = Duration::from_millis(250);

/// Returns what `attempt` makes of the first address to succeed; if none does, the error of the last in the order in which they
/// were tried. `None` if there are no addresses.
///
/// The next address is tried when all attempts have had their head start, or when one has failed. Those that still go on when
/// another succeeds are dropped.
pub(super) async fn first_to_succeed<T, F>(
    addrs: impl Iterator<Item = SocketAddr>,
    attempt: impl Fn(SocketAddr) -> F,
) -> Option<io::Result<T>>
where
    F: Future<Output = io::Result<T>>,
{
    let mut untried = alternating(addrs.collect()).into_iter().enumerate();
    let mut attempts: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut head_start: Option<Pin<Box<Timer>>> = None;
    let mut failure: Option<(usize, io::Error)> = None;

    poll_fn(|cx| {
        loop {
            let mut next_is_due = match &mut head_start {
                Some(timer) => timer.as_mut().poll(cx).is_ready(),
                None => true,
            };
            let mut i = 0;
            while let Some((number, attempt)) = attempts.get_mut(i) {
                match attempt.as_mut().poll(cx) {
                    Poll::Pending => i += 1,
                    Poll::Ready(Ok(connected)) => return Poll::Ready(Some(Ok(connected))),
                    Poll::Ready(Err(err)) => {
                        if failure.as_ref().is_none_or(|(last, _)| last < number) {
                            failure = Some((*number, err));
                        }
                        next_is_due = true;
                        drop(attempts.remove(i));
                    }
                }
            }
            if !next_is_due {
                return Poll::Pending;
            }
            match untried.next() {
                Some((number, addr)) => {
                    attempts.push((number, Box::pin(attempt(addr))));
                    head_start = (untried.len() > 0).then(|| Box::pin(Timer::after(HEAD_START)));
                }
                None if attempts.is_empty() => {
                    return Poll::Ready(failure.take().map(|(_, err)| Err(err)));
                }
                None => return Poll::Pending,
            }
        }
    })
    .await
}

/// One family after the other, beginning with that of the first address; within a family the order stays.
fn alternating(addrs: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addrs.first().map(SocketAddr::is_ipv6) else {
        return addrs;
    };
    let (one, other): (Vec<_>, Vec<_>) =
        addrs.into_iter().partition(|addr| addr.is_ipv6() == first);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut mixed = Vec::with_capacity(one.len() + other.len());
    while one.len() + other.len() > 0 {
        mixed.extend(one.next());
        mixed.extend(other.next());
    }
    mixed
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::pending;
    use std::rc::Rc;

    use futures_lite::future::{block_on, yield_now};

    use super::*;

    fn v4(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn v6(port: u16) -> SocketAddr {
        SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], port))
    }

    /// What an address does: nothing at all below port 10, fail below 20, succeed otherwise.
    #[derive(Clone, Default)]
    struct Network(Rc<RefCell<Vec<String>>>);

    impl Network {
        async fn connect(self, addr: SocketAddr) -> io::Result<u16> {
            let told = Told(&self, addr.port());
            told.say("begins");
            match addr.port() {
                0..10 => pending().await,
                10..20 => {
                    yield_now().await;
                    told.say("fails");
                    Err(io::Error::other(addr.port().to_string()))
                }
                _ => {
                    yield_now().await;
                    Ok(addr.port())
                }
            }
        }

        fn race(addrs: &[SocketAddr]) -> (Option<io::Result<u16>>, Vec<String>) {
            let network = Network::default();
            let first =
                first_to_succeed(addrs.iter().copied(), |addr| network.clone().connect(addr));
            let first = block_on(first);
            (first, network.0.take())
        }
    }

    struct Told<'a>(&'a Network, u16);

    impl Told<'_> {
        fn say(&self, what: &str) {
            self.0.0.borrow_mut().push(format!("{} {what}", self.1));
        }
    }

    impl Drop for Told<'_> {
        fn drop(&mut self) {
            self.say("ends");
        }
    }

    #[test]
    fn families_alternate_and_keep_their_order() {
        let addrs = vec![v6(1), v6(2), v6(3), v4(1), v4(2)];
        let mixed = [v6(1), v4(1), v6(2), v4(2), v6(3)];
        assert_eq!(alternating(addrs), mixed);
        let addrs = vec![v4(1), v6(1), v6(2), v6(3)];
        assert_eq!(alternating(addrs.clone()), addrs);
        assert_eq!(alternating(Vec::new()), Vec::new());
    }

    #[test]
    fn the_first_that_answers_is_the_only_one_tried() {
        let (first, log) = Network::race(&[v4(20), v4(21)]);
        assert_eq!(first.expect("addresses").expect("success"), 20);
        assert_eq!(log, ["20 begins", "20 ends"]);
    }

    #[test]
    fn a_failure_begins_the_next_at_once() {
        let (first, log) = Network::race(&[v4(10), v4(11), v4(20)]);
        assert_eq!(first.expect("addresses").expect("success"), 20);
        let expected = [
            "10 begins",
            "10 fails",
            "10 ends",
            "11 begins",
            "11 fails",
            "11 ends",
            "20 begins",
            "20 ends",
        ];
        assert_eq!(log, expected);
    }

    #[test]
    fn one_that_does_not_answer_is_overtaken_and_given_up() {
        let (first, log) = Network::race(&[v6(1), v6(2), v4(20)]);
        assert_eq!(first.expect("addresses").expect("success"), 20);
        assert_eq!(log, ["1 begins", "20 begins", "20 ends", "1 ends"]);
    }

    #[test]
    fn the_error_is_that_of_the_last_address() {
        let (first, log) = Network::race(&[v6(10), v6(12), v4(11)]);
        let err = first.expect("addresses").expect_err("all fail");
        assert_eq!(err.to_string(), "12");
        assert_eq!(log.len(), 9);
        assert!(Network::race(&[]).0.is_none());
    }
}
