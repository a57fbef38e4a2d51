//! No input brings a reader down: what it cannot read, it says.

use super::*;
use proptest::prelude::*;
use std::path::Path;

const DOCX: &[u8] = include_bytes!("../../../tests/data/documents/prd.docx");
const XLSX: &[u8] = include_bytes!("../../../tests/data/documents/ideas.xlsx");
const NAMES: [&str; 7] = ["a.md", "a.txt", "a.html", "a.docx", "a.csv", "a.tsv", "a.xlsx"];

/// Reads it as every format and makes drafts of it.
fn all(bytes: &[u8]) {
    let asked = Asked { kind: None, instruction: None, max_tokens: 2048 };
    for name in NAMES {
        if let Ok(opened) = documents(Path::new(name), bytes, &Columns::default()) {
            let made = drafts(opened.documents, &asked, &[], &mut Known::default());
            assert!(
                made.drafts.iter().all(|draft| !draft.output.trim().is_empty() && !draft.instruction.contains("\n\n"))
            );
        }
    }
}

/// A DOCX with this as its main part.
fn docx(xml: &str) -> Vec<u8> {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(xml.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_bytes_bring_a_reader_down(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        all(&bytes);
    }

    #[test]
    fn no_text_brings_a_reader_down(
        parts in prop::collection::vec(prop::sample::select(vec![
            "Title,Text", "Summary,Issue key,Description,Labels,Labels", "\n", "\r\n", ";", ",", "\"", "```", "---\n", "# ", "[^1]: ", "![",
            "](", ")", "[a]", "<!--", "-->", "{code}", "{quote}", "{{", "}}", "||", "|", "* ", "h1. ", "*b*", "_i_", "<b>", "</b>", "<table>",
            "<td>", "<svg>", "<script>", "&amp;", "x@y.io", "+49 170 1234567", "é", "\u{0}", "\u{feff}", "word ", "\t",
        ]), 0..60)
    ) {
        all(parts.concat().as_bytes());
    }

    #[test]
    fn no_tree_brings_the_reader_of_docx_down(
        parts in prop::collection::vec(prop::sample::select(vec![
            "<w:p>", "</w:p>", "<w:r>", "</w:r>", "<w:t>", "</w:t>", "<w:tbl>", "</w:tbl>", "<w:tr>", "</w:tr>", "<w:tc>", "</w:tc>", "word | *",
            "<w:pPr><w:numPr><w:numId w:val='9'/><w:ilvl w:val='99999999999'/></w:numPr></w:pPr>", "<w:gridSpan w:val='999999999'/>",
            "<w:pPr><w:outlineLvl w:val='7'/></w:pPr>", "<w:rPr><w:b/></w:rPr>", "<w:drawing/>", "<w:del>", "</w:del>", "<w:br/>", "&#10;",
        ]), 0..40)
    ) {
        let body = parts.concat();
        all(&docx(&format!("<w:document><w:body>{body}</w:body></w:document>")));
        // Closed as it should be, so that what is inside is read too.
        all(&docx(&format!("<w:document><w:body><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:body></w:document>", body.replace(['<', '&'], ""))));
    }

    #[test]
    fn no_damage_brings_a_reader_down(at in any::<prop::sample::Index>(), flip in 1u8.., cut in any::<prop::sample::Index>()) {
        for whole in [DOCX, XLSX] {
            let mut bytes = whole.to_vec();
            let place = at.index(bytes.len());
            bytes[place] ^= flip;
            all(&bytes);
            bytes.truncate(cut.index(whole.len()));
            all(&bytes);
        }
    }
}

#[test]
fn what_unpacks_to_too_much_is_refused_before_it_is_in_memory() {
    let huge = docx(&" ".repeat(20 << 20));
    assert!(huge.len() < 1 << 20);
    let said = documents(Path::new("a.docx"), &huge, &Columns::default()).unwrap_err().to_string();
    assert!(said.contains("a.docx: word/document.xml takes more than 16777216 bytes"), "{said}");
}

#[test]
fn a_column_that_is_merged_or_wide_costs_no_memory() {
    use std::io::Write;
    let sheet = |cells: &str, rest: &str| {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(XLSX)).unwrap();
        let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for at in 0..archive.len() {
            let part = archive.by_index(at).unwrap();
            let name = part.name().unwrap().into_owned();
            if name == "xl/worksheets/sheet1.xml" {
                out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
                let ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
                write!(out, "<worksheet xmlns=\"{ns}\"><sheetData>{cells}</sheetData>{rest}</worksheet>").unwrap();
            } else {
                out.raw_copy_file(part).unwrap();
            }
        }
        out.finish().unwrap().into_inner()
    };
    let cell = |place: &str, text: &str| format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let row = |number: usize, cells: &str| format!("<row r=\"{number}\">{cells}</row>");
    let head = row(1, &(cell("A1", "Title") + &cell("B1", "Text")));
    let far = sheet(&(head.clone() + &row(1_048_576, &cell("XFD1048576", "x"))), "");
    let said = documents(Path::new("a.xlsx"), &far, &Columns::default()).unwrap_err().to_string();
    assert!(said.contains("is too large") && said.contains("1024 columns"), "{said}");
    let body = row(2, &(cell("A2", "One") + &cell("B2", "Some text to learn")))
        + &row(1_048_576, &cell("B1048576", "More text"));
    let merged = "<mergeCells count=\"1\"><mergeCell ref=\"A2:A1048576\"/></mergeCells>";
    let opened = documents(Path::new("a.xlsx"), &sheet(&(head + &body), merged), &Columns::default()).unwrap();
    let told: Vec<_> =
        opened.documents.iter().map(|document| (document.at.as_str(), document.title.as_str())).collect();
    assert_eq!(told, [("a.xlsx:Ideas:2", "One"), ("a.xlsx:Ideas:1048576", "One")]);
}
