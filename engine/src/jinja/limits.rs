/// Most bytes that one rendering may build, all its texts and lists together, those thrown away again included. A chat of
/// 100,000 tokens takes about one MiB; as every text read through is charged too, this also bounds the time.
pub const MOST_BYTES: usize = 64 << 20;
/// How deep values and expressions may nest, and macros call each other: what the stack of a thread carries.
pub(super) const MOST_DEPTH: usize = 100;
/// Longest template; the longest of real models takes 20 KB.
pub(super) const MOST_SOURCE_BYTES: usize = 4 << 20;
/// Most tokens of one tag and most `elif`s of a template: what the parser nests without counting.
pub(super) const MOST_TOKENS: usize = 2_000;
pub(super) const MOST_BRANCHES: usize = 200;
