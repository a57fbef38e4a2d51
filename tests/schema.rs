//! The JSON Schema of suites over every check there is.

use pmtune::{check, suite, yaml};
use std::path::Path;

#[test]
fn the_schema_agrees_with_the_loader_on_every_check() {
    let schema = suite::schema();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    assert!(check::kinds().count() > 40);
    for kind in check::kinds() {
        // Without keys of its own, with a key nobody knows, and turned round: what the one takes, the other takes.
        for check in [
            format!("type: {}", kind.name),
            format!("type: not-{}, weight: 0", kind.name),
            format!("type: {}, vlaue: 1", kind.name),
        ] {
            let text = format!("cases: [{{id: a, prompt: p, checks: [{{{check}}}]}}]");
            let json = yaml::parse(&text, Path::new("s.yaml")).unwrap().to_json();
            let (fits, loads) = (validator.validate(&json), suite::load_str("s", &text));
            if let Err(refusal) = &fits {
                assert!(loads.is_err(), "{check}: only the schema refuses: {refusal}");
            } else if check.contains("vlaue") {
                panic!("{check}: the schema takes an unknown key");
            }
        }
    }
}
