//! The function under the attribute.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::{
    Attribute, Error, Generics, Result, ReturnType, Token, Visibility, WhereClause,
    parse::{Parse, ParseStream},
    spanned::Spanned,
    token,
};

use crate::expand::Kind;

/// A function, its parts as they stand in the source.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    /// What stands before `fn`: `async`, and what should not be there.
    qualifiers: Vec<TokenTree>,
    fn_token: Token![fn],
    pub(crate) name: Ident,
    generics: Generics,
    arguments: Group,
    pub(crate) output: ReturnType,
    where_clause: Option<WhereClause>,
    /// With its braces.
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(Function {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            qualifiers: parse_qualifiers(input)?,
            fn_token: input.parse()?,
            name: input.parse()?,
            generics: input.parse()?,
            arguments: input.parse()?,
            output: input.parse()?,
            where_clause: input.parse()?,
            body: input.parse()?,
        })
    }
}

fn parse_qualifiers(input: ParseStream<'_>) -> Result<Vec<TokenTree>> {
    let start = input.span();
    let mut qualifiers = Vec::new();
    while !input.peek(Token![fn]) {
        if input.is_empty() || input.peek(token::Brace) {
            return Err(Error::new(start, "this attribute is for an `async fn`"));
        }
        qualifiers.push(input.parse()?);
    }
    Ok(qualifiers)
}

impl Function {
    pub(crate) fn is_async(&self) -> bool {
        self.qualifiers.iter().any(is_async)
    }

    /// Finds what neither a program's entry nor a test can be, and says what to do instead.
    pub(crate) fn check(&self, kind: Kind) -> Result<()> {
        let name = &self.name;
        let what = match kind {
            Kind::Main => "`main`",
            Kind::Test => "a test",
        };
        if kind == Kind::Main && name != "main" {
            return Err(Error::new(
                name.span(),
                format!(
                    "this attribute is for `main`, not for `{name}`: elsewhere call \
                     `unstall::task::block_on`"
                ),
            ));
        }
        if !self.is_async() {
            return Err(Error::new(
                self.fn_token.span(),
                format!("`async` is missing: write `async fn {name}`, or take the attribute away"),
            ));
        }
        if let Some(other) = self.qualifiers.iter().find(|token| !is_async(token)) {
            return Err(Error::new(
                other.span(),
                format!("{what} cannot be `{other}`: write `async fn {name}`"),
            ));
        }
        if !self.generics.params.is_empty() {
            return Err(Error::new_spanned(
                &self.generics,
                format!("{what} cannot be generic: call a generic function from it"),
            ));
        }
        if let Some(clause) = &self.where_clause {
            return Err(Error::new_spanned(
                clause,
                format!("{what} cannot have bounds: call a function that has them"),
            ));
        }
        if !self.arguments.stream().is_empty() {
            let instead = match kind {
                Kind::Main => "read the command line with `std::env::args`",
                Kind::Test => "call a function that takes them, from one test for each case",
            };
            return Err(Error::new(
                self.arguments.span(),
                format!("{what} takes no arguments: {instead}"),
            ));
        }
        Ok(())
    }

    /// The function without its visibility and without the attributes that are given elsewhere.
    pub(crate) fn without(&self, moved: impl Fn(&Attribute) -> bool) -> TokenStream {
        let Function {
            qualifiers,
            fn_token,
            name,
            generics,
            arguments,
            output,
            where_clause,
            body,
            ..
        } = self;
        let attributes = self.attributes.iter().filter(|attribute| !moved(attribute));
        quote! {
            #(#attributes)* #(#qualifiers)* #fn_token #name #generics #arguments #output #where_clause #body
        }
    }
}

fn is_async(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(word) if word == "async")
}
