//! Every method of streams in one table, each beside its counterpart of `Iterator`: with streams that are empty, have one item or
//! many, let their reader wait, and are dropped midway. Whatever happens, each item and each stream is dropped exactly once.

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/streams.rs"]
mod streams;
mod support;

use std::collections::{
    BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque, vec_deque,
};
use std::fmt::{self, Debug};
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ledger::{Ledger, Mark};
use streams::Answer::{self, Later, Now};
use streams::{drive, poll};
use support::{HOUR, LIMIT, within};
use unstall::prelude::*;
use unstall::stream::{self, DoubleEndedStream};
use unstall::task;

/// A number that is entered in a ledger, and so is each clone of it.
#[derive(Clone)]
struct Item(u8, Mark);

impl Item {
    /// So many clones of it as its number says.
    fn copies(&self) -> Vec<Item> {
        vec![self.clone(); usize::from(self.0)]
    }

    /// One that is lent.
    fn lent(&self) -> &'static u8 {
        static NUMBERS: [u8; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        &NUMBERS[usize::from(self.0)]
    }

    fn odd(self) -> Result<Item, Item> {
        if self.0 % 2 == 1 { Ok(self) } else { Err(self) }
    }

    fn char(&self) -> char {
        char::from(b'0' + self.0)
    }
}

impl Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Item) -> bool {
        self.0 == other.0
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Item) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Item) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl Hash for Item {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// A stream of items, from either end. Who polls it after its end fails.
#[derive(Clone, Debug)]
struct Source {
    answers: VecDeque<Answer<Item>>,
    ended: bool,
    _mark: Mark,
}

impl Source {
    fn new(ledger: &Ledger, numbers: &[u8], lets_wait: bool) -> Source {
        let mut answers = VecDeque::new();
        for number in numbers {
            answers.extend(lets_wait.then_some(Later));
            answers.push_back(Now(Some(Item(*number, ledger.enter()))));
        }
        answers.extend(lets_wait.then_some(Later));
        Source {
            answers,
            ended: false,
            _mark: ledger.enter(),
        }
    }

    fn answer(
        &mut self,
        take: fn(&mut VecDeque<Answer<Item>>) -> Option<Answer<Item>>,
        cx: &Context<'_>,
    ) -> Poll<Option<Item>> {
        assert!(!self.ended, "polled after its end");
        match take(&mut self.answers) {
            Some(Later) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Now(item)) => Poll::Ready(item),
            None => {
                self.ended = true;
                Poll::Ready(None)
            }
        }
    }
}

impl Stream for Source {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        self.answer(VecDeque::pop_front, cx)
    }
}

impl DoubleEndedStream for Source {
    fn poll_next_back(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        self.answer(VecDeque::pop_back, cx)
    }
}

/// The copies of an item, one after the other, each of which has to be waited for. Who polls it after its end fails.
fn copies_of(item: &Item) -> Source {
    let mut answers = VecDeque::new();
    for copy in item.copies() {
        answers.extend([Later, Now(Some(copy))]);
    }
    answers.push_back(Later);
    Source {
        answers,
        ended: false,
        _mark: item.1.clone(),
    }
}

type Items = vec_deque::IntoIter<Item>;
type Method = fn(Source, Source) -> Pin<Box<dyn Future<Output = String>>>;
/// Makes the two streams of a test.
type Sources<'a> = &'a dyn Fn(&Ledger) -> (Source, Source);

/// One method: what it makes of one or two streams, and what the standard library makes of the same items.
struct Row {
    method: &'static str,
    ours: Method,
    std: fn(Items, Items) -> String,
}

fn shown(value: impl Debug) -> String {
    format!("{value:?}")
}

/// All that comes. (`collect` is a row of its own.)
async fn all<S: Stream>(stream: S) -> Vec<S::Item> {
    let mut stream = pin!(stream);
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        items.push(item);
    }
    items
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

/// A row of a method that makes a stream of streams.
macro_rules! to_stream {
    ($method:ident, |$s:pat_param, $t:pat_param| $ours:expr, |$i:pat_param, $j:pat_param| $std:expr) => {
        Row {
            method: stringify!($method),
            ours: |$s: Source, $t: Source| Box::pin(async move { shown(all($ours).await) }),
            std: |$i: Items, $j: Items| shown($std.collect::<Vec<_>>()),
        }
    };
}

/// A row of a method that makes something else of them.
macro_rules! to_value {
    ($method:ident, |$s:pat_param, $t:pat_param| $ours:expr, |$i:pat_param, $j:pat_param| $std:expr) => {
        Row {
            method: stringify!($method),
            ours: |$s: Source, $t: Source| Box::pin(async move { shown($ours.await) }),
            std: |$i: Items, $j: Items| shown($std),
        }
    };
}

/// A row of `collect` into something.
macro_rules! collected {
    ($into:ty, $map:expr, $show:expr) => {
        to_value!(
            collect,
            |s, _| async { $show(s.map($map).collect::<$into>().await) },
            |i, _| $show(i.map($map).collect::<$into>())
        )
    };
}

fn streams() -> Vec<Row> {
    fn sums(sum: &mut u8, item: Item) -> Option<u8> {
        *sum += item.0;
        (*sum < 9).then_some(*sum)
    }
    vec![
        to_stream!(take, |s, _| s.take(2), |i, _| i.take(2)),
        to_stream!(take_while, |s, _| s.take_while(|n| n.0 < 4), |i, _| i
            .take_while(|n| n.0 < 4)),
        to_stream!(throttle, |s, _| s.throttle(Duration::ZERO), |i, _| i),
        to_stream!(step_by, |s, _| s.step_by(2), |i, _| i.step_by(2)),
        to_stream!(chain, |s, t| s.chain(t), |i, j| i.chain(j)),
        to_stream!(cloned, |s, _| s.map(|n| n.lent()).cloned(), |i, _| i
            .map(|n| n.lent())
            .cloned()),
        to_stream!(copied, |s, _| s.map(|n| n.lent()).copied(), |i, _| i
            .map(|n| n.lent())
            .copied()),
        to_stream!(cycle, |s, _| s.cycle().take(7), |i, _| i.cycle().take(7)),
        to_stream!(enumerate, |s, _| s.enumerate(), |i, _| i.enumerate()),
        to_stream!(delay, |s, _| s.delay(Duration::ZERO), |i, _| i),
        to_stream!(map, |s, _| s.map(|n| (n, 1)), |i, _| i.map(|n| (n, 1))),
        to_stream!(inspect, |s, _| s.inspect(|n| assert!(n.0 < 9)), |i, _| i),
        to_stream!(fuse, |s, _| s.fuse(), |i, _| i),
        to_stream!(filter, |s, _| s.filter(|n| n.0 != 1), |i, _| i
            .filter(|n| n.0 != 1)),
        to_stream!(flat_map, |s, _| s.flat_map(|n| copies_of(&n)), |i, _| i
            .flat_map(|n| n.copies())),
        to_stream!(
            flatten,
            |s, _| s.map(|n| copies_of(&n)).flatten(),
            |i, _| i.flat_map(|n| n.copies())
        ),
        to_stream!(filter_map, |s, _| s.filter_map(|n| n.odd().ok()), |i, _| i
            .filter_map(|n| n.odd().ok())),
        to_stream!(by_ref, |mut s, _| s.by_ref(), |i, _| i),
        to_stream!(scan, |s, _| s.scan(0, sums), |i, _| i.scan(0, sums)),
        to_stream!(skip_while, |s, _| s.skip_while(|n| n.0 < 4), |i, _| i
            .skip_while(|n| n.0 < 4)),
        to_stream!(skip, |s, _| s.skip(2), |i, _| i.skip(2)),
        to_stream!(timeout, |s, _| s.timeout(HOUR), |i, _| i.map(Ok::<_, ()>)),
        to_stream!(zip, |s, t| s.zip(t), |i, j| i.zip(j)),
        // Which comes first is the streams' business.
        to_value!(
            merge,
            |s, t| async { sorted(all(s.merge(t)).await) },
            |i, j| sorted(i.chain(j))
        ),
    ]
}

fn values() -> Vec<Row> {
    fn few(n: &Item) -> u8 {
        n.0 / 2
    }
    fn fewer(a: &Item, b: &Item) -> std::cmp::Ordering {
        few(a).cmp(&few(b))
    }
    // The first of equals, as in async-std.
    fn in_reverse(items: Items) -> std::iter::Rev<Items> {
        items.rev()
    }
    fn push(mut items: Vec<Item>, item: Item) -> Vec<Item> {
        items.push(item);
        items
    }
    fn push_odd(items: Vec<Item>, item: Item) -> Result<Vec<Item>, Item> {
        item.odd().map(|item| push(items, item))
    }
    vec![
        to_value!(next, |mut s, _| s.next(), |mut i, _| i.next()),
        to_value!(last, |s, _| s.last(), |i, _| i.last()),
        to_value!(min_by_key, |s, _| s.min_by_key(few), |i, _| i
            .min_by_key(few)),
        to_value!(max_by_key, |s, _| s.max_by_key(few), |i, _| in_reverse(i)
            .max_by_key(few)),
        to_value!(min_by, |s, _| s.min_by(fewer), |i, _| i.min_by(fewer)),
        to_value!(max_by, |s, _| s.max_by(fewer), |i, _| in_reverse(i)
            .max_by(fewer)),
        to_value!(min, |s, _| s.min(), |i, _| i.min()),
        to_value!(max, |s, _| s.max(), |i, _| i.max()),
        to_value!(nth, |mut s, _| s.nth(2), |mut i, _| i.nth(2)),
        to_value!(all, |mut s, _| s.all(|n| n.0 != 4), |mut i, _| i
            .all(|n| n.0 != 4)),
        to_value!(any, |mut s, _| s.any(|n| n.0 == 4), |mut i, _| i
            .any(|n| n.0 == 4)),
        to_value!(find, |mut s, _| s.find(|n| n.0 == 4), |mut i, _| i
            .find(|n| n.0 == 4)),
        to_value!(
            find_map,
            |mut s, _| s.find_map(|n| n.odd().err()),
            |mut i, _| i.find_map(|n| n.odd().err())
        ),
        to_value!(fold, |s, _| s.fold(Vec::new(), push), |i, _| i
            .fold(Vec::new(), push)),
        to_value!(
            partition,
            |s, _| s.partition::<Vec<_>, _>(|n| n.0 < 4),
            |i, _| i.partition::<Vec<_>, _>(|n| n.0 < 4)
        ),
        to_value!(
            for_each,
            |s, _| async {
                let mut items = Vec::new();
                s.for_each(|item| items.push(item)).await;
                items
            },
            |i, _| Vec::from_iter(i)
        ),
        to_value!(
            try_fold,
            |mut s, _| s.try_fold(Vec::new(), push_odd),
            |mut i, _| i.try_fold(Vec::new(), push_odd)
        ),
        to_value!(
            try_for_each,
            |mut s, _| s.try_for_each(|n| n.odd().map(drop)),
            |mut i, _| i.try_for_each(|n| n.odd().map(drop))
        ),
        to_value!(
            unzip,
            |s, _| s
                .map(|n| (n.clone(), n))
                .unzip::<_, _, Vec<_>, VecDeque<_>>(),
            |i, _| i
                .map(|n| (n.clone(), n))
                .unzip::<_, _, Vec<_>, VecDeque<_>>()
        ),
        to_value!(position, |mut s, _| s.position(|n| n.0 == 4), |mut i, _| i
            .position(|n| n.0 == 4)),
        to_value!(count, |s, _| s.count(), |i, _| i.count()),
        to_value!(cmp, |s, t| s.cmp(t), |i, j| i.cmp(j)),
        to_value!(partial_cmp, |s, t| s.partial_cmp(t), |i, j| i
            .partial_cmp(j)),
        to_value!(eq, |s, t| s.eq(t), |i, j| i.eq(j)),
        to_value!(ne, |s, t| s.ne(t), |i, j| i.ne(j)),
        to_value!(lt, |s, t| s.lt(t), |i, j| i.lt(j)),
        to_value!(le, |s, t| s.le(t), |i, j| i.le(j)),
        to_value!(gt, |s, t| s.gt(t), |i, j| i.gt(j)),
        to_value!(ge, |s, t| s.ge(t), |i, j| i.ge(j)),
        to_value!(sum, |s, _| s.map(|n| n.0).sum(), |i, _| i
            .map(|n| n.0)
            .sum::<u8>()),
        to_value!(product, |s, _| s.map(|n| n.0).product(), |i, _| i
            .map(|n| n.0)
            .product::<u8>()),
        to_value!(sum, |s, _| s.map(|n| n.odd().map(|n| n.0)).sum(), |i, _| i
            .map(|n| n.odd().map(|n| n.0))
            .sum::<Result<u8, _>>()),
        to_value!(
            product,
            |s, _| s.map(|n| n.odd().ok().map(|n| n.0)).product(),
            |i, _| i.map(|n| n.odd().ok().map(|n| n.0)).product::<Option<u8>>()
        ),
        to_value!(next_back, |mut s, _| s.next_back(), |mut i, _| i
            .next_back()),
        to_value!(nth_back, |mut s, _| s.nth_back(2), |mut i, _| i.nth_back(2)),
        to_value!(rfind, |mut s, _| s.rfind(|n| n.0 == 4), |mut i, _| i
            .rfind(|n| n.0 == 4)),
        to_value!(rfold, |s, _| s.rfold(Vec::new(), push), |i, _| i
            .rfold(Vec::new(), push)),
        to_value!(
            try_rfold,
            |s, _| s.try_rfold(Vec::new(), push_odd),
            |mut i, _| i.try_rfold(Vec::new(), push_odd)
        ),
    ]
}

fn collections() -> Vec<Row> {
    fn pair(n: Item) -> (u8, Item) {
        (n.0, n)
    }
    fn same<T>(value: T) -> T {
        value
    }
    vec![
        collected!(Vec<_>, same, same),
        collected!(Box<[_]>, same, same),
        collected!(std::rc::Rc<[_]>, same, same),
        collected!(Arc<[_]>, same, same),
        collected!(std::borrow::Cow<'_, [_]>, same, same),
        collected!(VecDeque<_>, same, same),
        collected!(LinkedList<_>, same, same),
        collected!(BinaryHeap<_>, same, BinaryHeap::into_sorted_vec),
        collected!(BTreeSet<_>, same, same),
        collected!(HashSet<_>, same, sorted),
        collected!(BTreeMap<_, _>, pair, same),
        collected!(HashMap<_, _>, pair, sorted),
        collected!(Result<Vec<_>, _>, Item::odd, same),
        collected!(Option<VecDeque<_>>, |n: Item| n.odd().ok(), same),
        collected!((), drop, same),
        collected!(String, |n: Item| n.char(), same),
        collected!(String, |n: Item| n.char().to_string(), same),
        collected!(
            unstall::path::PathBuf,
            |n: Item| unstall::path::PathBuf::from(n.char().to_string()),
            |path: unstall::path::PathBuf| path
        ),
        to_value!(
            extend,
            |s, t| async {
                let mut items = all(s).await;
                stream::extend(&mut items, t).await;
                items
            },
            |i, j| Vec::from_iter(i.chain(j))
        ),
    ]
}

/// Empty, one, and many.
const INPUTS: [&[u8]; 3] = [&[], &[3], &[3, 1, 4, 1, 5]];

fn each_input(rows: Vec<Row>, test: fn(&Row, Sources<'_>, &str)) {
    within(LIMIT, move || {
        for row in &rows {
            for (one, other) in INPUTS
                .iter()
                .flat_map(|one| INPUTS.map(|other| (one, other)))
            {
                for lets_wait in [false, true] {
                    let of = format!("{} of {one:?} and {other:?}", row.method);
                    let sources = |ledger: &Ledger| {
                        let source = |numbers| Source::new(ledger, numbers, lets_wait);
                        (source(one), source(other))
                    };
                    test(row, &sources, &of);
                }
            }
        }
    });
}

fn goes_to_its_end(row: &Row, sources: Sources<'_>, of: &str) {
    let items = |source: Source| -> Items {
        let given = source.answers.into_iter();
        let items = given.filter_map(|answer| match answer {
            Now(item) => item,
            Later => None,
        });
        items.collect::<VecDeque<_>>().into_iter()
    };
    let ledger = Ledger::default();
    let (one, other) = sources(&ledger);
    let expected = (row.std)(items(one), items(other));
    let (one, other) = sources(&ledger);
    let future = (row.ours)(one, other);
    // Those that know the time are woken by the reactor.
    let knows_the_time = ["throttle", "delay", "timeout"].contains(&row.method);
    let outcome = if knows_the_time {
        task::block_on(future)
    } else {
        drive(future)
    };
    assert_eq!(outcome, expected, "{of}");
    ledger.everything_is_dropped_once(of);
}

fn is_dropped_midway(row: &Row, sources: Sources<'_>, of: &str) {
    // Never polled, polled once, and so on, until nothing is left to be dropped.
    for polls in 0..1000 {
        let ledger = Ledger::default();
        let (one, other) = sources(&ledger);
        let mut future = (row.ours)(one, other);
        let over = (0..polls).try_for_each(|_| match poll(&mut future) {
            Poll::Ready(_) => ControlFlow::Break(()),
            Poll::Pending => ControlFlow::Continue(()),
        });
        drop(future);
        ledger.everything_is_dropped_once(&format!("{of} after {polls} polls"));
        if over.is_break() {
            return;
        }
    }
    panic!("{of} does not come to its end");
}

#[test]
fn a_stream_of_streams_has_what_the_iterator_has() {
    each_input(streams(), goes_to_its_end);
}

#[test]
fn a_value_of_streams_is_that_of_the_iterator() {
    each_input(values(), goes_to_its_end);
}

#[test]
fn a_collection_of_a_stream_is_that_of_the_iterator() {
    each_input(collections(), goes_to_its_end);
}

#[test]
fn streams_that_are_dropped_midway_drop_everything_once() {
    each_input(streams(), is_dropped_midway);
}

#[test]
fn values_that_are_dropped_midway_drop_everything_once() {
    each_input(values(), is_dropped_midway);
}

#[test]
fn collections_that_are_dropped_midway_drop_everything_once() {
    each_input(collections(), is_dropped_midway);
}

/// So that a method that is added gets its row.
#[test]
fn every_method_has_a_row() {
    let methods: BTreeSet<&str> = [
        include_str!("../src/stream/ext.rs"),
        include_str!("../src/stream/double_ended.rs"),
    ]
    .into_iter()
    .flat_map(|source| {
        let declarations = source
            .lines()
            .filter_map(|line| line.strip_prefix("    fn "));
        declarations.filter_map(|rest| rest.split(['<', '(']).next())
    })
    // These are what the rows are polled by.
    .filter(|method| !["poll", "poll_next_back", "fmt"].contains(method))
    .collect();
    let rows: Vec<Row> = [streams(), values(), collections()]
        .into_iter()
        .flatten()
        .collect();
    let missing: Vec<_> = methods
        .iter()
        .filter(|method| !rows.iter().any(|row| row.method == **method))
        .collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    assert!(methods.len() > 60, "they are found: {methods:?}");
}

/// A source and the standard library's have the same items, and say the same of their size; what is left is dropped with them.
#[test]
fn sources_give_what_the_standard_librarys_give() {
    fn compare<T: PartialEq + Debug>(
        ours: impl Stream<Item = T>,
        std: impl Iterator<Item = T>,
        of: &str,
    ) {
        let (mut ours, mut std) = (pin!(ours), std.take(6));
        loop {
            let expected = std.next();
            if expected.is_none() && of.ends_with("endless") {
                return;
            }
            assert_eq!(drive(ours.next()), expected, "{of}");
            if expected.is_none() {
                // It stays over.
                assert_eq!(drive(ours.next()), None, "{of}");
                return;
            }
        }
    }
    let ledger = Ledger::default();
    let item = |number| Item(number, ledger.enter());
    compare(stream::empty::<u8>(), std::iter::empty(), "empty");
    compare(stream::once(item(1)), std::iter::once(item(1)), "once");
    compare(
        stream::repeat(item(1)),
        std::iter::repeat(item(1)),
        "repeat, endless",
    );
    compare(
        stream::repeat_with(|| item(2)),
        std::iter::repeat_with(|| item(2)),
        "repeat_with, endless",
    );
    for numbers in INPUTS {
        let items = || numbers.iter().map(|number| item(*number));
        compare(stream::from_iter(items()), items(), "from_iter");
        let (mut a, mut b) = (items(), items());
        compare(
            stream::from_fn(|| a.next()),
            std::iter::from_fn(|| b.next()),
            "from_fn",
        );
        let first = numbers.first().map(|number| item(*number));
        let next = |n: &Item| (n.0 < 6).then(|| item(n.0 + 1));
        compare(
            stream::successors(first.clone(), next),
            std::iter::successors(first, next),
            "successors",
        );
        drop(stream::from_iter(items().collect::<Vec<_>>()));
    }
    drop(stream::once(item(1)));
    let mut pending = stream::pending::<Item>().chain(stream::once(item(1)));
    assert_eq!(streams::poll_next(&mut pending), Poll::Pending);
    drop(pending);
    ledger.everything_is_dropped_once("sources");
}
