// Sends each change to the program at once: one request at a time, the next with whatever is latest.
const pageName = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
let turn = 0;
let flying = null;
let failures = 0;
let retry = 0;
let finished = false;
const refused = new Map();

const sendable = (id) => changed(id) && !needsReason(id) && refused.get(id) !== text(drafts.get(id));
const best = (id) => drafts.get(id).flags.includes("best");
// The new best of a pair goes first: recording it takes the flag off the other, with the reason for that.
const nextToSend = () => ids.filter(sendable).sort((a, b) => best(b) - best(a))[0];

const body = (id) => {
  turn += 1;
  const reason = locked(id) ? reasons.get(id) : undefined;
  return JSON.stringify({ from: { page: pageName, turn }, draft: { answer: id, ...drafts.get(id), reason } });
};

// Outlives the page, so that closing it loses nothing that was sent.
const post = (path, body) =>
  fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body, keepalive: true });

const banner = (message) => {
  if (byId("lost").textContent !== message) byId("lost").textContent = message;
};

const showSaving = () => {
  const waiting = ids.some(needsReason);
  const open = sheet.served && ids.some(changed);
  const words = waiting ? "A change waits for its reason" : open && failures ? "Not saved yet" : open ? "Saving…" : "Saved";
  byId("saving").textContent = sheet.served ? words : forgetful ? "Not kept" : "Kept here";
  byId("saving").className = waiting || (open && failures) || (!sheet.served && forgetful) ? "warn" : "";
};

const lose = (message) => {
  failures += 1;
  const kept = forgetful ? "Leave this page open." : "What you enter is kept in this browser and sent as soon as it answers.";
  banner(`Not saved: ${message} ${kept}`);
  clearTimeout(retry);
  retry = setTimeout(sync, Math.min(1000 * failures, 5000));
};

const receive = (states) => {
  for (const state of states) {
    if (!drafts.has(state.answer)) continue;
    const untouched = !changed(state.answer);
    saved.set(state.answer, state);
    if (untouched) drafts.set(state.answer, copy(state));
  }
};

// The program said no to this rating as it stands; it is sent again once it changes.
const refuse = async (id, said, problem) => {
  refused.set(id, said);
  complain([problem.error, problem.hint].filter(Boolean).join(": "));
  const response = await fetch("/state");
  if (response.ok) receive((await response.json()).saved);
  update();
};

const sync = async () => {
  if (!sheet.served || flying || finished) return;
  const id = nextToSend();
  if (id === undefined) return showSaving();
  flying = { answer: id, said: text(drafts.get(id)) };
  kept.flying = flying;
  keep();
  showSaving();
  try {
    const response = await post("/rate", body(id));
    const answer = await response.json();
    if (response.ok) {
      failures = 0;
      banner("");
      receive(answer.saved);
      // What comes back is what was sent; were it not, sending it again would change nothing.
      if (text(saved.get(id)) !== flying.said) refused.set(id, flying.said);
    } else if (response.status === 422 || response.status === 400) {
      await refuse(id, flying.said, answer);
    } else {
      lose(`${[answer.error, answer.hint].filter(Boolean).join("; ")}.`);
    }
  } catch {
    lose("pmtune does not answer. Is it still running? If not, start the same command again and open its new address.");
  }
  flying = null;
  keep();
  update();
  if (!failures) sync();
};

// The page goes away: what is not on its way yet follows it at once.
const flush = () => {
  keep();
  if (!sheet.served || finished) return;
  for (const id of ids.filter(sendable)) {
    if (flying?.answer !== id || flying.said !== text(drafts.get(id))) post("/rate", body(id)).catch(() => {});
  }
};
window.addEventListener("pagehide", flush);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") flush();
});
window.addEventListener("online", () => sync());
window.addEventListener("beforeunload", (event) => {
  if (forgetful && !finished && ids.some(changed)) event.preventDefault();
});

const load = async () => {
  if (!sheet.served) return recall();
  const response = await fetch("/state");
  if (!response.ok) throw new Error(String(response.status));
  receive((await response.json()).saved);
  recall();
};

const finish = async () => {
  flush();
  for (let tries = 0; (flying || ids.some(sendable)) && tries < 50; tries += 1) {
    sync();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (ids.some(changed)) return complain("Not everything is saved yet. A change may still wait for its reason.");
  try {
    const response = await post("/finish", "{}");
    if (!response.ok) throw new Error(String(response.status));
  } catch {
    return lose("pmtune does not answer.");
  }
  finished = true;
  view("closed");
};

// The scores as a file to send back, and back from such a file.
const scores = () => {
  const ratings = ids.filter((id) => changedAt.has(id));
  const entry = (id) => ({ answer: id, ...copy(drafts.get(id)), at: changedAt.get(id) });
  return { format: sheet.format, sheet: sheet.sheet, reviewer: sheet.reviewer, ratings: ratings.map(entry) };
};

const save = () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(scores(), null, 1)], { type: "application/json" }));
  const name = sheet.reviewer.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
  link.download = `${name || "my"}-scores.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  announce(`Saved as ${link.download}. Send this file back to whoever gave you the page.`);
};

// What is entered here and what is in the file: of each answer, the later judgement stays.
const loadFile = async (file) => {
  let found = null;
  try {
    found = JSON.parse(await file.text());
  } catch {
    return complain(`${file.name} is not a file of scores.`);
  }
  if (found?.format !== sheet.format || !Array.isArray(found.ratings)) {
    return complain(`${file.name} is not a file of scores.`);
  }
  if (found.sheet !== sheet.sheet) return complain(`${file.name} belongs to another sheet.`);
  if (!found.ratings.every((said) => drafts.has(said?.answer) && isDraft(said) && Date.parse(said.at))) {
    return complain(`${file.name} was changed by hand or is damaged.`);
  }
  let taken = 0;
  for (const said of found.ratings) {
    if (changedAt.has(said.answer) && Date.parse(changedAt.get(said.answer)) >= Date.parse(said.at)) continue;
    drafts.set(said.answer, copy(said));
    changedAt.set(said.answer, said.at);
    taken += 1;
  }
  // Of a pair one is best at most: the one that was said last.
  for (const pair of sheet.items.map((item) => item.answers.filter(best))) {
    const [earlier] = pair.sort((a, b) => Date.parse(changedAt.get(a)) - Date.parse(changedAt.get(b)));
    if (pair.length > 1) drafts.get(earlier).flags = drafts.get(earlier).flags.filter((flag) => flag !== "best");
  }
  keep();
  update();
  announce(`${taken} of ${found.ratings.length} scores taken from ${file.name}; the others here are later.`);
};
