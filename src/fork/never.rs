//! The models, in which nobody forks.

pub(crate) fn is_child() -> bool {
    false
}

pub(crate) fn assert_no_child() {}
