//! Stream combinators do what those of `Iterator` do, whatever is pending in between, and their sizes are true all the way.

#[path = "support/random.rs"]
mod random;
#[path = "support/streams.rs"]
mod streams;
mod support;

use std::pin::pin;
use std::task::{Context, Poll};

use random::{Random, each_seed};
use streams::{Answer, Scripted, counting_waker, drive};
use unstall::prelude::*;
use unstall::stream;

/// How many random inputs each property is tried with.
const ROUNDS: u64 = 300;

/// Few items, with few values, so that equal ones are frequent.
fn some_items(random: &mut Random) -> Vec<u8> {
    let count = random.size(9);
    (0..count).map(|_| random.below(5) as u8).collect()
}

/// A stream of these items that lets its reader wait now and then.
fn stream_of(items: &[u8], random: &mut Random) -> Scripted<u8> {
    let mut answers = Vec::new();
    for item in items.iter().copied().map(Some).chain([None]) {
        while random.one_in(3) {
            answers.push(Answer::Later);
        }
        answers.push(Answer::Now(item));
    }
    Scripted::new(answers)
}

/// Tries a property with random items, the stream of them, a small number, and more random ones.
fn each_round(
    mut property: impl FnMut(Vec<u8>, Scripted<u8>, usize, &mut Random) + Send + 'static,
) {
    each_seed(ROUNDS, move |random| {
        let items = some_items(random);
        let stream = stream_of(&items, random);
        let n = random.size(10);
        property(items, stream, n, random);
    });
}

/// The stream has exactly these items, and at each moment its size says so.
#[track_caller]
fn expect<T: PartialEq + std::fmt::Debug>(
    stream: impl Stream<Item = T>,
    items: impl Iterator<Item = T>,
) {
    let items: Vec<T> = items.collect();
    let mut stream = pin!(stream);
    let (waker, wakes) = counting_waker();
    let mut cx = Context::from_waker(&waker);
    let mut seen = Vec::new();
    loop {
        let left = items.len() - seen.len();
        let (lower, upper) = stream.size_hint();
        assert!(
            lower <= left && upper.is_none_or(|upper| left <= upper),
            "{lower}..={upper:?}, but {left} are left of {items:?}"
        );
        let before = wakes.get();
        match stream.as_mut().poll_next(&mut cx) {
            Poll::Ready(Some(item)) => seen.push(item),
            Poll::Ready(None) => break,
            Poll::Pending => assert!(wakes.get() > before, "pending, and nobody will wake it"),
        }
        assert!(seen.len() <= items.len(), "{seen:?} instead of {items:?}");
    }
    assert_eq!(seen, items);
}

#[test]
fn one_stream_to_another() {
    each_round(|items, stream, n, _| {
        let iter = || items.iter().copied();
        let limit = n as u8;
        expect(stream.clone().map(|x| x + 1), iter().map(|x| x + 1));
        expect(stream.clone().enumerate(), iter().enumerate());
        expect(
            stream.clone().filter(|x| *x < limit),
            iter().filter(|x| *x < limit),
        );
        let third = |x: u8| (x % 3 == 0).then(|| u32::from(x));
        expect(stream.clone().filter_map(third), iter().filter_map(third));
        expect(stream.clone().take(n), iter().take(n));
        expect(stream.clone().skip(n), iter().skip(n));
        expect(stream.clone().step_by(n + 1), iter().step_by(n + 1));
        expect(
            stream.clone().take_while(|x| *x < limit),
            iter().take_while(|x| *x < limit),
        );
        expect(
            stream.clone().skip_while(|x| *x < limit),
            iter().skip_while(|x| *x < limit),
        );
        let sums = |sum: &mut usize, x: u8| {
            *sum += usize::from(x);
            (*sum < 2 * n).then_some(*sum)
        };
        expect(stream.clone().scan(0, sums), iter().scan(0, sums));
        expect(stream.clone().fuse(), iter().fuse());
        expect(stream.clone().inspect(|_| ()), iter());
        expect(
            stream.clone().cycle().take(3 * n),
            iter().cycle().take(3 * n),
        );
        let repeat = |x: u8| std::iter::repeat_n(x, usize::from(x));
        expect(
            stream.clone().flat_map(|x| stream::from_iter(repeat(x))),
            iter().flat_map(repeat),
        );
        expect(
            stream.map(|x| stream::from_iter(repeat(x))).flatten(),
            iter().flat_map(repeat),
        );
    });
}

#[test]
fn two_streams_to_one() {
    each_round(|items, stream, _, random| {
        let others = some_items(random);
        let other = || random_again(&others);
        expect(
            stream.clone().chain(other()),
            items.iter().chain(&others).copied(),
        );
        expect(
            stream.clone().zip(other()),
            items.iter().copied().zip(others.iter().copied()),
        );
        let mut merged = drive(stream.merge(other()).collect_here());
        let mut both = [items, others.clone()].concat();
        merged.sort_unstable();
        both.sort_unstable();
        assert_eq!(merged, both);
    });
}

/// A stream of these items, with other waits than before.
fn random_again(items: &[u8]) -> Scripted<u8> {
    let seed = |seed: u64, x: &u8| seed.wrapping_mul(31) ^ u64::from(*x);
    stream_of(items, &mut Random::new(items.iter().fold(77, seed)))
}

/// `collect` is for streams that are `Send`; those of the tests are not.
trait CollectHere: Stream + Sized {
    async fn collect_here(self) -> Vec<Self::Item> {
        self.fold(Vec::new(), |mut items, item| {
            items.push(item);
            items
        })
        .await
    }
}

impl<S: Stream> CollectHere for S {}

#[test]
fn merging_passes_on_each_stream_in_its_order() {
    each_round(|items, stream, _, random| {
        let others = some_items(random);
        let right = stream_of(&others, random).map(|x| (1, x));
        let merge = stream.map(|x| (0, x)).merge(right);
        let merged = drive(merge.collect_here());
        for (side, expected) in [(0, &items), (1, &others)] {
            let of_side = merged.iter().filter(|(from, _)| *from == side);
            assert!(of_side.map(|(_, x)| x).eq(expected));
        }
    });
}

#[test]
fn a_stream_to_a_value() {
    each_round(|items, stream, n, _| {
        let iter = || items.iter().copied();
        let half = |x: &u8| x / 2;
        assert_eq!(drive(stream.clone().count()), iter().count());
        assert_eq!(drive(stream.clone().last()), iter().last());
        assert_eq!(
            drive(stream.clone().fold(1, |acc, x| acc * 3 + u64::from(x))),
            iter().fold(1, |acc, x| acc * 3 + u64::from(x))
        );
        assert_eq!(drive(stream.clone().min()), iter().min());
        assert_eq!(drive(stream.clone().max()), iter().max());
        assert_eq!(
            drive(stream.clone().min_by_key(half)),
            iter().min_by_key(half)
        );
        // Of equal ones async-std takes the first where `Iterator` takes the last.
        let greatest = iter().rev().max_by_key(half);
        assert_eq!(drive(stream.clone().max_by_key(half)), greatest);
        let compare = |a: &u8, b: &u8| half(a).cmp(&half(b));
        assert_eq!(drive(stream.clone().max_by(compare)), greatest);
        assert_eq!(
            drive(stream.clone().min_by(compare)),
            iter().min_by(compare)
        );
        let is_small = |x: &u8| usize::from(*x) < n;
        assert_eq!(
            drive(stream.clone().partition::<Vec<u8>, _>(is_small)),
            iter().partition(is_small)
        );
        assert_eq!(
            drive(stream.clone().enumerate().unzip::<_, _, Vec<_>, Vec<_>>()),
            iter().enumerate().unzip()
        );
        assert_eq!(
            drive(stream.clone().map(usize::from).sum()),
            iter().map(usize::from).sum()
        );
        assert_eq!(
            drive(stream.map(usize::from).product()),
            iter().map(usize::from).product()
        );
    });
}

#[test]
fn searches_leave_the_rest() {
    each_round(|items, stream, n, _| {
        let limit = n as u8;
        macro_rules! same {
            ($method:ident($argument:expr)) => {
                let (mut s, mut i) = (stream.clone(), items.iter().copied());
                assert_eq!(drive(s.$method($argument)), i.$method($argument));
                // Who has found nothing has seen the end, and the script with it.
                if i.len() > 0 {
                    assert_eq!(drive(s.collect_here()), i.collect::<Vec<_>>());
                }
            };
        }
        same!(nth(n));
        same!(all(|x| x < limit));
        same!(any(|x| x > limit));
        same!(find(|x| *x > limit));
        same!(find_map(|x| x.checked_sub(limit)));
        same!(position(|x| x > limit));

        let add = |sum: u8, x: u8| sum.checked_add(60 * x).ok_or(x);
        let (mut s, mut i) = (stream.clone(), items.iter().copied());
        assert_eq!(drive(s.try_fold(0, add)), i.try_fold(0, add));
        let (mut s, mut i) = (stream.clone(), items.iter().copied());
        let check = |x: u8| if x < limit { Ok(()) } else { Err(x) };
        assert_eq!(drive(s.try_for_each(check)), i.try_for_each(check));
    });
}

#[test]
fn comparisons_of_items_and_lengths() {
    each_round(|items, stream, _, random| {
        // Often a prefix, or the same.
        let mut others = items.clone();
        others.truncate(random.below(10) as usize);
        if random.below(2) == 0 {
            others.extend(some_items(random));
        }
        let (a, b) = (|| stream.clone(), || random_again(&others));
        let (x, y) = (|| items.iter(), || others.iter());
        assert_eq!(drive(a().cmp(b())), x().cmp(y()));
        assert_eq!(drive(a().partial_cmp(b())), x().partial_cmp(y()));
        assert_eq!(drive(a().eq(b())), x().eq(y()), "{items:?} == {others:?}");
        assert_eq!(drive(a().ne(b())), x().ne(y()), "{items:?} != {others:?}");
        assert_eq!(drive(a().lt(b())), x().lt(y()));
        assert_eq!(drive(a().le(b())), x().le(y()));
        assert_eq!(drive(a().gt(b())), x().gt(y()));
        assert_eq!(drive(a().ge(b())), x().ge(y()));
    });
    // What has no order compares as neither.
    let nan = || stream::once(f64::NAN);
    assert_eq!(drive(nan().partial_cmp(nan())), None);
    assert!(!drive(nan().le(nan())) && !drive(nan().ge(nan())) && drive(nan().ne(nan())));
}

#[test]
fn both_ends() {
    each_round(|items, _, n, random| {
        let limit = n as u8;
        let (mut s, mut i) = (stream::from_iter(items.clone()), items.iter().copied());
        for _ in 0..items.len() + 2 {
            assert_eq!(s.len(), i.len());
            match random.below(4) {
                0 => assert_eq!(drive(s.next()), i.next()),
                1 => assert_eq!(drive(s.next_back()), i.next_back()),
                2 => assert_eq!(drive(s.nth_back(n / 4)), i.nth_back(n / 4)),
                _ => assert_eq!(drive(s.rfind(|x| *x < limit)), i.rfind(|x| *x < limit)),
            }
        }
        let digits = |acc: u64, x: u8| acc * 10 + u64::from(x);
        let s = || stream::from_iter(items.clone());
        assert_eq!(
            drive(s().rfold(0, digits)),
            items.iter().copied().rfold(0, digits)
        );
        let add = |sum: u8, x: u8| sum.checked_add(60 * x).ok_or(x);
        assert_eq!(
            drive(s().try_rfold(0, add)),
            items.iter().copied().try_rfold(0, add)
        );
    });
}
