use std::future::Future;
use std::num::Wrapping;
use std::ops::{Add, Mul};
use std::pin::Pin;

use super::{Stream, StreamExt};

/// What the items of a stream can be added up to; see [`StreamExt::sum`].
///
/// # Examples
///
/// ```
/// use unstall::stream::{self, Sum};
///
/// # unstall::task::block_on(async {
/// let numbers = [1, 2, 3];
/// assert_eq!(<i32 as Sum<&i32>>::sum(stream::from_iter(&numbers)).await, 6);
/// # });
/// ```
pub trait Sum<A = Self>: Sized {
    /// Adds up all items of `stream`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::stream::{self, Sum};
    ///
    /// # unstall::task::block_on(async {
    /// assert_eq!(<u32 as Sum>::sum(stream::from_iter([1, 2, 3])).await, 6);
    /// # });
    /// ```
    fn sum<'a, S>(stream: S) -> Pin<Box<dyn Future<Output = Self> + 'a>>
    where
        S: Stream<Item = A> + 'a;
}

/// What the items of a stream can be multiplied to; see [`StreamExt::product`].
///
/// # Examples
///
/// ```
/// use unstall::stream::{self, Product};
///
/// # unstall::task::block_on(async {
/// let numbers = [1, 2, 3, 4];
/// assert_eq!(<i32 as Product<&i32>>::product(stream::from_iter(&numbers)).await, 24);
/// # });
/// ```
pub trait Product<A = Self>: Sized {
    /// Multiplies all items of `stream`.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::stream::{self, Product};
    ///
    /// # unstall::task::block_on(async {
    /// assert_eq!(<u32 as Product>::product(stream::from_iter([2, 3])).await, 6);
    /// # });
    /// ```
    fn product<'a, S>(stream: S) -> Pin<Box<dyn Future<Output = Self> + 'a>>
    where
        S: Stream<Item = A> + 'a;
}

macro_rules! of_numbers {
    ($Trait:ident::$method:ident, $operation:path, $start:expr, $($Number:ty)*) => { $(
        impl $Trait for $Number {
            fn $method<'a, S>(stream: S) -> Pin<Box<dyn Future<Output = Self> + 'a>>
            where
                S: Stream<Item = $Number> + 'a,
            {
                Box::pin(async move { stream.fold($start, $operation).await })
            }
        }

        impl<'n> $Trait<&'n $Number> for $Number {
            fn $method<'a, S>(stream: S) -> Pin<Box<dyn Future<Output = Self> + 'a>>
            where
                S: Stream<Item = &'n $Number> + 'a,
            {
                Box::pin(async move { stream.fold($start, $operation).await })
            }
        }
    )* };
}

macro_rules! of_integers {
    ($($Number:ty)*) => {
        of_numbers!(Sum::sum, Add::add, 0, $($Number)*);
        of_numbers!(Sum::sum, Add::add, Wrapping(0), $(Wrapping<$Number>)*);
        of_numbers!(Product::product, Mul::mul, 1, $($Number)*);
        of_numbers!(Product::product, Mul::mul, Wrapping(1), $(Wrapping<$Number>)*);
    };
}

of_integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
of_numbers!(Sum::sum, Add::add, 0.0, f32 f64);
of_numbers!(Product::product, Mul::mul, 1.0, f32 f64);
