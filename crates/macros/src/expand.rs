//! From an `async fn` to the function that the compiler sees.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Path};

use crate::{crate_name, function::Function, options::Options};

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Main,
    Test,
}

/// The result, or compiler errors beside something that causes no further ones, so that editors still see the
/// function.
pub(crate) fn expand(kind: Kind, options: TokenStream, item: TokenStream) -> TokenStream {
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => return beside(error, item),
    };
    if let Err(error) = function.check(kind) {
        return beside(error, stand_in(kind, &function, item));
    }
    let (options, wrong) = Options::parse(options);
    let expanded = generate(kind, &function, &options);
    match wrong {
        Some(error) => beside(error, expanded),
        None => expanded,
    }
}

fn beside(error: syn::Error, item: TokenStream) -> TokenStream {
    let error = error.into_compile_error();
    quote! { #error #item }
}

/// For a function that the attribute cannot be on. Without an entry point the compiler would complain about that,
/// too.
fn stand_in(kind: Kind, function: &Function, item: TokenStream) -> TokenStream {
    if kind == Kind::Main && function.name == "main" && function.is_async() {
        quote! { #[allow(dead_code)] fn main() { #item } }
    } else {
        item
    }
}

fn generate(kind: Kind, function: &Function, options: &Options) -> TokenStream {
    let Function {
        attributes,
        visibility,
        name,
        output,
        ..
    } = function;
    let is_outer = |attribute: &Attribute| match kind {
        Kind::Main => is_about_the_source(attribute),
        // `#[should_panic]`, `#[ignore]` and their like are for the function that the test harness calls.
        Kind::Test => true,
    };
    let outer = attributes.iter().filter(|attribute| is_outer(attribute));
    let inner = function.without(is_outer);
    let mark = (kind == Kind::Test).then(|| quote! { #[::core::prelude::v1::test] });
    let run = run(kind, name, options);
    quote! {
        #mark
        #(#outer)*
        #visibility fn #name() #output {
            #[allow(clippy::unused_async, reason = "the attribute asks for an async function")]
            #inner
            #run
        }
    }
}

/// Documentation and lint levels. Whatever else stands on `main`, such as `#[tracing::instrument]`, is meant for the
/// async function, as with async-std.
fn is_about_the_source(attribute: &Attribute) -> bool {
    ["doc", "allow", "expect", "warn", "deny", "forbid"]
        .iter()
        .any(|name| attribute.path().is_ident(name))
}

fn run(kind: Kind, name: &syn::Ident, options: &Options) -> TokenStream {
    let unstall = unstall(options.path.as_ref());
    let Some(settings) = options.settings() else {
        return quote! { #unstall::task::block_on(#name()) };
    };
    let builder = quote! { #unstall::runtime::Builder::new() #settings };
    match kind {
        Kind::Main => {
            let or_panic = or_panic("the global runtime of `main` could not be made");
            quote! {
                #builder.build_global() #or_panic;
                #unstall::task::block_on(#name())
            }
        }
        Kind::Test => {
            let or_panic = or_panic("the test's runtime could not be made");
            quote! { #builder.build() #or_panic.block_on(#name()) }
        }
    }
}

fn or_panic(what: &str) -> TokenStream {
    quote! { .unwrap_or_else(|error| ::core::panic!("{}: {}", #what, error)) }
}

fn unstall(path: Option<&Path>) -> TokenStream {
    path.map_or_else(
        || {
            let name = syn::Ident::new(&crate_name::from_manifest(), Span::call_site());
            quote! { ::#name }
        },
        Path::to_token_stream,
    )
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenTree;

    use super::*;

    /// The errors in an expansion: the text, and the source that it points to.
    fn errors(kind: Kind, options: &str, item: &str) -> Vec<(String, String)> {
        let expanded = expand(kind, options.parse().unwrap(), item.parse().unwrap());
        let mut tokens = expanded.into_iter();
        let mut found = Vec::new();
        while let Some(token) = tokens.next() {
            // `::core::compile_error! { "text" }`; it begins and ends with what it points to.
            if !matches!(&token, TokenTree::Ident(name) if name == "compile_error") {
                continue;
            }
            let Some(TokenTree::Group(text)) = tokens.nth(1) else {
                panic!("the argument is in braces")
            };
            let place = token.span().join(text.span()).expect("in one source");
            let text = syn::parse2::<syn::LitStr>(text.stream()).expect("a text");
            found.push((text.value(), place.source_text().expect("a place")));
        }
        found
    }

    #[test]
    fn a_wrong_option_is_named_with_its_value_and_what_is_accepted() {
        for (options, expected) in [
            ("worker_threads = 0", "`worker_threads = N` (1 to 1024)"),
            ("worker_threads = 1025", "`worker_threads = N` (1 to 1024)"),
            ("worker_threads = \"2\"", "`worker_threads = N` (1 to 1024)"),
            ("worker_threads = 1.5", "`worker_threads = N` (1 to 1024)"),
            ("worker_threads (2)", "`worker_threads = N` (1 to 1024)"),
            ("thread_name = web", "`thread_name = \"a string\"`"),
            ("detection = \"off\"", "`detection = true` (or `false`)"),
            ("detection", "`detection = true` (or `false`)"),
            ("detection =", "`detection = true` (or `false`)"),
            (
                "crate = \"async_std\"",
                "`crate = a::path` (without quotes)",
            ),
            ("crate =", "`crate = a::path` (without quotes)"),
        ] {
            let found = errors(Kind::Main, options, "async fn main() {}");
            let text = &found[0].0;
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(
                text.starts_with(&format!("`{options}`: expected ")),
                "{text}"
            );
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn an_unknown_option_is_answered_with_the_known_ones() {
        for option in ["flavor = \"multi_thread\"", "multi_thread", "workers = 2"] {
            let [(text, _)] = &errors(Kind::Test, option, "async fn one() {}")[..] else {
                panic!("one error");
            };
            assert!(
                text.starts_with(&format!("`{option}`: no such option")),
                "{text}"
            );
            for known in [
                "worker_threads",
                "thread_name",
                "detection",
                "crate",
                "Builder",
            ] {
                assert!(text.contains(known), "{text}");
            }
        }
    }

    #[test]
    fn each_wrong_option_is_an_error_that_points_to_it() {
        let options = "worker_threads = 9999, detection = true, detection = false, \"x\"";
        let found = errors(Kind::Main, options, "async fn main() {}");
        let places: Vec<_> = found.iter().map(|(_, place)| place.as_str()).collect();
        assert_eq!(
            places,
            ["worker_threads = 9999", "detection = false", "\"x\""]
        );
        assert!(found[1].0.contains("once is enough"), "{found:?}");
    }

    #[test]
    fn what_a_main_function_cannot_be_is_said() {
        for (item, place, expected) in [
            ("async fn start() {}", "start", "`unstall::task::block_on`"),
            ("fn main() {}", "fn", "write `async fn main`"),
            ("async unsafe fn main() {}", "unsafe", "cannot be `unsafe`"),
            (
                "async fn main<T>() {}",
                "<T>",
                "call a generic function from it",
            ),
            (
                "async fn main() where u8: Copy {}",
                "where u8: Copy",
                "cannot have bounds",
            ),
            ("async fn main(a: u8) {}", "(a: u8)", "`std::env::args`"),
            ("struct Main {}", "struct", "for an `async fn`"),
        ] {
            let found = errors(Kind::Main, "", item);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].0.contains(expected), "{found:?}");
            assert_eq!(found[0].1, place, "{found:?}");
        }
    }

    #[test]
    fn what_a_test_cannot_be_is_said() {
        for (item, place, expected) in [
            ("pub fn adds() {}", "fn", "write `async fn adds`"),
            (
                "async fn adds(a: u8) {}",
                "(a: u8)",
                "one test for each case",
            ),
            (
                "async fn adds<const N: usize>() {}",
                "<const N: usize>",
                "call a generic function",
            ),
            ("const X: u8 = 1;", "const", "for an `async fn`"),
        ] {
            let found = errors(Kind::Test, "", item);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].0.contains(expected), "{found:?}");
            assert_eq!(found[0].1, place, "{found:?}");
        }
    }

    #[test]
    fn a_rejected_main_is_still_an_entry_point() {
        for item in ["fn main() {}", "async fn main(a: u8) {}"] {
            let expanded = expand(Kind::Main, TokenStream::new(), item.parse().unwrap());
            let file: String = expanded.to_string();
            assert!(file.contains("fn main () {"), "{file}");
        }
    }
}
