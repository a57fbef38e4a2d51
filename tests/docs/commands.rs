//! Command lines in Markdown.

pub struct Block {
    info: String,
    /// Lines that call pmtune, with their numbers in the page.
    pub commands: Vec<(usize, String)>,
}

impl Block {
    pub fn is_shell(&self) -> bool {
        self.info == "sh" || self.is_run()
    }

    pub fn is_run(&self) -> bool {
        self.info == "sh run"
    }
}

/// Every fenced block of a page.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (index, line) in page.lines().enumerate() {
        if let Some(info) = line.strip_prefix("```") {
            if !open {
                blocks.push(Block { info: info.to_string(), commands: Vec::new() });
            }
            open = !open;
        } else if open && let Some(block) = blocks.last_mut() {
            let command = line.starts_with("pmtune ");
            assert!(command || !block.is_run(), "line {}: a block marked `run` holds pmtune commands only", index + 1);
            if command {
                block.commands.push((index + 1, line.to_string()));
            }
        }
    }
    blocks
}

/// Commands in `code` within the text.
pub fn inline(page: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_block = false;
    for (index, line) in page.lines().enumerate() {
        in_block ^= line.starts_with("```");
        if in_block {
            continue;
        }
        for code in line.split('`').skip(1).step_by(2).filter(|code| code.starts_with("pmtune ")) {
            found.push((index + 1, code.to_string()));
        }
    }
    found
}

/// The words of a command line: quotes hold words together; a comment, a pipe or a redirection ends it.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#' | '>' | '|') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn words_are_parted_as_a_shell_does() {
    assert_eq!(words("pmtune a 'b c' \"d # e\" f#g  # comment"), ["pmtune", "a", "b c", "d # e", "f#g"]);
    assert_eq!(words("pmtune data convert x > y"), ["pmtune", "data", "convert", "x"]);
}
