use super::Code;
use super::*;

/// Every sort of finding, in the order of the reference.
pub fn codes() -> Vec<&'static Code> {
    let groups: [&[Code]; 21] = [
        unread::CODES,
        keys::CODES,
        encoding::CODES,
        mojibake::CODES,
        control::CODES,
        space::CODES,
        length::CODES,
        duplicates::CODES,
        near::CODES,
        drift::CODES,
        kind_drift::CODES,
        quotes::CODES,
        placeholder::CODES,
        filler::CODES,
        outdated::CODES,
        secrets::CODES,
        personal::CODES,
        leakage::CODES,
        paraphrase::CODES,
        ungrounded::CODES,
        fails_check::CODES,
    ];
    groups.into_iter().flatten().collect()
}
