"""Expressions and templates rendered by jinja2 with the settings that `transformers` gives to chat templates.

    pip install jinja2==3.1.6
    cd engine/tests/oracle && python3 jinja.py > jinja.json

`compile_jinja_template` of transformers/utils/chat_template_utils.py is written out here, so that jinja2 alone is needed.
A case whose text is null is one for which jinja2 raises an error. The templates are ours; `MODELS` use what the real
templates of the named lines use.
"""

import datetime
import json
import sys

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda format: datetime.datetime.now().strftime(format)
    return env


DATA = {
    "s": "hello world",
    "t": "  Über die ßtraße: it's  \n\tlow-key (ok) [yes] <no>  ",
    "e": "",
    "u": "naïve ΑΣ ﬁn Ǆ ǆungla 中文 \u00a0\u200b\U0001f600 \x07 \\ \"q\" 'q'",
    "lines": "one\ntwo\r\nthree\x0bfour\n\nsix\n",
    "csv": "a,b,,c,",
    "n": 7, "m": -7, "z": 0, "big": 2**62, "f": 2.5, "g": 0.1, "h": 1e16, "i": 1e-5, "j": 100000.0, "k": -0.0,
    "yes": True, "no": False, "nil": None,
    "l": [3, 1, 2], "w": ["b", "A", "c", "B", "a"], "nested": [[1, 2], [3], []], "mixed": [1, "a", None, True, 2.0],
    "d": {"b": 1, "a": "x", "C": [1, {"k": None}], "items": "own"},
    "nums": {"one": 1, "two": 2.0, "three": True},
    "users": [
        {"name": "Ann", "age": 31, "tags": ["x", "y"], "at": {"city": "Oslo"}},
        {"name": "bob", "age": 25, "tags": [], "at": {"city": "Rome"}},
        {"name": "Cid", "age": 31, "tags": ["x"], "at": {"city": "oslo"}},
    ],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": " Hi there "},
        {"role": "assistant", "content": "<think>\nhm\n</think>\n\nHello!"},
        {"role": "user", "content": "Bye {{ n }} {% raw %} {# c #}"},
    ],
    "tools": None, "documents": None, "add_generation_prompt": True, "bos_token": "<s>", "eos_token": "</s>",
}

STRINGS = ["s", "t", "e", "u", "lines", "csv"]
PER_STRING = """
 {x}.upper() ~ {x}.lower()|{x}.title()|{x}.capitalize()|{x}.swapcase()|{x}.strip()|{x}.lstrip()|{x}.rstrip()
|{x}.split()|{x}.split(',')|{x}.split(None, 1)|{x}.rsplit(None, 1)|{x}.rsplit(' ', 1)|{x}.split(' ', 2)|{x}.splitlines()
|{x}.splitlines(true)|{x}.partition(' ')|{x}.rpartition(' ')|{x}.isupper()|{x}.islower()|{x}.isalpha()|{x}.isalnum()
|{x}.isspace()|{x}.isascii()|{x}.isdecimal()|{x}.find('o')|{x}.rfind('o')|{x}.count('')|{x}.startswith(('h', ' '))
|{x}.endswith('d')|{x}.replace('o', '0')|{x}.replace('', '-')|{x}.replace('o', '', 1)|{x}.center(41)|{x}.center(42, '*')
|{x}.ljust(60, '.')|{x}.rjust(60)|{x}.zfill(55)|{x}.removeprefix('he')|{x}.removesuffix('ld')|{x}.strip('hd \\n')
|{x}[0]|{x}[-1]|{x}[1:4]|{x}[::-1]|{x}[::2]|{x}[-3:]|{x}[5:1:-1]|{x}[100]|{x}[3:100]|{x} * 2|3 * {x}|{x} + 'x'|{x} ~ n
|'o' in {x}|{x} == 'hello world'|{x} < 'i'|{x}>'a'|{x} is string|{x} is sequence|{x} is iterable|{x} is mapping|{x} is upper
|{x} is lower|not {x}|{x} or 'none'|{x} and 'some'|[{x}]|({x},)|{{'k': {x}}}
""".replace("\n", "").split("|")
FILTERS_OF_STRING = """
upper;lower;title;capitalize;trim;trim('h d');length;count;list;first;last;reverse;wordcount;string;center;center(30)
;indent;indent(2);indent(2, true);indent(2, true, true);indent('> ', first=true);indent(width=1, blank=true);replace('o', '0');replace('o', '0', 1)
;truncate(9);truncate(9, true);truncate(9, end='…');truncate(8, leeway=0);int;int(5);float;float(1.5);default('x');default('x', true);d
;tojson;tojson(indent=2);tojson(ensure_ascii=true);pprint;join('-');sort;unique|list;batch(4)|list;slice(3)|list;format;max;min
;map('upper')|list;select('in', 'abc')|list;safe;e;escape;striptags;urlencode;wordwrap(5);filesizeformat;xmlattr;sum
""".replace("\n", "").split(";")

EXPRESSIONS = [expression.format(x=name).strip() for name in STRINGS for expression in PER_STRING]
EXPRESSIONS += [f"{name}|{filter}" for name in STRINGS for filter in FILTERS_OF_STRING]

NUMBERS = ["n", "m", "z", "big", "f", "g", "h", "i", "j", "k", "yes", "no"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "~"]
EXPRESSIONS += [f"{a} {op} {b}" for op in OPERATORS for a in NUMBERS for b in ["n", "m", "z", "f", "g", "yes"]]
for name in NUMBERS + ["nil", "missing"]:
    EXPRESSIONS += [name, f"-{name}", f"{name}|abs", f"{name}|int", f"{name}|float", f"{name}|round", f"{name}|round(2)",
                    f"{name}|round(1, 'floor')", f"{name}|round(0, 'ceil')", f"{name}|string", f"{name}|tojson",
                    f"{name}|pprint", f"[{name}, {name}]", f"{name}|default('D')", f"{name}|default('D', true)",
                    f"{name} is number", f"{name} is integer", f"{name} is float", f"{name} is boolean",
                    f"{name} is none", f"{name} is defined", f"{name} is undefined", f"{name} is string",
                    f"{name} is sequence", f"{name} is iterable", f"{name} is mapping", f"{name} is true",
                    f"{name} is false", f"{name} is odd", f"{name} is even", f"{name} is divisibleby 3",
                    f"{name} is sameas none", f"{name} is eq 7", f"{name} is gt 1", f"{name} in l", f"not {name}",
                    f"'%s|%d|%5.1f|%-6s|' % ({name}, {name}, {name}, {name})", f"'%r' % {name}", f"{name}|length",
                    f"{name}|upper", f"{name}|trim", f"{name}|list", f"{name}|join('-')", f"{name}|first",
                    f"{name}.x", f"{name}['x']", f"{name}[0]", f"{name}.x.y", f"{name}()", f"{name} + 1",
                    f"1 + {name}", f"'a' ~ {name} ~ 'b'", f"'a' + {name}", f"{name} < 1", f"{name} == missing",
                    f"{name} if {name}", f"'t' if {name} else 'f'", f"{name} and 1", f"{name} or 1"]

LISTS = ["l", "w", "nested", "mixed", "users", "d", "nums", "(1, 2)", "()", "[]", "{}", "range(5)", "range(5, 0, -2)",
         "d.keys()", "nums.items()", "l|map('string')", "w|select", "'cab'"]
FILTERS_OF_LIST = """
length;first;last;list;reverse;reverse|list;sort;sort(reverse=true);sort(case_sensitive=true);unique|list;min;max;sum;join;join(', ')
;batch(2)|list;batch(2, 'f')|list;slice(2)|list;slice(2, 'f')|list;tojson;tojson(indent=2);tojson(sort_keys=true);tojson(separators=(',', ':'))
;pprint;string;map('upper')|list;map('string')|join;select|list;reject|list;select('string')|list;reject('none')|list
;dictsort;dictsort(true);dictsort(by='value');dictsort(reverse=true);items|list;random|length;default('x')
""".replace("\n", "").split(";")
EXPRESSIONS += [f"{name}|{filter}" for name in LISTS for filter in FILTERS_OF_LIST]
for name in LISTS:
    EXPRESSIONS += [name, f"{name}[0]", f"{name}[-1]", f"{name}[1:]", f"{name}[::-1]", f"{name}[9]", f"{name} * 2",
                    f"{name} + [1]", f"{name} + (1,)", f"1 in {name}", f"'b' in {name}", f"{name} == [3, 1, 2]", f"{name}[:2] == {name}[:2]",
                    f"{name} is sequence", f"{name} is iterable", f"{name} is mapping", f"{name} is string", f"not {name}",
                    f"{name}.count(1)", f"{name}.index(1)", f"{name}.append(1)", f"{name}|tojson|length"]
EXPRESSIONS += """
users|map(attribute='name')|list;users|map(attribute='at.city')|join(', ');users|map(attribute='tags.0')|list
;users|map(attribute='nope', default='?')|list;users|selectattr('age', 'gt', 30)|map(attribute='name')|list
;users|selectattr('tags')|list|length;users|rejectattr('age', 'equalto', 31)|map(attribute='name')|list
;users|selectattr('name', 'in', ['Ann', 'Cid'])|map(attribute='age')|sum;users|sum(attribute='age')
;users|sort(attribute='age')|map(attribute='name')|list;users|sort(attribute='age,name')|map(attribute='name')|list
;users|sort(attribute='name', reverse=true)|map(attribute='name')|list;users|groupby('age')|map('first')|list
;users|groupby('at.city')|map('length')|list;users|groupby('at.city')|map(attribute='grouper')|list
;users|groupby('at.city', case_sensitive=true)|map(attribute='grouper')|list
;users|join(', ', attribute='name');users|unique(attribute='age')|map(attribute='name')|list;users|max(attribute='age')
;users|min(attribute='name')|attr('name');users|selectattr('name', 'defined')|list|length;users|map('length')|list
;users|map(attribute='name')|map('lower')|map('capitalize')|join;users|selectattr('role', 'undefined')|list|length
;d.a;d['a'];d.items;d['items'];d.items();d.keys()|list;d.values()|list;d.get('a');d.get('q');d.get('q', 'dflt');d.b.c
;d.q;d['q'];d.q.r;d.C[1].k;d.C[1]['k'] is none;'a' in d;'q' not in d;d.keys();nums.values();nums.items()|list;d.copy()|length
;d.pop('a');d.update({'x': 1});{'a': 1, 'a': 2};{1: 'i', 1.0: 'f', true: 't'};{(1, 2): 3};{'a': {'b': [1, (2,), {}]}}
;{'x': missing};{'a': 1} == {'a': 1.0};dict(a=1, b='x');dict({'a': 1}, b=2);dict(a=1)|tojson;[1, 2] == (1, 2);(1, 2) < (1, 3);[1] < ['a']
;1 == 1.0;1 == true;'1' == 1;none == false;1 < 2 < 3;3 > 2 > 2;1 != 1.0;1 in [true];true + true;true * 3;'a' * true;not not 1
;1 if false;(1 if false) is undefined;none or missing or 'x';missing or none;1 and 0 or 2;'a' 'b';'%d%%' % 5;'%s' % 'x';'%s %s' % ('a', 'b')
;'%(a)s-%(b)03d' % {'a': 1, 'b': 2};'%05.2f|%+d|% d|%x|%X|%o|%e' % (3.14159, 5, 5, 255, 255, 8, 12345.678);'%s' % (1,);'%s %s' % 1
;'%s' % [1, 2];'%s' % d.a;'%c' % 'x';'%.3s|' % 'abcdef';'%10s|%-10s|' % ('a', 'b');'%s-%d'|format('a', 3);'%(x)s'|format(x=1);'%5d'|format(42)
;'{} {}'.format(1, 'a');'{0}{1}{0}'.format('a', 'b');'{x}'.format(x=2);'{:>5}'.format('a');'{{}}'.format();'-'.join(['a', 'b']);'-'.join([1])
;''.join(w);', '.join(w|sort);7 / 2;-7 // 2;-7 % 3;7 % -3;7.5 // 2;-7.5 % 2;2 ** 10;2 ** -1;2 ** 0.5;2**3**2;-2 ** 2;10 / 5;1e3;1_000;0x1f;0b11;0o17;1.5e-7;.5
;1/3;2/3;100.0;1e22;123456789.123456789;0.1 + 0.2;1e300 * 1e10;1e15;1e16;123456789012345680.0;5e-324;1.0e-4;0.00001;3.0 * 2;7 // 2.0
;'42'|int;' 42 '|int;'4_2'|int;'0x1A'|int(base=16);'1A'|int(0, 16);'12.7'|int;'1e3'|int;'abc'|int;'abc'|int(-1);3.99|int;-3.99|int;true|int;none|int;[]|int;'inf'|int(3)
;'3.5'|float;'1e3'|float;'nan'|float;'x'|float;none|float;2.675|round(2);0.5|round;1.5|round;2.5|round;-0.5|round;1234.567|round(-2);7|round(2);2.5|round|int;1.25|round(1)
;2.1|round(0, 'ceil');2.9|round(method='floor');-2.1|round(1, 'ceil');3.14159|round(3);1e20|round(1)
;'a-b c_d'|title;"it's mike's"|title;"it's mike's".title();'HELLO wOrld'|title;'x1y2'.title();'hello-world foo'.title();'éa ÉA'|title;'ǆ'.capitalize();'ß'.upper();'ΑΣ'.lower();'ΑΣ'.title()
;'İ'.lower();'ﬁx'.title();'ﬁx'|capitalize;'o\\'neil'.title();'...a'.title();'2nd place'.title()
;[1, 2, 3][1:];[1, 2, 3][:-1];[1, 2, 3][-5:2];'abc'[-5:2];'abc'[5:];[1, 2, 3][::-2];'abcdef'[4:1:-2];'abc'[1:][0];(1, 2, 3)[1:];'abc'[::0];'abc'['x':]
;range(3);range(3)|list;range(10, 0, -3)|list;range(0);range(3)[1];range(200000)|length;range(3)|length;range(2) is sequence;3 in range(5)
;missing;missing is defined;missing.x;missing|default('d');missing|length;missing|upper;missing ~ 'x';missing + 1;missing == none;missing in l;l in missing;'x' in missing;not missing;[missing];missing|tojson;missing|list;missing|join;missing|first;missing[0];missing();d.q is defined;d.q|default('z')
;nil;nil ~ 'x';[nil, yes];nil|string;nil|default('d');nil|default('d', true);nil.x;nil is none;nil|tojson;nil|length;nil == missing
;'a\\nb';'a\\tb'|tojson;'\\x41\\u00e9';"a\\"b";'it\\'s';'\\\\';'\\/';"\\b"|tojson;'\\101';'\\a';'\\q';'\\U0001f600';'\\v';'\\u00e9\\xe9\\n'
;'<&>\\''|tojson;'é'|tojson;'é'|tojson(ensure_ascii=true);'\\u2028\\x7f'|tojson;'😀'|tojson(ensure_ascii=true);[1, [2, {'a': []}], {}]|tojson(indent=1);[]|tojson(indent=2);{'a': 1}|tojson(indent=0);[1, 2]|tojson(indent='--')
;{1: 2, none: 3, true: 4, 1.5: 5}|tojson;{'b': 1, 'a': 2}|tojson(sort_keys=true);1e16|tojson;1.0|tojson;(1, 2)|tojson;range(3)|tojson;'x'|tojson|tojson;d|tojson(separators=(',', ':'));missing.y|tojson
;u;[u];[s, t];['it\\'s'];['say "x"'];['both \\' "'];['\\x00\\x7f\\xa0\\u200b'];[1.0, 1e16, 1e-5];[none, true];{'a': 'b'};[()];[(1,)];[{}];[range(3)];[d.keys()]
;joiner;joiner();joiner('x')();cycler('a', 'b').next();cycler('a').current;namespace(a=1).a;namespace(a=1).b;namespace;[namespace()];lipsum()|length > 0;loop;self;range;dict
;s|upper|lower|title;s|replace('l', 'L')|truncate(5, true, '');-n|abs;-n.real;n.real;(-n)|string|length;s|length + 1;s is string and n is number;not s is none;s is not none;n is divisibleby 7 and true
;'abc' is in ['abc'];'a' is eq 'a';n is ==7;n is lt 8;n is ge 7;n is ne 7;l is eq l;yes is sameas true;n is sameas 7;s is callable;range is callable;s is escaped;'upper' is filter;'odd' is test
;s._private;s.__class__;d.__len__;''.__class__.__mro__;s.upper;l.append;raise_exception('no')
;'a,b;c'.split(',');'  a  b  '.split(' ');'  a  b '.split();'a  b c'.split(none, 1);' a b  c '.rsplit(none, 1);'  x y '.split(none, 0);'abc'.split('');'a b'.split(sep=' ');'a b c'.split(' ', maxsplit=1);''.split();''.split(',');'abc'.partition('b')
;'ab\\x1cc'.splitlines();'a\\x85b\\u2028c'.splitlines();'\\x1f a \\x1f'.strip()|length;'\\ufeffa'.strip()|length;'xxaxx'.strip('x');'abc'.strip('');'٣'.isdigit();'²'.isdigit();'Ⅷ'.isnumeric();'一'.isalpha();'a1'.isalnum();'½'.isalnum();''.isupper();'A1'.isupper();'1'.islower();'ª'.islower();'ǅ'.isupper();'aǅ'.islower()
;'a'.center(4, 'x');'ab'.center(5, 'x');'abc'.center(6, 'x');'abc'|center(6);'-5'.zfill(5);'+5'.zfill(5);'5'.zfill(3);'abc'.expandtabs();'abc'.encode();'abc'.index('z');'abc'.isidentifier()
;'a b\\nc'|wordcount;'naïve_x y-z'|wordcount;'one two three four'|truncate(11);'one two three four'|truncate(11, false, '…', 0);'x' * 5|int;('x' * 3)|upper;'abc'|reverse;'abc'|list|reverse|join;l|sort|last;w|sort|join;w|sort(case_sensitive=true)|join;w|unique|join;mixed|map('string')|join('|');mixed|sort
;l|map('multiply', 2)|list;l|select('odd')|list;l|select('gt', 1)|list;l|reject('divisibleby', 2)|list;l|map('float')|list;l|map('round', 1)|list;[0, 1, '', none]|select|list;l|sum(start=10);['a']|sum;[[1], [2]]|sum(start=[]);l|batch(2)|map('join', '-')|join('|')
;w|map('replace', 'a', 'z')|join;w|map('default', 'x')|list;users|map(attribute='at')|map(attribute='city')|list;users[0].name;users[-1]['name'];users.0.name;users|last|attr('name');d|attr('a');d|items|list;d|dictsort|map('first')|list;nums|dictsort(by='value')|list;(d.items()|list)[0][0];d.items()|map('first')|join(',')
;{'a': [1, 2], 'b': {'c': 'x' * 30, 'd': 'y' * 40}}|pprint;'x'|pprint;[1, 'a']|pprint;d|pprint;1.0|pprint;[3, 1]|pprint
;'a' < 'B';'a'|lower < 'B'|lower;[1, 2] + [3];[1, 2] + (3,);(1,) + (2,);'ab' + 1;1 + '1';[1] * 3;(1,) * 2;'ab' * -1;'-' * 10;{} + {};none + 1;l - 1;{'a': 1}.a;[[1, 2], [3, 4]][1][0];((1, 2), 3)[0][1];{'a': {'b': 'c'}}.a.b;{'a': {'b': 'c'}}['a']['b']
""".replace("\n", "").split(";")

STATEMENTS = [
    "{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }};{% endfor %}",
    "{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }}{{ loop.previtem is defined }};{% endfor %}",
    "{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }}{% endfor %}",
    "{% for x in l|reverse %}{{ x }}{{ loop.revindex }}{{ loop.length }}{% endfor %}",
    "{% for x in l|map('string') %}{{ x }}{{ loop.last }}{% endfor %}",
    "{% for x in l if x > 1 %}{{ x }}{{ loop.length }}{{ loop.index }}{% else %}none{% endfor %}",
    "{% for x in [] %}{{ x }}{% else %}none{% endfor %}{% for x in missing %}x{% else %}gone{% endfor %}",
    "{% for k, v in nums.items() %}{{ k }}={{ v }},{% endfor %}{% for k, v in nums|dictsort %}{{ k }}{% endfor %}",
    "{% for a, b in [(1, 2), (3, 4)] %}{{ a + b }};{% endfor %}{% for a, b in [(1, 2, 3)] %}{% endfor %}",
    "{% for k in d %}{{ k }}{% endfor %}{% for c in 'abc' %}{{ c }}-{% endfor %}{% for i in range(3) %}{{ i }}{% endfor %}",
    "{% for x in 5 %}{% endfor %}",
    "{% for x in l %}{% if loop.index == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in l %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in l %}{% for y in w %}{{ loop.index }}{{ loop.depth }}{% endfor %}{{ loop.index }}|{% endfor %}",
    "{% for x in l recursive %}{{ x }}{% endfor %}",
    "{% for x in l %}{% set y = x %}{% endfor %}{{ y }}|{% set q = 0 %}{% for x in l %}{% set q = q + x %}{{ q }}{% endfor %}{{ q }}",
    "{% set ns = namespace(n=0, found=false) %}{% for x in l %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}{{ ns.found }}{{ ns.missing }}",
    "{% set ns = namespace() %}{% set ns.a = [1] %}{% set ns.a = ns.a + [2] %}{{ ns.a }}{{ ns }}",
    "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}{% with %}{% set x = 3 %}{{ x }}{% endwith %}{{ x }}",
    "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c = 1, 2 %}{{ c }}{% set (e, f) = [5, 6] %}{{ e }}{{ f }}",
    "{% set d.a = 1 %}",
    "{% set x %}a{{ n }}b{% endset %}{{ x }}{{ x|length }}{% set y | upper | replace('A', 'z') %}abc{% endset %}{{ y }}",
    "{% filter upper %}abc {{ s }}{% endfilter %}{% filter replace('a', 'b') | indent(2) %}a\na{% endfilter %}",
    "{% macro m(a, b='B', c=none) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(1, c=3) }}{{ m() }}{{ m(b=1, a=2) }}{{ m(1) ~ m(2) }}{{ m(1)|upper|length }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(q=2) }}",
    "{% macro m(a) %}{% for x in a %}{{ x }}{% if x is iterable and x is not string %}{{ m(x) }}{% endif %}{% endfor %}{% endmacro %}{{ m(nested) }}",
    "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}",
    "{% set o = 'out' %}{% macro m() %}{{ o }}{{ s }}{% endmacro %}{% set o = 'later' %}{{ m() }}",
    "{% for x in l %}{{ mac(x) if mac is defined }}{% endfor %}{% macro mac(x) %}{{ x }}{% endmacro %}",
    "{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}in {{ s }}{% endcall %}",
    "{% macro m(a) %}{{ caller(a, 2) }}{% endmacro %}{% call(x, y) m(1) %}{{ x }}{{ y }}{% endcall %}",
    "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}",
    "{% macro m(x) %}{{ x is defined }}{{ x }}{% endmacro %}{{ m() }}{{ m.name }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, a=2) }}",
    "{% if n > 5 and s %}a{% elif z %}b{% else %}c{% endif %}{% if z %}a{% elif n %}b{% endif %}{% if missing %}x{% endif %}",
    "{{ 'a' if z else 'b' if no else 'c' }}{{ ('a' if yes) ~ 'x' }}",
    "a\n{% if true %}\nb\n{% endif %}\nc\n",
    "a\n    {% if true %}\n  b\n    {% endif %}\nc\n\n",
    "a\n  {%- if true -%}  \n b \n {%- endif %}\n\n c",
    "a {{- n -}} b {{ n }}\n\nc {#- gone -#} d {# x #}\n{# y #}\ne",
    "{%+ if true %}x{% endif +%}\ny",
    "  {# c #}\n  x {# c #}\n",
    "{{ n }}\n{{ n }}\n",
    "\n\n{{ n }}\n\n",
    "x\r\n{% if true %}\r\ny\r\n{% endif %}\r\nz",
    "{% raw %}{{ n }}{% x %}{# c #}{% endraw %}{{ n }}",
    "{% set j = joiner(' | ') %}{% for x in l %}{{ j() }}{{ x }}{% endfor %}",
    "{% set c = cycler('a', 'b', 'c') %}{% for x in w %}{{ c.next() }}{% endfor %}{{ c.current }}{{ c.reset() }}{{ c.next() }}",
    "{% set it = l|map('string') %}{{ it|join }}{{ it|join }}",
    "{% set r = l|reverse %}{{ r|list }}{{ r|list }}{{ r|length }}",
    "{{ l|reverse }}",
    "{% set l2 = [] %}{% for x in l %}{% set l2 = l2 + [x] %}{% endfor %}{{ l2 }}",
    "{% block a %}x{% endblock %}",
    "{% include 'x' %}",
    "{% do l.append(1) %}",
    "{% autoescape true %}{{ '<' }}{% endautoescape %}",
    "{% generation %}x{% endgeneration %}",
    "{{ raise_exception('System role not supported') }}",
    "{% if messages[0].role == 'user' %}{{ raise_exception('x') }}{% endif %}ok",
    "{{ messages[0]['content'] | trim }}{{ messages[1].content | trim + eos_token }}",
    "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ (messages | selectattr('role', 'equalto', 'user') | first).content }}",
    "{{ messages | map(attribute='role') | unique | join(',') }}{{ messages[::-1][0].role }}{{ messages[-1].content }}",
    "{% for m in messages %}{{ loop.index0 % 2 == 0 }}{{ (m.role == 'user') != (loop.index0 % 2 == 0) }}{% endfor %}",
    "{% for m in messages %}{{ m.content.split('</think>')[-1].lstrip('\\n') }}|{% endfor %}{{ messages[2].content.split('</think>')[0].rstrip('\\n').split('<think>')[-1] }}",
    "{% for m in messages %}{% if m.tool_calls is defined and m.tool_calls %}t{% elif 'tool_calls' in m %}u{% else %}{{ m.content is string }}{{ m.content is iterable }}{% endif %}{% endfor %}",
    "{%- if not date_string is defined %}{%- if strftime_now is defined %}{%- set date_string = 'now' %}{%- endif %}{%- endif %}{{ date_string }}",
    "{{ tools is not none }}{{ tools is defined }}{{ tools | length if tools }}{% if tools %}t{% endif %}{{ builtin_tools is defined }}",
    "{{ messages | tojson }}{{ messages[0] | tojson(indent=4) }}{{ {'name': 'f', 'arguments': {'x': 1.5, 'y': [true, null]}} | tojson }}",
    "{{ {'type': 'function', 'function': {'name': 'f', 'parameters': {'type': 'object', 'properties': {'é': {'type': 'string'}}}}} | tojson | safe }}",
    "{{ s ~ (t | trim | safe) ~ '</x>' }}{{ (s | safe) + '<' }}",
    "{{ bos_token + messages[0].content }}{{ bos_token ~ none ~ 1 ~ 1.0 ~ true ~ [1] }}",
    "{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% for message in loop_messages %}{{ message.role }}{{ system_message if loop.last and system_message is defined }}{% endfor %}",
    "{%- macro render(v, depth=0) -%}{%- if v is mapping -%}{%- for k, x in v.items() -%}{{ k }}:{{ render(x, depth + 1) }};{%- endfor -%}{%- elif v is sequence and v is not string -%}{%- for x in v -%}{{ render(x, depth + 1) }},{%- endfor -%}{%- else -%}{{ v }}@{{ depth }}{%- endif -%}{%- endmacro -%}{{ render(d) }}",
    "{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}{%- for message in messages[::-1] %}{%- set index = (messages|length - 1) - loop.index0 %}{%- if ns.multi_step_tool and message.role == 'user' and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}{%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}{%- endif %}{%- endfor %}{{ ns.last_query_index }}",
    "{% for x in l %}{% macro inner(y) %}{{ y }}{% endmacro %}{{ inner(x) }}{% endfor %}",
    "{{ s.upper }}", "{{ 1, 2 }}", "{% for x in 1, 2 %}{{ x }}{% endfor %}", "{{ }}", "{% if %}", "{{ n", "{% for x in l %}", "{{ l|nofilter }}", "{{ n is notest }}", "{% nonsense %}",
    "{{ n }} {% set n = 1 %}{{ n }}", "{% set range = 3 %}{{ range }}", "{% set loop = 3 %}{{ loop }}", "{% set true = 3 %}",
    "{% for x in l %}{{ x }}{% endfor %}{{ x }}", "{% for n in l %}{{ n }}{% endfor %}{{ n }}", "{% for loop in l %}{% endfor %}",
    "{% set x = [1, 2, {'a': s}] %}{{ x[2].a }}{{ x }}", "{{ {'a': 1}.items()|list }}{{ {'a': 1}.get('a') }}", "{{ [[]] * 2 }}",
    "{{ users|tojson(indent=2) }}", "{{ d }}{{ users }}", "{{ users[0] }}", "{{ 'x'.join(['a', none]) }}", "{{ (messages|first).role }}{{ (messages|last)['role'] }}",
]

MODELS = {
    "smollm2": "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "qwen3": """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(last=messages|length - 1) %}
{%- for message in messages %}
    {%- if message.content is string %}{%- set content = message.content %}{%- else %}{%- set content = '' %}{%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
            {%- endif %}
        {%- endif %}
        {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
    "phi4": "{% for message in messages %}{% if message['role'] == 'system' and 'tools' in message and message['tools'] is not none %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|tool|>' + message['tools'] + '<|/tool|>' + '<|end|>' }}{% else %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}",
    "llama3.2": """{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not tools_in_user_message is defined %}
    {%- set tools_in_user_message = true %}
{%- endif %}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- if tools_in_user_message and not tools is none %}
    {%- for t in tools %}{{- t | tojson(indent=4) }}{%- endfor %}
{%- endif %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    "gemma3": """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '

' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '

' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '
' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{ '<start_of_turn>model
' }}
{%- endif -%}
""",
    "mistral": """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or message.role == "tool_results" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("After the optional system message, conversation roles must alternate user/assistant/user/assistant/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported, with the exception of an initial optional system message!") }}
    {%- endif %}
{%- endfor %}
""",
}


def render(env, template):
    try:
        return env.from_string(template).render(**DATA)
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError):
        return None


def main():
    env = environment()
    templates = ["{{ " + expression + " }}" for expression in dict.fromkeys(e for e in EXPRESSIONS if e)]
    templates += STATEMENTS + list(MODELS.values())
    # `random` and object addresses differ from one run to the next.
    cases = [{"template": t, "text": render(env, t)} for t in templates if "random" not in t and "lipsum" not in t]
    stable = [c for c in cases if " object at 0x" not in (c["text"] or "") and " at 0x" not in (c["text"] or "")]
    data = {"jinja2": jinja2.__version__, "data": DATA, "cases": stable,
            "addresses": [c["template"] for c in cases if c not in stable]}
    json.dump(data, sys.stdout, ensure_ascii=False, indent=0)
    print()


main()
