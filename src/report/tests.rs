use super::*;
#[test]
fn look() {
    let f = fixture::fixture();
    let out = std::path::Path::new("/tmp/f-look");
    std::fs::create_dir_all(out).unwrap();
    std::fs::write(out.join("c.html"), comparison_html(&f.comparison, &f.a, &f.b).unwrap()).unwrap();
    std::fs::write(out.join("r.html"), run_html(&f.b).unwrap()).unwrap();
    std::fs::write(out.join("c.md"), comparison_markdown(&f.comparison, &f.a, &f.b).unwrap()).unwrap();
    std::fs::write(out.join("r.md"), run_markdown(&f.b).unwrap()).unwrap();
    for w in [60, 80, 120] {
        std::fs::write(out.join(format!("c{w}.txt")), table::comparison(&f.comparison, &f.a, &f.b, w, false)).unwrap();
        std::fs::write(out.join(format!("r{w}.txt")), table::run(&f.b, w, false)).unwrap();
    }
    std::fs::write(out.join("c-colour.txt"), table::comparison(&f.comparison, &f.a, &f.b, 80, true)).unwrap();
    let l = fixture::large(40);
    std::fs::write(out.join("l.html"), comparison_html(&l.comparison, &l.a, &l.b).unwrap()).unwrap();
}
