//! Templates that try to take all memory, time or stack.

use super::*;
use std::time::{Duration, Instant};

const SETTINGS: [Settings; 2] = [Settings { chat: true, steps: 5_000_000 }, Settings { chat: false, steps: 500_000 }];

fn variables() -> Data {
    let text = |text: &str| Data::text(text);
    Data::Dict(vec![
        ("s".into(), text(&"0123456789".repeat(1_000))),
        ("l".into(), Data::List(vec![text("a"), text("b"), Data::Int(3)])),
    ])
}

/// What happens to each of these in both settings.
fn ends(template: &str) -> [Fault; 2] {
    SETTINGS.map(|settings| {
        let start = Instant::now();
        let done = Template::new(template, settings).and_then(|template| template.render(&variables()));
        assert!(start.elapsed() < Duration::from_secs(60), "{template}");
        let Err(fault) = done else { panic!("{template} gave {} bytes", done.unwrap().len()) };
        fault
    })
}

#[test]
fn whatever_grows_is_stopped_by_its_bytes() {
    let grow = |step: &str| {
        format!("{{% set n = namespace(v=s) %}}{{% for i in range(99) %}}{{% set n.v = {step} %}}{{% endfor %}}")
    };
    let list = |step: &str| {
        format!("{{% set n = namespace(v=l) %}}{{% for i in range(99) %}}{{% set n.v = {step} %}}{{% endfor %}}")
    };
    let texts = [
        "n.v ~ n.v",
        "n.v + n.v",
        "n.v * 2",
        "[n.v, n.v]|join",
        "n.v|replace('0', '00')",
        "n.v|replace('', 'x')",
        "n.v.replace('1', n.v)",
        "'%s%s'|format(n.v, n.v)",
        "'%s%s' % (n.v, n.v)",
        "'{}{}'.format(n.v, n.v)",
        "n.v|indent(9999999)",
        "n.v|center((n.v|length) * 2)",
        "n.v.join(['a', 'b', 'c'])",
        "n.v|join(n.v)",
        "[n.v, n.v]|string",
        "[n.v, n.v]|tojson",
        "{'a': n.v, 'b': n.v}|string",
        "n.v.ljust(n.v|length * 2)",
        "n.v.zfill(n.v|length * 2)",
        "n.v|tojson|tojson",
    ];
    let lists = [
        "n.v + n.v",
        "n.v * 2",
        "n.v * 1000000",
        "(n.v|list) + (n.v|list)",
        "[n.v, n.v]|sum(start=[])",
        "n.v|batch(1, 'x')|list + n.v",
    ];
    let single = [
        "{{ s|indent(2000000000) }}",
        "{{ s * 1000000 }}",
        "{{ 'x' * 100000000 }}",
        "{{ [1] * 100000000 }}",
        "{{ '%2000000000d' % 1 }}",
        "{{ '%.2000000000d' % 1 }}",
        "{{ '%2000000000s'|format('a') }}",
        "{{ s|center(2000000000) }}",
        "{{ 'a'.rjust(2000000000) }}",
        "{{ 'a'.center(2000000000, 'é') }}",
        "{{ l|tojson(indent=2000000000) }}",
        "{{ l|batch(2000000000, 'x')|list }}",
        "{{ l|slice(2000000000)|list }}",
        "{{ range(99999)|join(s) }}",
        "{{ l|join(s * 9000) }}",
        "{{ range(-9223372036854775807, 9223372036854775807)|list }}",
        "{{ range(1000000) }}",
        "{% for a in range(99999) %}{{ s }}{% endfor %}",
        "{% set x %}{% for a in range(99999) %}{{ s }}{% endfor %}{% endset %}",
        "{% macro m() %}{% for a in range(99999) %}0123456789{{ s }}{% endfor %}{% endmacro %}{{ m()|length }}",
        "{% filter upper %}{% for a in range(99999) %}{{ s }}{% endfor %}{% endfilter %}",
        "{% for a in range(99999) %}{% if 'x' in s %}{% endif %}{% endfor %}",
        "{% for a in range(99999) %}{% if s|lower|trim|list|length %}{% endif %}{% endfor %}",
        "{% set n = namespace(v=[1]) %}{% for i in range(99) %}{% set n.v = [n.v, n.v] %}{% endfor %}{{ n.v }}",
        "{% set n = namespace(v=[1]) %}{% for i in range(50) %}{% set n.v = [n.v, n.v] %}{% endfor %}{{ n.v == n.v[:] + [] }}{{ n.v|tojson }}",
    ];
    let all = texts.iter().map(|step| grow(step)).chain(lists.iter().map(|step| list(step)));
    for template in all.chain(single.iter().map(ToString::to_string)) {
        for fault in ends(&template) {
            assert_eq!(fault.kind, Kind::TooLarge, "{template}: {fault}");
            assert!(fault.line == 1, "{template}: {fault}");
        }
    }
}

#[test]
fn the_message_names_the_limit_and_the_line() {
    let [fault, _] = ends("fine\n{{ s|indent(2000000000) }}");
    assert_eq!(fault.to_string(), "it builds more than 64 MiB of texts and lists (line 2)");
}

#[test]
fn whatever_runs_on_or_nests_deep_ends() {
    let endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}";
    assert!(ends(endless).iter().all(|fault| fault.kind == Kind::Endless || fault.kind == Kind::TooLarge));
    let deep = [
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}".to_string(),
        "{% macro f() %}{% call f() %}{% endcall %}{% endmacro %}{{ f() }}".to_string(),
        format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{{{{ {}1 }}}}", "-".repeat(100_000)),
        format!("{{{{ {}1 }}}}", "not ".repeat(100_000)),
        format!("{{{{ 1{} }}}}", " + 1".repeat(100_000)),
        format!("{{{{ 1{} }}}}", " + 1".repeat(900)),
        format!("{{{{ l{} }}}}", "|list".repeat(900)),
        format!("{{{{ {}{} }}}}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(100_000)),
        format!("{}{}", "{% if 1 %}".repeat(100_000), "{% endif %}".repeat(100_000)),
        format!("{}{}", "{% if 1 %}".repeat(120), "{% endif %}".repeat(120)),
        "{% set n = namespace(v=[]) %}{% for i in range(99999) %}{% set n.v = [n.v] %}{% endfor %}".to_string(),
        "{% set n = namespace(v={}) %}{% for i in range(99999) %}{% set n.v = {'a': n.v} %}{% endfor %}".to_string(),
        "{% set n = namespace(v=()) %}{% for i in range(99999) %}{% set n.v = (n.v,) %}{% endfor %}".to_string(),
    ];
    for template in deep {
        for fault in ends(&template) {
            let start: String = template.chars().take(60).collect();
            assert!(matches!(fault.kind, Kind::TooLarge | Kind::Syntax), "{start}: {fault:?}");
        }
    }
}

#[test]
fn what_would_hold_itself_is_not_made() {
    for template in [
        "{% set n = namespace() %}{% set n.n = n %}",
        "{% set n = namespace() %}{% set l = [n] %}",
        "{% set n = namespace() %}{{ {'a': n} }}",
    ] {
        assert!(ends(template).iter().all(|fault| fault.kind == Kind::Unsupported), "{template}");
    }
}

/// The memory of the process, in a child of its own that may not take more.
#[cfg(target_os = "linux")]
#[test]
fn the_memory_of_a_hostile_template_is_bounded() {
    const CHILD: &str = "PMTUNE_JINJA_CHILD";
    let hostile = "{% set n = namespace(v=s) %}{% for i in range(99) %}{% set n.v = n.v ~ n.v %}{% endfor %}";
    if std::env::var_os(CHILD).is_some() {
        let _ = ends(hostile);
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        println!("peak {}", peak.trim());
        return;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["jinja::bounds::the_memory_of_a_hostile_template_is_bounded", "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let peak = said.lines().find_map(|line| line.split_once("peak ")?.1.strip_suffix(" kB")?.parse::<usize>().ok());
    let peak = peak.unwrap_or_else(|| panic!("{said}"));
    assert!(peak < (4 * MOST_BYTES) >> 10, "{peak} kB");
}
