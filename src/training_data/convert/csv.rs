//! Comma-separated values as spreadsheets write them (RFC 4180), with `;` or a tab in place of the comma too.

/// One row: the line it begins on, and its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub line: usize,
    pub fields: Vec<String>,
}

/// Where reading stopped, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: usize,
    pub what: &'static str,
}

/// Reads every row, empty lines left out. Fields in quotes may hold separators, doubled quotes and line ends.
pub fn rows(text: &str) -> Result<Vec<Row>, Fault> {
    let separator = separator(text.lines().next().unwrap_or_default());
    let mut rows = Vec::new();
    let mut fields: Vec<String> = Vec::new();
    let (mut line, mut begun) = (1, 1);
    let mut rest = text;
    while !rest.is_empty() {
        let (field, after, lines) = match rest.strip_prefix('"') {
            Some(inside) => quoted(inside).ok_or(Fault {
                line,
                what: "a quote is opened here and never closed; a quote inside a quoted field is written twice",
            })?,
            None => {
                let end = rest.find([separator, '\n']).unwrap_or(rest.len());
                (rest[..end].trim_end_matches('\r').to_string(), &rest[end..], 0)
            }
        };
        line += lines;
        fields.push(field);
        let after = after.strip_prefix("\r\n").map_or(after, |_| &after[1..]);
        match after.chars().next() {
            Some(c) if c == separator => {
                rest = &after[c.len_utf8()..];
                // A separator at the very end stands before one more, empty field.
                if rest.is_empty() {
                    fields.push(String::new());
                }
                continue;
            }
            Some('\n') => rest = &after[1..],
            None => rest = after,
            Some(_) => {
                return Err(Fault { line, what: "after a closing quote comes neither a separator nor the line's end" });
            }
        }
        let fields = std::mem::take(&mut fields);
        if fields != [""] {
            rows.push(Row { line: begun, fields });
        }
        line += 1;
        begun = line;
    }
    if !fields.is_empty() {
        rows.push(Row { line: begun, fields });
    }
    Ok(rows)
}

/// The separator that the header uses most; names of columns hold none themselves.
fn separator(header: &str) -> char {
    let count = |c: char| header.matches(c).count();
    [',', ';', '\t'].into_iter().rev().max_by_key(|c| count(*c)).unwrap_or(',')
}

/// The text up to the closing quote, what follows it, and how many lines the text spans beyond its first.
fn quoted(inside: &str) -> Option<(String, &str, usize)> {
    let mut field = String::new();
    let mut rest = inside;
    loop {
        let end = rest.find('"')?;
        field.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => {
                let lines = field.matches('\n').count();
                return Some((field.replace("\r\n", "\n"), rest, lines));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<Vec<String>> {
        rows(text).unwrap().into_iter().map(|row| row.fields).collect()
    }

    #[test]
    fn reads_quotes_line_ends_and_empty_fields() {
        let text = "a,b,c\r\n1,\"two, with \"\"quotes\"\"\nand a line\",\r\n\r\n,,3";
        assert_eq!(
            fields(text),
            [vec!["a", "b", "c"], vec!["1", "two, with \"quotes\"\nand a line", ""], vec!["", "", "3"]]
        );
        let lines: Vec<usize> = rows(text).unwrap().iter().map(|row| row.line).collect();
        assert_eq!(lines, [1, 2, 5]);
    }

    #[test]
    fn takes_the_separator_of_the_header() {
        assert_eq!(fields("a;b\n\"x;y\";1,5\n"), [["a", "b"], ["x;y", "1,5"]]);
        assert_eq!(fields("a\tb\nx\ty\n"), [["a", "b"], ["x", "y"]]);
        assert_eq!(fields("only\nx\n"), [["only"], ["x"]]);
        assert_eq!(fields("a,b\nx,"), [["a", "b"], ["x", ""]]);
    }

    #[test]
    fn names_the_line_of_a_broken_quote() {
        assert_eq!(rows("a,b\nx,\"never closed\nstill").unwrap_err().line, 2);
        assert_eq!(rows("a,b\n\"x\"y,1\n").unwrap_err().line, 2);
    }
}
