//! What stands in the attribute's parentheses.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Error, LitBool, LitInt, LitStr, Path, Result, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

/// As in `unstall::runtime::Builder`, which checks it again.
const MAX_WORKERS: usize = 1024;

// Each option as it is written.
const WORKER_THREADS: &str = "`worker_threads = N` (1 to 1024)";
const THREAD_NAME: &str = "`thread_name = \"a string\"`";
const DETECTION: &str = "`detection = true` (or `false`)";
const CRATE: &str = "`crate = a::path` (without quotes)";

#[derive(Default)]
pub(crate) struct Options {
    worker_threads: Option<usize>,
    thread_name: Option<LitStr>,
    detection: Option<LitBool>,
    /// Where the generated code finds `unstall`.
    pub(crate) path: Option<Path>,
}

impl Options {
    /// What could be read, and what is wrong with the rest.
    pub(crate) fn parse(options: TokenStream) -> (Options, Option<Error>) {
        let mut parsed = Options::default();
        let mut errors = Vec::new();
        let parse_all = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let setting = parse_setting(input)?;
                errors.extend(parsed.set(&setting).err());
            }
            Ok(())
        };
        let stopped = parse_all.parse2(options).err();
        errors.extend(stopped);
        let together = errors.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        (parsed, together)
    }

    fn set(&mut self, setting: &Setting) -> Result<()> {
        match setting.name.to_string().as_str() {
            "worker_threads" => setting.store(&mut self.worker_threads, WORKER_THREADS, |value| {
                let count = syn::parse2::<LitInt>(value).ok()?.base10_parse().ok()?;
                (1..=MAX_WORKERS).contains(&count).then_some(count)
            }),
            "thread_name" => setting.store(&mut self.thread_name, THREAD_NAME, |value| {
                syn::parse2(value).ok()
            }),
            "detection" => setting.store(&mut self.detection, DETECTION, |value| {
                syn::parse2(value).ok()
            }),
            "crate" => setting.store(&mut self.path, CRATE, |value| {
                Path::parse_mod_style.parse2(value).ok()
            }),
            _ => Err(setting.error(&format!("no such option; there are {}", known()))),
        }
    }

    /// The calls that apply the options to a `Builder`; `None` if there is nothing to apply.
    pub(crate) fn settings(&self) -> Option<TokenStream> {
        let worker_threads = self.worker_threads.iter();
        let thread_name = self.thread_name.iter();
        let detection = self.detection.iter();
        let calls = quote! {
            #(.worker_threads(#worker_threads))*
            #(.thread_name(#thread_name))*
            #(.detection(#detection))*
        };
        (!calls.is_empty()).then_some(calls)
    }
}

/// `name = value`.
struct Setting {
    name: Ident,
    equals: Option<Token![=]>,
    value: TokenStream,
}

fn parse_setting(input: ParseStream<'_>) -> Result<Setting> {
    let Ok(name) = input.call(Ident::parse_any) else {
        return Err(input.error(format!("expected an option; there are {}", known())));
    };
    let equals = input.parse()?;
    let mut value = Vec::<TokenTree>::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        value.push(input.parse()?);
    }
    input.parse::<Option<Token![,]>>()?;
    Ok(Setting {
        name,
        equals,
        value: value.into_iter().collect(),
    })
}

impl Setting {
    fn store<T>(
        &self,
        option: &mut Option<T>,
        form: &str,
        read: impl FnOnce(TokenStream) -> Option<T>,
    ) -> Result<()> {
        if option.is_some() {
            return Err(self.error("this option is there already; once is enough"));
        }
        if self.equals.is_some() {
            *option = read(self.value.clone());
        }
        match option {
            Some(_) => Ok(()),
            None => Err(self.error(&format!("expected {form}"))),
        }
    }

    fn error(&self, why: &str) -> Error {
        Error::new_spanned(self, format!("`{}`: {why}", self.to_token_stream()))
    }
}

impl ToTokens for Setting {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.name.to_tokens(tokens);
        self.equals.to_tokens(tokens);
        self.value.to_tokens(tokens);
    }
}

fn known() -> String {
    let forms = [WORKER_THREADS, THREAD_NAME, DETECTION, CRATE].join(", ");
    format!("{forms}; for further settings see `unstall::runtime::Builder`")
}
