use super::fault::Fault;
use encoding_rs::{Encoding, MACINTOSH, UTF_8, WINDOWS_1252};

/// A file's text.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Without its byte order mark.
    pub text: String,
    /// Where the encoding was guessed: which it was taken for, and a word by which a reader can tell.
    pub guess: Option<String>,
}

/// Text of a file in UTF-8, in UTF-16 with a byte order mark, or in the code page of an old spreadsheet. Whoever saves
/// "CSV (Macintosh)" gets Mac Roman and lines that end in CR alone; other files that are not Unicode are taken for
/// Windows-1252.
///
/// # Errors
/// The bytes are no text, or UTF-8 that is broken in places.
pub fn decode(bytes: &[u8]) -> Result<Decoded, Fault> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let body = bytes.get(mark..).unwrap_or_default();
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(body) {
        return match text.find('\0') {
            Some(at) => Err(no_text(body, line_of(text.as_bytes(), at))),
            None => Ok(Decoded { text: text.into_owned(), guess: None }),
        };
    }
    if encoding != UTF_8 {
        return Err(Fault::new(1, format!("this is no whole {} text", encoding.name()), AS_UTF8));
    }
    let broken = std::str::from_utf8(body).err().map_or(0, |e| e.valid_up_to());
    let line = line_of(body, broken);
    if body.contains(&0) {
        return Err(no_text(body, line));
    }
    // A file that has whole UTF-8 characters besides was damaged; read otherwise, those would come out as two or three.
    let whole = body.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
    if mark > 0 || whole {
        return Err(Fault::new(line, "this line is not UTF-8 text".into(), AS_UTF8));
    }
    let old = if body.contains(&b'\r') && !body.contains(&b'\n') { MACINTOSH } else { WINDOWS_1252 };
    let (text, _) = old.decode_without_bom_handling(body);
    let name = if old == MACINTOSH { "Mac Roman" } else { "Windows-1252" };
    let told = match text.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_ascii()) {
        Some(word) => format!("it is not UTF-8 and was read as {name}, in which one of its words is {}", shown(word)),
        None => format!("it is not UTF-8 and was read as {name}"),
    };
    Ok(Decoded { text: text.into_owned(), guess: Some(told) })
}

const AS_UTF8: &str = "save the file as UTF-8 (in Excel: \"CSV UTF-8\")";

fn no_text(body: &[u8], line: usize) -> Fault {
    if body.starts_with(b"PK") {
        return Fault::new(
            1,
            "this is a spreadsheet or another packed file, not text".into(),
            "save the sheet as \"CSV UTF-8\"",
        );
    }
    let what = "this is not text, or UTF-16 without its byte order mark";
    Fault::new(line, what.into(), AS_UTF8)
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// The beginning of a word, fit for a terminal.
fn shown(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(30).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> (String, String) {
        let decoded = decode(bytes).unwrap();
        (decoded.text, decoded.guess.unwrap_or_default())
    }

    /// Bytes as Python 3 writes them: `"Café – 5 €\n".encode("cp1252")`, `"Café\r".encode("mac_roman")` and
    /// `"é😀".encode("utf-16")`, little-endian and big-endian.
    #[test]
    fn unicode_and_old_code_pages_are_read_and_guesses_told() {
        assert_eq!(text("\u{feff}é".as_bytes()), ("é".into(), String::new()));
        assert_eq!(text(b"\xff\xfe\xe9\x00\x3d\xd8\x00\xde"), ("é😀".into(), String::new()));
        assert_eq!(text(b"\xfe\xff\x00\xe9\xd8\x3d\xde\x00"), ("é😀".into(), String::new()));
        let (read, guess) = text(b"Caf\xe9 \x96 5 \x80\n");
        assert_eq!(read, "Café – 5 €\n");
        assert!(guess.contains("Windows-1252") && guess.ends_with("is Café"), "{guess}");
        let (read, guess) = text(b"Caf\x8e\r");
        assert!(read == "Café\r" && guess.contains("Mac Roman"), "{read} {guess}");
    }

    #[test]
    fn damaged_text_and_what_is_no_text_are_refused() {
        let said = |bytes: &[u8]| decode(bytes).unwrap_err();
        assert_eq!(said("é\nä\n".as_bytes().iter().chain(b"\xe9\n").copied().collect::<Vec<_>>().as_slice()).line, 3);
        assert_eq!(said(b"\xef\xbb\xbfa\n\xe9").line, 2);
        assert!(said(b"PK\x03\x04\x00\xff\xfe").what.contains("spreadsheet"));
        assert!(said(b"a\x00b\x00").what.contains("UTF-16"));
        assert!(said(b"\xff\xfe\x00\xd8").what.contains("UTF-16LE"));
    }
}
