use super::fault::Fault;
use super::quotes;
use crate::words::count;

/// A header and the rows below it.
#[derive(Debug)]
pub struct Table {
    /// Names of the columns as they are written, blanks around them aside.
    pub header: Row,
    /// Rows with as many cells as the header, or what is wrong with them; rows without any text are left out.
    pub rows: Vec<Result<Row, Fault>>,
}

/// One row: the line it begins on, and its cells, in which lines end with LF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub line: usize,
    pub cells: Vec<String>,
}

impl Table {
    /// For each cell with text in a column that `is_read` (by its number from 0) does not know, the column's name.
    pub fn unread(&self, is_read: impl Fn(usize) -> bool) -> impl Iterator<Item = String> {
        let rows = self.rows.iter().filter_map(|row| row.as_ref().ok());
        let cells = rows.flat_map(|row| row.cells.iter().enumerate());
        cells.filter(move |(column, cell)| !is_read(*column) && !cell.trim().is_empty()).map(|(column, _)| {
            match self.header.cells.get(column).filter(|name| !name.is_empty()) {
                Some(name) => name.clone(),
                None => format!("column {}, without a name", column + 1),
            }
        })
    }
}

/// What may part the cells of a row, the likeliest first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Reads a table. Lines may end in LF, CR LF or CR; a first line such as `sep=;` names the separator, else the header
/// shows it. No text at all is a table without columns.
///
/// # Errors
/// A quote that is not closed, or a column's name twice.
pub fn read(text: &str) -> Result<Table, Fault> {
    let table = read_repeated(text)?;
    match repeated(&table.header.cells) {
        Some(twice) => {
            let what = format!("the column `{twice}` stands there twice");
            Err(Fault::new(table.header.line, what, "keep the one that counts, or give the other another name"))
        }
        None => Ok(table),
    }
}

/// The same for tables in which a column may stand several times, as in exports of Jira.
///
/// # Errors
/// A quote that is not closed.
pub fn read_repeated(text: &str) -> Result<Table, Fault> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (named, body, above) = named_separator(&text);
    let separator = named.unwrap_or_else(|| likeliest(body));
    quotes::check(body, separator, above + 1)?;
    let mut rows = records(body, separator, above)?.into_iter();
    let header = rows.next().unwrap_or(Row { line: above + 1, cells: Vec::new() });
    let header = Row { cells: header.cells.iter().map(|name| name.trim().to_string()).collect(), ..header };
    let named = header.cells.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
    let rows = rows.map(|row| fit(row, header.cells.len(), named)).collect();
    Ok(Table { header, rows })
}

/// Excel's own way of saying which separator follows; that line, and what is below it.
fn named_separator(text: &str) -> (Option<u8>, &str, usize) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let plain = first.trim().trim_matches('"');
    let named = plain.get(..4).filter(|head| head.eq_ignore_ascii_case("sep=")).and_then(|_| plain.get(4..));
    let tab = first.trim_start().trim_start_matches('"').get(4..).is_some_and(|rest| rest.starts_with('\t'));
    match named.map(str::as_bytes) {
        Some([separator]) if separator.is_ascii() => (Some(*separator), rest, 1),
        Some([]) if tab => (Some(b'\t'), rest, 1),
        _ => (None, text, 0),
    }
}

/// The separator that the first line with text uses most outside of quotes.
fn likeliest(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let bare: String = first.split('"').step_by(2).collect();
    let count = |separator: &u8| bare.bytes().filter(|byte| byte == separator).count();
    SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(b',')
}

/// Every row with text; `above` lines stand before the text.
fn records(text: &str, separator: u8, above: usize) -> Result<Vec<Row>, Fault> {
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder.has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let unreadable = |e: csv::Error| {
            let line = e.position().map_or(1, |place| place.line() as usize + above);
            Fault::new(line, e.to_string(), "save the sheet as CSV again")
        };
        let record = record.map_err(unreadable)?;
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            // Empty lines above a row count as its own for the reader.
            let skipped = |place: &csv::Position| {
                let from = text.get(place.byte() as usize..).unwrap_or_default();
                from.bytes().take_while(|byte| *byte == b'\n').count()
            };
            let line = record.position().map_or(1, |place| place.line() as usize + skipped(place)) + above;
            rows.push(Row { line, cells: record.iter().map(str::to_string).collect() });
        }
    }
    Ok(rows)
}

fn repeated(names: &[String]) -> Option<&String> {
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let twice = |(at, name): &(usize, &String)| !name.is_empty() && lower.iter().take(*at).any(|other| other == *name);
    lower.iter().enumerate().find(twice).and_then(|(at, _)| names.get(at))
}

/// The row where it has a cell for each column. Empty cells beyond the last column do no harm, nor does it that columns
/// without a name, behind the `named` ones, are left away.
fn fit(mut row: Row, columns: usize, named: usize) -> Result<Row, Fault> {
    while row.cells.len() > columns && row.cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        row.cells.pop();
    }
    if (named..=columns).contains(&row.cells.len()) {
        row.cells.resize(columns, String::new());
        return Ok(row);
    }
    let cells = count(row.cells.len(), "field");
    let what = format!("this row has {cells}, the header has {columns}");
    Err(Fault::new(row.line, what, "put a text that holds the separator, a quote or a line end in double quotes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let table = read(text).unwrap();
        std::iter::once(table.header).chain(table.rows.into_iter().map(Result::unwrap)).map(|row| row.cells).collect()
    }

    fn lines(text: &str) -> Vec<usize> {
        read(text).unwrap().rows.into_iter().map(|row| row.map_or_else(|fault| fault.line, |row| row.line)).collect()
    }

    #[test]
    fn reads_quotes_line_ends_and_empty_cells() {
        let text = "a,b,c\r\n1,\"two, with \"\"quotes\"\"\r\nand a line\",\r\n\r\n,,3";
        assert_eq!(
            cells(text),
            [vec!["a", "b", "c"], vec!["1", "two, with \"quotes\"\nand a line", ""], vec!["", "", "3"]]
        );
        assert_eq!(lines(text), [2, 5]);
        let mac = text.replace("\r\n", "\r");
        assert_eq!((cells(&mac), lines(&mac)), (cells(text), lines(text)));
    }

    #[test]
    fn rows_without_text_are_left_out_wherever_they_stand() {
        let text = "\n , \na,b\n,\n1,2\n , ,,\n3,4\n,,,,\n";
        assert_eq!(cells(text), [["a", "b"], ["1", "2"], ["3", "4"]]);
        assert_eq!(lines(text), [5, 7]);
    }

    #[test]
    fn takes_the_separator_of_the_header_or_the_one_that_is_named() {
        assert_eq!(cells("a;b\n\"x;y\";1,5\n"), [["a", "b"], ["x;y", "1,5"]]);
        assert_eq!(cells("a\tb\nx\ty\n"), [["a", "b"], ["x", "y"]]);
        assert_eq!(cells("\"a,b,c\";d\nx;y\n"), [["a,b,c", "d"], ["x", "y"]]);
        assert_eq!(cells("only\nx\n"), [["only"], ["x"]]);
        assert_eq!(cells("a,b\nx,"), [["a", "b"], ["x", ""]]);
        for named in ["sep=;\n", "\"SEP=;\"\r\n", "sep=; \n"] {
            let text = format!("{named}a,1;b\nx;y\n");
            assert_eq!(cells(&text), [["a,1", "b"], ["x", "y"]], "{named}");
            assert_eq!((read(&text).unwrap().header.line, lines(&text)), (2, vec![3]));
        }
        assert_eq!(cells("sep=\t\na,1\tb\nx\ty\n"), [["a,1", "b"], ["x", "y"]]);
    }

    #[test]
    fn columns_that_nothing_reads_are_named_where_they_hold_something() {
        let table = read("a,,owner,none\n1,x,Ana,\n2,,Ben, \n").unwrap();
        let mut unread = crate::table::PassedOver::default();
        unread.add(table.unread(|column| column == 0));
        let said = unread.sentence().unwrap();
        assert!(said.ends_with("`owner` (2 records), `column 2, without a name` (1 record)"), "{said}");
        assert_eq!(crate::table::PassedOver::default().sentence(), None);
    }

    #[test]
    fn what_no_reader_can_know_is_refused_with_its_line() {
        let fault = |text: &str| read(text).unwrap_err();
        assert_eq!(fault("a,b\nx,\"never closed\nstill").line, 2);
        assert_eq!(fault("sep=;\na;b\n\"x\"y;1\n").line, 3);
        assert!(fault("id,Output,b, output \n").what.contains("`output` stands there twice"));
        let table = read("a,b\n1,2,,\nshort\n\"1\",2,long\n").unwrap();
        let wrong: Vec<_> =
            table.rows.iter().filter_map(|row| row.as_ref().err()).map(|f| (f.line, &*f.what)).collect();
        assert_eq!(
            wrong,
            [(3, "this row has 1 field, the header has 2"), (4, "this row has 3 fields, the header has 2")]
        );
    }

    #[test]
    fn columns_without_a_name_may_be_left_away() {
        assert_eq!(cells("a,b,,\n1,2\n3,4,x\n"), [["a", "b", "", ""], ["1", "2", "", ""], ["3", "4", "x", ""]]);
    }

    /// As Python's `csv` module reads them.
    #[test]
    fn a_quote_inside_a_plain_cell_is_a_quote() {
        assert_eq!(cells("a,b\n5\" screen,x\n"), [["a", "b"], ["5\" screen", "x"]]);
    }
}
