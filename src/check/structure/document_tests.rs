use crate::check::structure::{Document, LineKind, Mark};

fn titles(d: &Document) -> Vec<(&str, Mark)> {
    d.sections().iter().map(|s| (s.title.as_str(), s.mark)).collect()
}

fn body(d: &Document, title: &str) -> String {
    let section = d.section(&[title]).unwrap_or_else(|| panic!("no section {title} in {:?}", titles(d)));
    d.text_of(section)
}

#[test]
fn a_requirements_document() {
    let d = Document::parse(
        "# Video calls PRD\n\n## 1. Problem Statement\nTeams need **face time**.\n\n## Success Metrics\n- 60% use it\n- 4.5+ score\n\n## Core Requirements\n1. One click\n2. Sharing\n   - of screens\n\n## Non-Goals\n- Webinars\n",
    );
    assert_eq!(
        d.headings().iter().map(|h| (h.level, h.line)).collect::<Vec<_>>(),
        [(1, 1), (2, 3), (2, 6), (2, 10), (2, 15)]
    );
    assert_eq!(body(&d, "problem statement"), "Teams need face time.");
    assert_eq!(body(&d, "Success Metrics"), "60% use it\n4.5+ score");
    let requirements = d.section(&["requirements"]).expect("a section");
    let list = d.lists_in(requirements).next().expect("a list");
    assert!(list.ordered && list.items.len() == 2);
    assert_eq!(list.items[1].nested[0].items[0].text, "of screens");
    assert_eq!(list.items[1].whole_text(), "Sharing\nof screens");
    assert_eq!(d.bold_spans().iter().map(|b| (b.text.as_str(), b.line)).collect::<Vec<_>>(), [("face time", 4)]);
    assert!(body(&d, "Video calls PRD").ends_with("Webinars"));
    assert!(d.section(&["goals"]).is_none());
}

#[test]
fn a_status_update_of_labels() {
    let d = Document::parse(
        "Subject: Launch\n\n**TL;DR:** It moves to 5 April\n\n**Why the delay:**\nThe migration is harder.\n\n**What we're doing:**\n- Two more people\n- Less scope\n\nNext steps:\n- Sam: tests by Friday\n",
    );
    assert_eq!(
        titles(&d)[..4],
        [
            ("Subject", Mark::PlainLead),
            ("TL;DR", Mark::BoldLead),
            ("Why the delay", Mark::BoldLine),
            ("What we're doing", Mark::BoldLine),
        ]
    );
    assert_eq!(body(&d, "TLDR"), "It moves to 5 April");
    assert_eq!(body(&d, "Why the delay"), "The migration is harder.");
    assert_eq!(body(&d, "next steps"), "Sam: tests by Friday");
    let sam = d.section(&["Sam"]).expect("the item's label");
    assert!(sam.in_list && sam.lead == "tests by Friday");
}

#[test]
fn numbered_lists_that_markdown_breaks_up_are_one() {
    let spread = Document::parse("1. Grow\n\nBecause.\n\n2. Keep\n\nAlso because.\n\n3. Win\n");
    assert_eq!(spread.lists().len(), 1);
    assert_eq!(
        spread.lists()[0].items.iter().map(|i| i.text.as_str()).collect::<Vec<_>>(),
        ["Grow\nBecause.", "Keep\nAlso because.", "Win"]
    );
    let bullets = Document::parse("Plan:\n1. **A**\n- a1\n- a2\n2. **B**\n- b1\n");
    assert_eq!(bullets.lists().len(), 1);
    assert_eq!(bullets.lists()[0].items.iter().map(|i| i.nested[0].items.len()).collect::<Vec<_>>(), [2, 1]);
    let ones = Document::parse("1. Grow\n\nBecause.\n\n1. Keep\n\nAlso.\n");
    assert_eq!(ones.lists()[0].items.len(), 2);
    let apart = Document::parse("## A\n1. x\n\n## B\n2. y\n");
    assert_eq!(apart.lists().len(), 2);
}

#[test]
fn loose_lists_are_lists() {
    let d = Document::parse("Key results\n2. Grow\n3. Keep\n\n• one\n• two\n");
    assert_eq!(
        d.lists().iter().map(|l| (l.ordered, l.start, l.items.len())).collect::<Vec<_>>(),
        [(true, 2, 2), (false, 1, 2)]
    );
    assert_eq!(d.lines()[1].line, 2);
}

#[test]
fn tasks_tables_code_and_html() {
    let d = Document::parse(
        "- [x] done\n- [ ] open\n\n| Metric | Target |\n|---|---|\n| **NPS** | 40<br>by May |\n\n```JSON title=a\n{\"a\": 1}\n```\n\nDear <insert name>, see [the plan](https://example.com) and `x`.\n",
    );
    assert_eq!(d.lists()[0].items.iter().map(|i| i.checked).collect::<Vec<_>>(), [Some(true), Some(false)]);
    assert_eq!(d.tables()[0].columns, ["Metric", "Target"]);
    assert_eq!(d.tables()[0].rows, [["NPS", "40 by May"]]);
    assert_eq!((d.code_blocks()[0].language.as_str(), d.code_blocks()[0].text.as_str()), ("json", "{\"a\": 1}\n"));
    assert_eq!(d.lines().iter().find(|l| l.kind == LineKind::Code).map(|l| l.line), Some(9));
    assert!(d.plain_text().ends_with("Dear <insert name>, see the plan and x."));
    assert!(d.plain_text().contains("NPS | 40 by May"));
}

#[test]
fn numbered_labels_hold_what_stands_under_them() {
    let d =
        Document::parse("1. **Problem**\n\nToo slow.\n\n2. **Goals:** faster\n\n3. **Risks**\n   - cost\n\nThanks\n");
    assert_eq!(body(&d, "Problem"), "Too slow.");
    assert_eq!(body(&d, "Goals"), "faster");
    assert_eq!(body(&d, "Risks"), "cost");
    assert_eq!(
        d.lists()[0].items.iter().filter_map(|i| i.label.as_deref()).collect::<Vec<_>>(),
        ["Problem", "Goals", "Risks"]
    );
}

#[test]
fn own_text_ends_at_any_title() {
    let d = Document::parse("## Objective\nGrow\n### Key result\n40%\n");
    let objective = d.section(&["objective"]).expect("a section");
    assert_eq!(d.text_of(objective), "Grow\nKey result\n40%");
    assert_eq!(d.own_text_of(objective), "Grow");
}

#[test]
fn a_rule_under_a_sentence_is_no_heading() {
    assert!(Document::parse("We ship on Friday.\n---\nMore").headings().is_empty());
    assert_eq!(Document::parse("Plan\n====\nMore").headings().len(), 1);
    assert_eq!(titles(&Document::parse("**Plan**\n---\nMore")), [("Plan", Mark::BoldLine)]);
}

#[test]
fn nothing_breaks_it() {
    assert_eq!(Document::parse(""), Document::default());
    for text in [
        ">".repeat(5000),
        "- ".repeat(5000),
        "*".repeat(5000),
        "[".repeat(5000),
        "1. ".repeat(3000),
        "**a ".repeat(3000),
    ] {
        let _ = Document::parse(&text).plain_text();
    }
    assert!(Document::parse("> > deep").plain_text().contains("deep"));
}
