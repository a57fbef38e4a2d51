"use strict";
// The sheet, what was said of its answers, and what this browser keeps.
const byId = (id) => document.getElementById(id);
const sheet = JSON.parse(byId("sheet").textContent);
const ids = sheet.items.flatMap((item) => item.answers);
const itemOf = new Map(sheet.items.flatMap((item) => item.answers.map((id) => [id, item])));

const blank = () => ({ points: {}, comment: "", flags: [], done: false });
const copy = (said) => ({ points: { ...said.points }, comment: said.comment, flags: [...said.flags], done: said.done });
const text = (said) =>
  JSON.stringify([sheet.criteria.map((name) => said.points[name] ?? 0), said.comment, [...said.flags].sort(), said.done]);
const same = (a, b) => text(a) === text(b);

// What the reviewer says now, and what is known to be in their book (served) or in this browser (file), by answer.
const drafts = new Map(ids.map((id) => [id, blank()]));
const saved = new Map(ids.map((id) => [id, blank()]));
const changedAt = new Map();
// Why a rating that was done changes, by answer; it goes with every change until the item is left.
const reasons = new Map();

const changed = (id) => !same(drafts.get(id), saved.get(id));
const locked = (id) => sheet.served && saved.get(id).done;
const needsReason = (id) => changed(id) && locked(id) && !(reasons.get(id) ?? "").trim();
const missing = (id) => sheet.criteria.filter((name) => !drafts.get(id).points[name]);
const isDone = (id) => drafts.get(id).done;
// With points for every criterion, also before its item is called done.
const isScored = (id) => missing(id).length === 0;
const itemDone = (item) => item.answers.every(isDone);

// This browser's memory: every draft of a file, and what the program does not have yet of a served page.
const shelf = `pmtune-sheet-${sheet.sheet}`;
const kept = { drafts: {}, flying: null, seconds: [], shortcuts: true };
let forgetful = false;

const keep = () => {
  kept.drafts = {};
  for (const id of ids) {
    if (sheet.served ? changed(id) : changedAt.has(id)) {
      kept.drafts[id] = { ...drafts.get(id), at: changedAt.get(id), reason: reasons.get(id) };
    }
  }
  try {
    localStorage.setItem(shelf, JSON.stringify(kept));
    forgetful = false;
  } catch {
    forgetful = true;
  }
};

const isDraft = (said) =>
  said !== null && typeof said === "object" && typeof said.comment === "string" && typeof said.done === "boolean" &&
  said.points !== null && typeof said.points === "object" &&
  Object.entries(said.points).every(([name, points]) => sheet.criteria.includes(name) && [1, 2, 3, 4, 5].includes(points)) &&
  Array.isArray(said.flags) && said.flags.every((flag) => ["factual-error", "unusable", "best"].includes(flag));

// Takes what this browser kept, where it is later than what is saved. It is also later when what is saved is what was
// on its way at that moment, whatever the clocks say.
const recall = () => {
  let found = null;
  try {
    found = JSON.parse(localStorage.getItem(shelf));
  } catch {
    forgetful = true;
  }
  if (found === null || typeof found !== "object") return;
  if (Array.isArray(found.seconds)) kept.seconds = found.seconds.filter(Number.isFinite);
  kept.shortcuts = found.shortcuts !== false;
  const flying = found.flying !== null && typeof found.flying === "object" ? found.flying : {};
  for (const [id, said] of Object.entries(found.drafts ?? {})) {
    if (!drafts.has(id) || !isDraft(said)) continue;
    const known = saved.get(id);
    const onItsWay = flying.answer === id && flying.said === text(known);
    if (known.at && !onItsWay && !(Date.parse(said.at) > Date.parse(known.at))) continue;
    drafts.set(id, copy(said));
    changedAt.set(id, said.at);
    if (typeof said.reason === "string") reasons.set(id, said.reason);
  }
};
