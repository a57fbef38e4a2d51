//! Jinja templates as Python's jinja2 renders them, within bounds: chat templates of models and the prompts of suites.
//!
//! minijinja's parser reads a template into a `tree`; `run` walks it with Python's rules, because what a model reads must
//! be what `transformers` would give it to the byte, and because no library bounds what a template builds. Every text,
//! list and dictionary is charged to one `Meter` before it is made, so that the memory of a rendering has one limit
//! ([`MOST_BYTES`]), wherever in the template it grows. What jinja2 has and this does not is refused by its name, never
//! rendered otherwise.

mod arguments;
mod attributes;
mod build;
mod casing;
mod data;
mod fault;
mod filters;
mod globals;
mod json;
mod limits;
mod lists;
mod meter;
mod methods;
mod names;
mod numbers;
mod ops;
mod order;
mod predicates;
mod printf;
mod run;
mod scope;
mod show;
mod template;
mod texts;
mod tree;
mod tree_expr;
mod value;

pub use data::Data;
pub use fault::{Fault, Kind};
pub use limits::MOST_BYTES;
pub use template::{Settings, Template};

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod oracle;
