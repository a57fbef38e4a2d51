//! A page: one file that needs nothing else and may do nothing else.

use super::templates;
use engine::error::Result;
use minijinja::Value;
use serde::Serialize;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("templates/report.css");
const SCRIPT: &str = include_str!("templates/report.js");

/// What every page has, whatever it reports on.
#[derive(Serialize)]
struct Page<'a, T> {
    #[serde(flatten)]
    content: &'a T,
    style: Value,
    script: Value,
    policy: String,
}

/// Fills a page's template with its content.
pub(super) fn page<T: Serialize>(template: &str, content: &T) -> Result<String> {
    let page = Page {
        content,
        style: Value::from_safe_string(STYLE.to_string()),
        script: Value::from_safe_string(SCRIPT.to_string()),
        policy: policy(STYLE, SCRIPT, ""),
    };
    templates::render(template, &page)
}

/// A page may apply its own style and run its own script, known by their hashes, and nothing more: no request of any
/// kind, no form, no other base address. `further` rules may allow some.
pub(crate) fn policy(style: &str, script: &str, further: &str) -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}';{further} base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(style)),
        base64(&Sha256::digest(script))
    )
}

/// Base 64 with padding (RFC 4648).
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, i| bits << 8 | u32::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let letter = char::from(ALPHABET[(bits >> (18 - 6 * i) & 63) as usize]);
            out.push(if i <= chunk.len() { letter } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_gives_the_values_of_the_rfc() {
        for (text, code) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(text.as_bytes()), code);
        }
    }
}
