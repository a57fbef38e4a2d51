//! The order of the house: rooms use only those above them, files inside a room never use each other in a circle, files
//! stay readable, and the map says what is there.

mod source;

use source::{Crate, circles, rust_files};

fn crates() -> [Crate; 2] {
    [Crate::open("engine/src"), Crate::open("src")]
}

#[test]
fn rooms_use_only_those_above_them() {
    let faults: Vec<String> = crates().iter().flat_map(Crate::upward_uses).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_of_a_room_use_each_other_in_no_circle() {
    let circles: Vec<String> = crates().iter().flat_map(|c| circles(&c.uses())).map(|c| c.join(" → ")).collect();
    assert!(circles.is_empty(), "files that use each other in a circle:\n{}", circles.join("\n"));
}

#[test]
fn every_room_has_a_line_on_the_map() {
    let root = env!("CARGO_MANIFEST_DIR");
    let map = std::fs::read_to_string(format!("{root}/docs/architecture.md")).unwrap();
    let rooms: Vec<String> = crates().iter().flat_map(|c| c.rooms.clone()).collect();
    assert!(rooms.len() > 20, "lib.rs lists the rooms");
    let missing: Vec<String> = rooms.into_iter().filter(|room| !map.contains(&format!("| `{room}` |"))).collect();
    assert!(missing.is_empty(), "docs/architecture.md lacks: {}", missing.join(", "));
}

#[test]
fn files_stay_short_enough_to_read() {
    let all = crates().into_iter().flat_map(|c| rust_files(&c.folder));
    let long: Vec<String> = all
        .filter_map(|file| {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            (lines > 600).then(|| format!("{} has {lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "look for the seam: {}", long.join(", "));
}
