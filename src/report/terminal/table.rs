use crate::report::layout::{Field, Layout, Style};
use crate::report::view::{Cell, Room, Table};

/// From this many columns on, what a row shows stands behind it in words.
const WIDE: usize = 112;
/// With fewer columns, intervals stand under their figures where several do not fit beside them.
const NARROW: usize = 80;
const HEAD: usize = 18;

/// At most `most` rows of a table.
pub fn table(page: &mut Layout, table: &Table, most: usize) {
    let wide = page.width() >= WIDE;
    let rows = &table.rows[..table.rows.len().min(most)];
    let shown: Vec<usize> = (0..table.columns.len()).filter(|&i| table.columns[i].room == Room::Everywhere).collect();
    let ranged = shown.iter().skip(1).filter(|&&i| rows.iter().any(|row| !row.cells[i].range.is_empty())).count();
    let style = CellStyle { stacked: page.width() < NARROW && ranged > 1, name: if wide { 40 } else { 20 } };
    let symbols = rows.iter().any(|row| row.found.is_some());

    let mut header: Vec<Field> = Vec::new();
    if symbols {
        header.push(Field::words("", Style::Muted));
    }
    header.extend(shown.iter().map(|&i| {
        let column = &table.columns[i];
        match column.figures {
            true => Field::figures(&[&crate::words::clip(&column.short, HEAD)], Style::Muted),
            false => Field::words(&column.short, Style::Muted),
        }
    }));
    let finding = table.finding.filter(|_| wide);
    header.extend(finding.map(|head| Field::words(&head.to_lowercase(), Style::Muted)));
    let fields = rows.iter().map(|row| {
        let found = row.found.as_ref();
        let mut fields: Vec<Field> = Vec::new();
        if symbols {
            fields.extend(found.map(|found| Field::words(found.symbol, Style::Tone(found.tone))));
        }
        let strong = if row.strong { Style::Strong } else { Style::Plain };
        fields.extend(shown.iter().map(|&i| style.field(&row.cells[i], table.columns[i].figures, i == 0, strong)));
        if finding.is_some() {
            fields.extend(found.map(|found| Field::words(found.words, Style::Tone(found.tone))));
        }
        fields
    });
    page.grid(&header, &fields.collect::<Vec<_>>());
    if !wide && symbols {
        let mut legend: Vec<String> =
            rows.iter().filter_map(|row| row.found.as_ref()).map(|f| format!("{} {}", f.symbol, f.words)).collect();
        legend.sort();
        legend.dedup();
        page.paragraph(&legend.join(" · "), Style::Muted);
    }
    page.more(table.rows.len(), most);
}

struct CellStyle {
    stacked: bool,
    /// Names longer than this are broken after their hyphens.
    name: usize,
}

impl CellStyle {
    fn field(&self, cell: &Cell, figures: bool, first: bool, strong: Style) -> Field {
        if first {
            return Field::name(&cell.text, strong, self.name);
        }
        let style = cell.tone.map_or(strong, Style::Tone);
        let behind = match &cell.mark {
            Some(mark) if !mark.short.is_empty() => format!(" {}", mark.short),
            // Keeps the figures of a column under each other.
            Some(_) => "\u{a0}\u{a0}".to_string(),
            None if !cell.symbol.is_empty() => format!(" {}", cell.symbol),
            None => String::new(),
        };
        // Room is short: `28–57` for a share's interval, whose ends have no signs.
        let (text, range) = match cell.text.ends_with('%') {
            true => (&cell.text, cell.range.replace(" to ", "–")),
            false => (&cell.text, cell.range.clone()),
        };
        match (figures, range.is_empty(), self.stacked) {
            (false, ..) => Field::words(text, style),
            (true, true, _) => Field::figures(&[&format!("{text}{behind}")], style),
            (true, false, true) => Field::figures(&[&format!("{text}{behind}"), &range], style),
            (true, false, false) => Field::figures(&[&format!("{text} ({range}){behind}")], style),
        }
    }
}
