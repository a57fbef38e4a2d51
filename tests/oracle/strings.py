"""1,000 varied strings, the same on every run: what tokenizers get wrong is at the seams between kinds of text."""

import random

FIXED = [
    "", " ", "  ", "\n", "\n\n", "\t", " \n", "\n ", "\r\n", "\r\n\r\n", "   \n\n\t  x", "a  b   c    d",
    "Hello, world!", "I'm you're he'll WE'VE THEY'D it's 'tis don'T", "1234567890", "3.14159 1,000,000 12:30 2024-01-31",
    "v1.2.3-rc4 (build 567)", "x=1;y=22;z=333;w=4444", "½ ² Ⅷ ٣٤٥ १२३ 四五", "def f(x):\n    return x ** 2  # square\n",
    "<html><body class=\"a\">&amp;</body></html>", "SELECT * FROM t WHERE id IN (1,2,3);", "{\"a\": [1, 2.5, null], \"b\": \"c\"}",
    "# Title\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", "```rust\nfn main() { println!(\"hi\"); }\n```\n",
    "**As a** product manager, **I want to** see 3 KPIs **so that** churn falls 15%.", "😀😃 👩‍👩‍👧‍👦 🇩🇪 🏳️‍🌈 👍🏽", "naïve café Zoë Ångström",
    "nai\u0308ve cafe\u0301 Zoe\u0308 A\u030angstro\u0308m", "你好，世界！今天天气不错。", "こんにちは世界。カタカナ", "안녕하세요 세계", "مرحبا بالعالم ١٢٣",
    "שלום עולם", "नमस्ते दुनिया", "Привет, мир!", "Γειά σου Κόσμε", "สวัสดีชาวโลก", "ﬁ ﬂ ﬃ Ａ１", "\u00a0\u2003\u3000x\u200by\u200dz\ufeff",
    "\u0000\u0001\u007f", "\ufffd\ufffd", "a\u0300\u0301\u0302\u0303b", "…—–‘’“”•™", "🤖" * 20, "a" * 300, " " * 100 + "x", "\n" * 50,
    "https://example.com/a/b?c=d&e=f#g", "user@example.org", "C:\\Users\\me\\file.txt", "__init__ snake_case camelCase PascalCase kebab-case",
    "\u0085next\u2028line\u2029para", "Ünïcödé ÀÉÎÕÜ ßẞ İı ſ", "x\u0335y\u20e3z", "½kg 5€ £10 ¥100 ₹50 $3.50", "(((())))[[[]]]{{{}}}", "!!!???...,,,;;;:::",
]

WORDS = (
    "the product metric roadmap stakeholder churn retention launch OKR PRD user story persona as a I want to so that because "
    "we're isn't API v2 Q3 2024 15% 3x $4.5M A/B NPS=42 don't café naïve 你好 世界 emoji 😀 🚀 привет мир مرحبا שלום नमस्ते "
    "foo_bar fooBar x1 y22 z333 \\n -> => != <= // /* */ # ## - * > | ` ``` ** __ [link](url) <b> &lt; \u00e9 e\u0301 한국어 ไทย"
).split(" ")
GAPS = [" "] * 12 + ["  ", "   ", "\n", "\n\n", "\t", "", "", ", ", ". ", "\r\n", "    ", "\n  - ", "\u00a0", " \n"]
RANGES = [(0x20, 0x7E), (0xA1, 0x17F), (0x300, 0x36F), (0x370, 0x4FF), (0x5D0, 0x6FF), (0x900, 0x97F), (0xE01, 0xE5B),
          (0x1100, 0x11FF), (0x2000, 0x206F), (0x2100, 0x23FF), (0x2500, 0x27BF), (0x3040, 0x30FF), (0x4E00, 0x9FFF),
          (0xAC00, 0xD7A3), (0x1F300, 0x1FAFF), (0x09, 0x0D)]


def strings(count=1000, seed=7):
    rng = random.Random(seed)
    out = list(FIXED)
    while len(out) < count:
        kind = rng.randrange(5)
        if kind == 0:
            text = "".join(rng.choice(WORDS) + rng.choice(GAPS) for _ in range(rng.randrange(1, 25)))
        elif kind == 1:
            low, high = rng.choice(RANGES)
            text = "".join(chr(rng.randint(low, high)) for _ in range(rng.randrange(1, 20)))
        elif kind == 2:
            text = "".join(chr(rng.randint(*rng.choice(RANGES))) for _ in range(rng.randrange(1, 30)))
        elif kind == 3:
            text = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 30))).decode("utf-8", "replace")
        else:
            text = "".join(rng.choice(" \n\t\r\u00a0") for _ in range(rng.randrange(1, 8)))
            text = rng.choice(WORDS) + text + str(rng.randrange(10**rng.randrange(1, 9))) + rng.choice(WORDS)
        out.append(text)
    return out
