use super::view::{Half, SeveralView};
use crate::report::layout::{Layout, Style};
use crate::report::terminal::Extent;
use crate::report::terminal::table::table;
use crate::report::view::Tone;

/// Lines of a notice; the page has them all.
const MOST: usize = 10;

/// Lines of at most `width` columns, the last one ended.
pub fn page(view: &SeveralView, extent: Extent, width: usize, colour: bool) -> String {
    let mut page = Layout::new(width, colour);
    page.paragraph(&view.headline, Style::Strong);
    page.paragraph(&view.sentence, Style::Plain);
    for notice in &view.notices {
        page.heading(notice.title);
        page.items("!", Style::Tone(Tone::Worse), &notice.items[..notice.items.len().min(MOST)]);
        page.more(notice.items.len(), MOST);
    }
    match extent {
        Extent::Full => {
            view.halves.iter().for_each(|part| half(&mut page, part));
            page.space();
            view.methods.iter().for_each(|words| page.paragraph(words, Style::Muted));
        }
        Extent::Brief => {
            view.halves.first().into_iter().for_each(|part| half(&mut page, part));
            page.space();
            page.paragraph(&view.headline, Style::Strong);
        }
    }
    page.text
}

fn half(page: &mut Layout, half: &Half) {
    page.heading(half.title);
    table(page, &half.table, usize::MAX);
    page.space();
    for said in &half.said {
        page.items(said.symbol, Style::Tone(said.tone), std::slice::from_ref(&said.words));
    }
}
