//! Every method of futures in one table: with futures that are ready at once or wait, end well or fail, and are dropped midway. The outcome
//! is what a few lines here say, and each future and each output is dropped exactly once.

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/streams.rs"]
mod streams;
mod support;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ledger::{Ledger, Mark};
use streams::poll;
use support::{HOUR, LIMIT, within};
use unstall::prelude::*;
use unstall::{future, io, task};

/// A number that is dropped once.
#[derive(Debug)]
struct Item(
    u8,
    #[expect(dead_code, reason = "it is there to be dropped")] Mark,
);

type Outcome = Result<Item, Item>;

/// Waits for so many polls. Who polls it after its end fails.
#[derive(Debug)]
struct Steps {
    waits: usize,
    outcome: Option<Outcome>,
    _mark: Mark,
}

impl Future for Steps {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        if self.waits > 0 {
            self.waits -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.outcome.take().expect("polled after its end"))
    }
}

/// How long a future waits, and whether it ends well.
#[derive(Clone, Copy, Debug)]
struct Plan {
    number: u8,
    waits: usize,
    succeeds: bool,
}

impl Plan {
    fn future(self, ledger: &Ledger) -> Steps {
        let item = Item(self.number, ledger.enter());
        Steps {
            waits: self.waits,
            outcome: Some(if self.succeeds { Ok(item) } else { Err(item) }),
            _mark: ledger.enter(),
        }
    }

    fn outcome(self) -> Result<u8, u8> {
        if self.succeeds {
            Ok(self.number)
        } else {
            Err(self.number)
        }
    }
}

fn number(outcome: Outcome) -> Result<u8, u8> {
    outcome.map(|item| item.0).map_err(|item| item.0)
}

type Method = fn(Steps, Steps) -> Pin<Box<dyn Future<Output = String>>>;

/// A method, and what is expected of it.
struct Row {
    method: &'static str,
    ours: Method,
    expected: fn(Plan, Plan) -> String,
}

macro_rules! row {
    ($method:ident, |$a:pat_param, $b:pat_param| $ours:expr, |$p:pat_param, $q:pat_param| $expected:expr) => {
        Row {
            method: stringify!($method),
            ours: |$a: Steps, $b: Steps| Box::pin(async move { format!("{:?}", $ours.await) }),
            expected: |$p: Plan, $q: Plan| format!("{:?}", $expected),
        }
    };
}

/// A future whose output is a future.
async fn nested(outer: Steps, inner: Steps) -> Steps {
    // It is done with before the inner one begins.
    drop(outer.await);
    inner
}

fn rows() -> Vec<Row> {
    /// Which of the two is ready first; the left one in a draw.
    fn first(one: Plan, other: Plan) -> (Plan, Plan) {
        if other.waits < one.waits {
            (other, one)
        } else {
            (one, other)
        }
    }
    vec![
        row!(
            delay,
            |a, _| async { number(a.delay(Duration::ZERO).await) },
            |p, _| p.outcome()
        ),
        row!(
            flatten,
            |a, b| async { number(nested(a, b).flatten().await) },
            |_, q| q.outcome()
        ),
        row!(race, |a, b| async { number(a.race(b).await) }, |p, q| {
            first(p, q).0.outcome()
        }),
        row!(
            try_race,
            |a, b| async { number(a.try_race(b).await) },
            |p, q| {
                let (first, last) = first(p, q);
                // If both fail, the error is that of the second one.
                first.outcome().or(last.outcome()).or(q.outcome())
            }
        ),
        row!(
            join,
            |a, b| async {
                let (a, b) = a.join(b).await;
                (number(a), number(b))
            },
            |p, q| (p.outcome(), q.outcome())
        ),
        row!(
            try_join,
            |a, b| async {
                let joined = a.try_join(b).await;
                joined.map(|(a, b)| (a.0, b.0)).map_err(|item| item.0)
            },
            |p, q| {
                let (first, last) = first(p, q);
                let both = first.outcome().and(last.outcome());
                both.map(|_| (p.number, q.number))
            }
        ),
        row!(
            timeout,
            |a, _| async { a.timeout(HOUR).await.map(number) },
            |p, _| Ok::<_, ()>(p.outcome())
        ),
        row!(
            timeout,
            |a, _| async { future::timeout(HOUR, a).await.map(number) },
            |p, _| Ok::<_, ()>(p.outcome())
        ),
        row!(
            timeout,
            |a, _| async {
                let limited = io::timeout(HOUR, async { Ok(number(a.await)) });
                limited.await.map_err(|error| error.kind())
            },
            |p, _| Ok::<_, ()>(p.outcome())
        ),
        // Over before the future is.
        row!(
            timeout,
            |a, b| async {
                let never = async {
                    let _both = (a.await, b);
                    future::pending::<()>().await;
                };
                never.timeout(Duration::ZERO).await.is_err()
            },
            |_, _| true
        ),
    ]
}

fn each_plan(test: fn(&Row, Plan, Plan)) {
    within(LIMIT, move || {
        for row in rows() {
            for number in 0..3 * 3 * 4 {
                let plan = |at: u8, waits: usize, succeeds: usize| Plan {
                    number: at,
                    waits,
                    succeeds: succeeds == 0,
                };
                let one = plan(1, number % 3, number / 9 % 2);
                let other = plan(2, number / 3 % 3, number / 18);
                test(&row, one, other);
            }
        }
    });
}

#[test]
fn futures_come_to_what_they_should() {
    each_plan(|row, one, other| {
        let ledger = Ledger::default();
        let future = (row.ours)(one.future(&ledger), other.future(&ledger));
        let of = format!("{} of {one:?} and {other:?}", row.method);
        assert_eq!(task::block_on(future), (row.expected)(one, other), "{of}");
        ledger.everything_is_dropped_once(&of);
    });
}

#[test]
fn futures_that_are_dropped_midway_drop_everything_once() {
    each_plan(|row, one, other| {
        let of = format!("{} of {one:?} and {other:?}", row.method);
        for polls in 0..10_000 {
            let ledger = Ledger::default();
            let mut future = (row.ours)(one.future(&ledger), other.future(&ledger));
            let is_over = (0..polls).any(|_| poll(&mut future).is_ready());
            drop(future);
            ledger.everything_is_dropped_once(&of);
            if is_over {
                return;
            }
        }
        panic!("{of} does not come to its end");
    });
}

/// So that a method that is added gets its row.
#[test]
fn every_method_has_a_row() {
    let methods: Vec<&str> = include_str!("../src/future/ext.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("    fn "))
        .filter_map(|rest| rest.split(['<', '(']).next())
        .collect();
    assert_eq!(methods.len(), 7);
    for method in methods {
        let has_row = rows().iter().any(|row| row.method == method);
        assert!(has_row, "{method} has no row");
    }
}
