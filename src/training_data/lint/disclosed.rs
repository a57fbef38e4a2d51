//! The rules on secrets and personal data, for any text: whatever leaves a workspace is looked through by them.

use super::personal::{mail, phone};
use super::secrets::secret;

/// What a text gives away, in words; the first of each sort.
pub fn disclosed(text: &str) -> Vec<String> {
    let secret = secret(text).map(|(what, shown)| {
        let start: String = shown.chars().take(6).collect();
        format!("what looks like {what} (\"{start}…\")")
    });
    let mail = mail(text).map(|mail| format!("an e-mail address: {mail}"));
    let phone = phone(text).map(|phone| format!("what looks like a phone number: {phone}"));
    [secret, mail, phone].into_iter().flatten().collect()
}
