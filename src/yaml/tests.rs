use super::*;
use engine::error::Error;
use insta::assert_snapshot;
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Recipe {
    name: String,
    #[serde(alias = "persons")]
    serves: u8,
    #[serde(default)]
    vegan: bool,
    #[serde(default)]
    steps: Vec<Step>,
    course: Option<Course>,
    #[serde(default)]
    notes: BTreeMap<String, f64>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    text: String,
    minutes: f64,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Course {
    Starter,
    MainCourse,
}

#[derive(Debug, Deserialize)]
struct Bare;

fn tree(text: &str) -> Result<Node, Error> {
    parse(text, Path::new("recipe.yaml"))
}

fn recipe(text: &str) -> Result<Recipe, Error> {
    read(&tree(text)?, &[])
}

fn faults(text: &str) -> String {
    match recipe(text) {
        Ok(recipe) => panic!("read without a fault: {recipe:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn reads_what_people_write() {
    let text = "\
name: 42
persons: 4
vegan: true
course: main-course
steps:
  - {text: yes, minutes: 1}
  - text: |
      two
      lines
    minutes: 2.5
notes: {salt: 0.5}
";
    let expected = Recipe {
        name: "42".into(),
        serves: 4,
        vegan: true,
        steps: vec![Step { text: "yes".into(), minutes: 1.0 }, Step { text: "two\nlines\n".into(), minutes: 2.5 }],
        course: Some(Course::MainCourse),
        notes: [("salt".to_string(), 0.5)].into(),
    };
    assert_eq!(recipe(text).unwrap(), expected);
    assert_eq!(recipe(&format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap(), expected);
}

#[test]
fn every_fault_at_once() {
    assert_snapshot!(faults(
        "\
nmae: Soup
serves: 300
vegan: 'yes'
steps:
  - text: Über, dann weiter
    minutes: \"5\"
  - txt: two
  - just a text
  - text: [a, b]
    minutes: ten
course: main-cours
notes:
  salt: much
"
    ));
}

#[test]
fn faults_of_shape() {
    assert_snapshot!("list_for_mapping", faults("- a\n- b\n"));
    assert_snapshot!("scalar_for_list", faults("name: x\nserves: 1\nsteps: cut\n"));
    assert_snapshot!("empty", faults("# nothing here\n"));
    assert_snapshot!("given_twice", faults("name: x\nserves: 1\npersons: 2\n"));
    assert_snapshot!("duplicate_keys", faults("name: x\nname: y\nsteps:\n  - {text: a, text: b}\n"));
}

#[test]
fn syntax_faults_say_what_to_do() {
    let broken = [
        ("tab", "name: x\nsteps:\n\t- a\n"),
        ("colon_in_text", "name: what: now\n"),
        ("no_colon", "name: x\nserves\nvegan: true\n"),
        ("open_quote", "name: \"x\nserves: 1\n"),
        ("after_quote", "name: \"x\" y\n"),
        ("escape", "name: \"\\d+\"\n"),
        ("open_bracket", "name: [a, b\nserves: 1\n"),
        ("indentation", "name: x\n  serves: 1\n"),
        ("list_indentation", "steps:\n  - a\n - b\n"),
        ("anchor", "name: *soup\n"),
        ("at_sign", "name: @x\n"),
        ("template", "name: {{ soup }}\n"),
        ("tag", "name: !soup x\n"),
        ("documents", "name: x\n---\nname: y\n"),
        ("control", "name: \u{7}x\n"),
        ("itself", "name: &a [*a]\n"),
        ("merge", "name: x\n<<: 3\n"),
    ];
    let report: Vec<String> = broken
        .iter()
        .map(|(name, text)| format!("[{name}]\n{}\n", tree(text).err().map_or("fine".into(), |e| e.to_string())))
        .collect();
    assert_snapshot!(report.join("\n"));
}

#[test]
fn a_struct_without_fields_knows_no_keys() {
    assert!(read::<Bare>(&tree("type: bare\n").unwrap(), &["type"]).is_ok());
    let error = read::<Bare>(&tree("type: bare\nvalue: 3\n").unwrap(), &["type"]).unwrap_err();
    assert_eq!(error.place.as_ref().map(|p| (p.line, p.column)), Some((2, 1)));
}

#[derive(Debug, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Oven {
    #[schemars(range(min = 50, max = 300), extend("x-remedy" = "180 is usual"))]
    top_heat: f64,
    #[serde(default)]
    #[schemars(extend("exclusiveMinimum" = 0))]
    minutes: Option<u32>,
    #[serde(default)]
    shelf_names: BTreeMap<String, String>,
}

#[test]
fn keys_of_structs_have_two_spellings_and_those_of_users_one() {
    let oven: Oven = read(&tree("top_heat: 180\nshelf-names: {a_b: c, a-b: d}\n").unwrap(), &[]).unwrap();
    assert_eq!(oven.top_heat, 180.0);
    assert_eq!(oven.shelf_names.keys().collect::<Vec<_>>(), ["a-b", "a_b"]);
    let node = tree("top-heat: 180\ntop_heat: 200\ntop_heta: 3\n").unwrap();
    assert_snapshot!("two_spellings", read::<Oven>(&node, &[]).unwrap_err().to_string());
    assert_eq!(node.get("top_heat").map(|n| n.place().line), Some(1));
    assert!(read::<Oven>(&node, &["top-heat", "top-heta"]).unwrap_err().message.contains("missing"));
}

#[test]
fn values_are_held_to_the_bounds_of_their_fields() {
    let read = |text: &str| read_bounded::<Oven>(&tree(text).unwrap(), "oven", &[]);
    assert_eq!(read("top-heat: 300\nminutes: 1\n").unwrap().minutes, Some(1));
    let faults = |text: &str| read(text).unwrap_err().to_string();
    assert_snapshot!("out_of_bounds", faults("minutes: 0\ntop_heat: 301\n"));
    // A wrong type is one fault, not two.
    assert_snapshot!("wrong_type_and_out_of_bounds", faults("minutes: -1\ntop-heat: .inf\n"));
}

#[test]
fn merge_keys_and_aliases() {
    let node = tree("base: &b {serves: 2, vegan: true}\nsoup:\n  name: soup\n  vegan: false\n  <<: *b\n").unwrap();
    let soup: Recipe = read(node.get("soup").unwrap(), &[]).unwrap();
    assert_eq!((soup.serves, soup.vegan), (2, false));
}

#[test]
fn hostile_files_end_soon() {
    let deep = "[".repeat(100_000);
    assert!(tree(&deep).unwrap_err().message.contains("nested more than"));
    let dashes = "- ".repeat(50_000);
    assert!(tree(&dashes).unwrap_err().to_string().contains("nested more than"));
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..20 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb += &format!("a{i}: &a{i} [{aliases}]\n");
    }
    assert!(tree(&bomb).unwrap_err().to_string().contains("aliases"));
    let mut ladder = String::from("a0: &a0 [x]\n");
    for i in 1..100 {
        ladder += &format!("a{i}: &a{i} [*a{}]\n", i - 1);
    }
    assert!(tree(&ladder).unwrap_err().to_string().contains("nested more than"));
}

#[test]
fn rendered_texts_read_as_numbers_where_wanted() {
    let node = tree("name: 'N'\nserves: 'N'\n").unwrap();
    let filled = node.fill(&mut |_, text| Ok((text == "N").then(|| "7".to_string()))).unwrap();
    let soup: Recipe = read(&filled, &[]).unwrap();
    assert_eq!((soup.name.as_str(), soup.serves), ("7", 7));
}

/// Pieces that make YAML likely to be nearly right.
fn nearly_yaml() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "name",
        "steps",
        "text",
        "minutes",
        ": ",
        ":",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "\"",
        "'",
        "|",
        ">",
        "&a ",
        "*a",
        "<<: ",
        "!!str ",
        "!x ",
        "#",
        "\t",
        "1",
        "-1.5",
        "true",
        "~",
        "ü€😀",
        "\u{0}",
        "\\",
        "---\n",
        "? ",
        "%",
        "@",
        "\r\n",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_panics(text in prop_oneof![nearly_yaml(), any::<String>()]) {
        if let Ok(node) = tree(&text) {
            let _ = node.to_json();
            let _ = read::<serde_json::Value>(&node, &[]);
            let _ = read::<Bare>(&node, &[]);
            if let Err(error) = read::<Recipe>(&node, &[]) {
                prop_assert!(!error.message.is_empty());
                prop_assert!(error.flatten().iter().all(|e| e.place.is_some()));
            }
        }
    }

    #[test]
    fn agrees_with_another_parser(value in json()) {
        // Every JSON text is YAML.
        let text = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(read::<serde_json::Value>(&tree(&text).unwrap(), &[]).unwrap(), value.clone());
        let text = serde_yaml::to_string(&value).unwrap();
        prop_assert_eq!(tree(&text).unwrap().to_json(), value);
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[ -~ü€\n]{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}
