/// A text as one word of a shell's command line: as it is where nothing in it means anything to a shell, else in quotes.
/// Every command that is printed for the user to run is written with it.
pub fn shell(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:,@%+=".contains(c);
    // `#` begins a remark at the start of a word only.
    let begins = text.chars().next().is_some_and(plain);
    if begins && text.chars().all(|c| plain(c) || c == '#') {
        return text.to_string();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_act_on_is_quoted() {
        for plain in ["v2", "2026-11-21-2031-PM-v1", "openai:http://127.0.0.1:1/v1#m", "models/Ü.gguf", "hub:a/b:c"] {
            assert_eq!(shell(plain), plain);
        }
        for (text, quoted) in [
            ("my models/a.gguf", "'my models/a.gguf'"),
            ("it's", r"'it'\''s'"),
            ("#m", "'#m'"),
            ("", "''"),
            ("a$(id)", "'a$(id)'"),
            ("http://x?a=1&b=2", "'http://x?a=1&b=2'"),
        ] {
            assert_eq!(shell(text), quoted);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_back_the_very_text() {
        for text in ["a b", "it's", "$HOME `id` \"x\" \\ ; & | * ? ~ !", "~", "ü\n\tb", "#"] {
            let output = std::process::Command::new("sh").args(["-c", &format!("printf %s {}", shell(text))]).output();
            assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), text);
        }
    }
}
