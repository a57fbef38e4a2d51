"use strict";
// Markdown as elements. What a model writes is hostile: it only ever becomes text, in elements that are made here; nothing
// is read as markup, nothing acts, no address is opened. As reports lay answers out, and in time that grows with the text.
const DEPTH = 8;

const make = (name, parts = [], props = {}) => {
  const element = Object.assign(document.createElement(name), props);
  element.append(...parts);
  return element;
};

// Characters that act instead of being read: controls, and marks that reorder text.
const visible = (text) =>
  text
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\u{e0000}-\u{e007f}]/gu, "\ufffd");

const letterAt = (text, at) => /[\p{L}\p{N}_]/u.test(text[at] ?? "");
const blankAt = (text, at) => /^\s?$/.test(text[at] ?? "");

// How many of the same mark stand in a row.
const run = (text, at) => {
  let end = at;
  while (text[end] === text[at] && end < text.length) end += 1;
  return end - at;
};

// Where `mark` closes what it opened before `from`; -1 if nowhere. Two in a row are no single one, of more the last close.
const closing = (text, mark, from) => {
  for (let at = text.indexOf(mark, from); at >= 0; ) {
    const length = run(text, at);
    const fits = mark.length === length || length > 2;
    const open = at === from || text[at - 1] === "\\" || blankAt(text, at - 1) || (mark[0] === "_" && letterAt(text, at + length));
    if (fits && !open) return at + length - mark.length;
    at = text.indexOf(mark, at + length);
  }
  return -1;
};

const EMPHASIS = { "*": "em", _: "em", "**": "strong", __: "strong", "~~": "del" };

const emphasis = (text, at, depth, missing) => {
  const length = run(text, at);
  const single = text[at];
  // Three are a single one around a double one.
  for (const mark of length === 2 ? [single + single] : length === 1 ? [single] : [single, single + single]) {
    const from = at + mark.length;
    if (!EMPHASIS[mark] || missing.has(mark) || blankAt(text, at + length)) continue;
    if (single === "_" && at > 0 && letterAt(text, at - 1)) continue;
    const end = closing(text, mark, from);
    if (end < 0) {
      missing.add(mark);
      continue;
    }
    return [make(EMPHASIS[mark], inline(text.slice(from, end), depth + 1)), end + mark.length];
  }
  return null;
};

const code = (text, at, missing) => {
  let from = at;
  while (text[from] === "`") from += 1;
  const ticks = text.slice(at, from);
  if (missing.has(ticks)) return [ticks, from];
  for (let end = text.indexOf(ticks, from); end >= 0; end = text.indexOf(ticks, end)) {
    let after = end;
    while (text[after] === "`") after += 1;
    if (after - end === ticks.length) {
      const inner = text.slice(from, end).replaceAll("\n", " ");
      const padded = /^ .* $/.test(inner) && inner.trim() !== "";
      return [make("code", [padded ? inner.slice(1, -1) : inner]), after];
    }
    end = after;
  }
  missing.add(ticks);
  return [ticks, from];
};

// Words of a link with its address as a tooltip; of a picture its description.
const link = (text, at, depth) => {
  const picture = text[at] === "!";
  const rest = text.slice(at, at + 2500);
  const found = /^!?\[([^\[\]]{0,500})\]\(\s*<?([^\s()<>]{0,1500})>?(?:\s+(?:"[^"\n]*"|'[^'\n]*'))?\s*\)/.exec(rest);
  if (!found) return null;
  const words = inline(found[1], depth + 1);
  return [make("span", picture ? ["image: ", ...words] : words, { className: "link", title: found[2] }), at + found[0].length];
};

// One paragraph's text as nodes.
function inline(text, depth = 0) {
  const nodes = [];
  const missing = new Set();
  let plain = "";
  const take = (node) => {
    if (plain) nodes.push(plain);
    plain = "";
    nodes.push(node);
  };
  for (let at = 0; at < text.length; ) {
    const c = text[at];
    let found = null;
    if (c === "\\" && /[!-\/:-@\[-`{-~]/.test(text[at + 1] ?? "")) {
      plain += text[at + 1];
      at += 2;
      continue;
    }
    if (c === "\n") {
      const hard = /(\\| {2,})$/.exec(plain);
      plain = hard ? plain.slice(0, hard.index) : plain.trimEnd();
      if (hard) take(make("br"));
      take("\n"); // looking back never goes past a line
      at += 1;
      while (text[at] === " ") at += 1;
      continue;
    }
    if (c === "`") found = code(text, at, missing);
    else if (depth >= DEPTH) found = null;
    else if (c === "*" || c === "_" || c === "~") found = emphasis(text, at, depth, missing);
    else if (c === "[" || (c === "!" && text[at + 1] === "[")) found = link(text, at, depth);
    if (!found) {
      // A run of marks that opens nothing opens nothing in its middle either.
      let end = at + 1;
      while ((c === "*" || c === "_" || c === "~") && text[end] === c) end += 1;
      plain += text.slice(at, end);
      at = end;
      continue;
    }
    if (typeof found[0] === "string") plain += found[0];
    else take(found[0]);
    at = found[1];
  }
  if (plain) nodes.push(plain);
  return nodes;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:([ \t]+)(.*))?$/;
const QUOTE = /^ {0,3}> ?/;
const DELIMITER = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const blank = (line) => line.trim() === "";

const cells = (line) => {
  const inner = line.trim().replace(/^\|/, "").replace(/(^|[^\\])\|$/, "$1");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
};

const isTable = (lines, at) =>
  lines[at].includes("|") &&
  DELIMITER.test(lines[at + 1] ?? "") &&
  cells(lines[at]).length === cells(lines[at + 1]).length;

const table = (lines, at) => {
  const [head, width] = [cells(lines[at]), cells(lines[at]).length];
  const row = (texts, name) =>
    make("tr", Array.from({ length: width }, (_, i) => make(name === "th" && !texts[i] ? "td" : name, inline(texts[i] ?? ""))));
  const rows = [];
  let end = at + 2;
  while (end < lines.length && !blank(lines[end]) && !starts(lines, end)) {
    rows.push(row(cells(lines[end]), "td"));
    end += 1;
  }
  const body = rows.length ? [make("tbody", rows)] : [];
  const whole = make("table", [make("thead", [row(head, "th")]), ...body]);
  const scroll = make("div", [whole], { className: "scroll", tabIndex: 0, role: "group", ariaLabel: "Table" });
  return [scroll, end];
};

// Whether something other than a paragraph begins there.
const starts = (lines, at) => {
  const item = ITEM.exec(lines[at]);
  return (
    FENCE.test(lines[at]) || HEADING.test(lines[at]) || RULE.test(lines[at]) || QUOTE.test(lines[at]) ||
    Boolean(item && item[4] && !/^(?:[02-9]|1\d)/.test(item[2]))
  );
};

const fence = (lines, at) => {
  const mark = FENCE.exec(lines[at])[1];
  const closes = new RegExp(`^ {0,3}\\${mark[0]}{${mark.length},}[ \\t]*$`);
  let end = at + 1;
  while (end < lines.length && !closes.test(lines[end])) end += 1;
  const text = lines.slice(at + 1, end).map((line) => line + "\n").join("");
  return [make("pre", [make("code", [text])]), end + 1];
};

const quote = (lines, at, depth) => {
  let end = at;
  const inner = [];
  while (end < lines.length && (QUOTE.test(lines[end]) || (end > at && !blank(lines[end]) && !starts(lines, end)))) {
    inner.push(lines[end].replace(QUOTE, ""));
    end += 1;
  }
  return [make("blockquote", blocks(inner, depth + 1)), end];
};

// The lines of one item without its mark, and where it ends.
const item = (lines, at) => {
  const [, indent, mark, gap = " ", first = ""] = ITEM.exec(lines[at]);
  const width = indent.length + mark.length + (gap.length > 4 ? 1 : gap.length);
  const inner = [first];
  let end = at + 1;
  for (; end < lines.length; end += 1) {
    const line = lines[end];
    const depth = /^ */.exec(line)[0].length;
    if (blank(line)) inner.push("");
    else if (depth >= width) inner.push(line.slice(width));
    else if (!blank(lines[end - 1]) && !starts(lines, end) && !ITEM.test(line)) inner.push(line.trimStart());
    else break;
  }
  let trailing = 0;
  while (inner.length > 1 && inner.at(-1) === "") {
    inner.pop();
    trailing += 1;
  }
  return [inner, end, trailing];
};

const list = (lines, at, depth) => {
  const kind = (mark) => (/\d/.test(mark) ? mark.at(-1) : mark);
  const mark = ITEM.exec(lines[at])[2];
  const items = [];
  let [loose, end] = [false, at];
  while (end < lines.length && !RULE.test(lines[end])) {
    const found = ITEM.exec(lines[end]);
    if (!found || kind(found[2]) !== kind(mark)) break;
    const [inner, after, trailing] = item(lines, end);
    const parts = blocks(inner, depth + 1);
    const direct = parts.filter((part) => part.tagName !== "UL" && part.tagName !== "OL");
    const next = ITEM.exec(lines[after] ?? "");
    loose ||= (inner.includes("") && direct.length > 1) || Boolean(trailing && next && kind(next[2]) === kind(mark));
    items.push(parts);
    end = after;
  }
  // In a list without empty lines an item's text is no paragraph of its own.
  const unwrap = (part) => (!loose && part.tagName === "P" && !part.className ? [...part.childNodes] : [part]);
  const all = items.map((parts) => make("li", parts.flatMap((part) => task(unwrap(part)))));
  const ordered = /\d/.test(mark);
  const start = Number.parseInt(mark, 10);
  return [make(ordered ? "ol" : "ul", all, ordered && start !== 1 ? { start } : {}), end];
};

// `[ ]` and `[x]` before an item's text.
const task = (parts) => {
  const first = parts[0]?.nodeType === Node.TEXT_NODE ? /^\[([ xX])\]\s/.exec(parts[0].data) : null;
  if (!first) return parts;
  parts[0].data = (first[1] === " " ? "☐ " : "☑ ") + parts[0].data.slice(first[0].length);
  return parts;
};

const paragraph = (lines, at) => {
  let end = at + 1;
  while (end < lines.length && !blank(lines[end]) && !starts(lines, end) && !isTable(lines, end)) {
    const under = /^ {0,3}(=+|-+)[ \t]*$/.exec(lines[end]);
    if (under) break;
    end += 1;
  }
  const text = lines.slice(at, end).join("\n").trim();
  const under = /^ {0,3}(=+|-+)[ \t]*$/.exec(lines[end] ?? "");
  if (!under) return [make("p", inline(text)), end];
  return [make("p", inline(text), { className: `heading h${under[1][0] === "=" ? 1 : 2}` }), end + 1];
};

function blocks(lines, depth = 0) {
  const out = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (blank(line)) {
      at += 1;
      continue;
    }
    const heading = HEADING.exec(line);
    let found;
    if (heading) found = [make("p", inline(heading[2] ?? ""), { className: `heading h${heading[1].length}` }), at + 1];
    else if (FENCE.test(line)) found = fence(lines, at);
    else if (RULE.test(line)) found = [make("hr"), at + 1];
    else if (depth < DEPTH && QUOTE.test(line)) found = quote(lines, at, depth);
    else if (depth < DEPTH && ITEM.test(line)) found = list(lines, at, depth);
    else if (isTable(lines, at)) found = table(lines, at);
    else found = paragraph(lines, at);
    out.push(found[0]);
    at = found[1];
  }
  return out;
}

// A whole answer, or as much of it as there is.
const laidOut = (text) => blocks(visible(text).replaceAll("\t", "    ").split("\n"));
