//! The standard library's collections, filled from streams. One file a collection.

mod binary_heap;
mod btree_map;
mod btree_set;
mod hash_map;
mod hash_set;
mod linked_list;
mod vec_deque;
