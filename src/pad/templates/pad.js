"use strict";
const byId = (id) => document.getElementById(id);
const fields = ["instruction", "input", "output"];
let briefs = [];
let at = 0;
let drafted = null;
let warned = "";
let waiting = 0;
let asking = false;
let again = false;

const say = (text) => { byId("said").textContent = text; };
const lose = (text) => { byId("lost").textContent = text; };

// What is written of a brief is kept in this browser until it is an example.
const key = () => `pmtune write ${briefs[at].task}`;
const remember = () => {
  try { localStorage.setItem(key(), JSON.stringify(fields.map((id) => byId(id).value))); } catch { /* forgetful browsers */ }
};
const recall = () => {
  let kept = null;
  try { kept = JSON.parse(localStorage.getItem(key())); } catch { kept = null; }
  fields.forEach((id, i) => { byId(id).value = Array.isArray(kept) && typeof kept[i] === "string" ? kept[i] : ""; });
};

const sketch = () => ({ item: at, ...Object.fromEntries(fields.map((id) => [id, byId(id).value])) });

const ask = async (path, body) => {
  let answer;
  try {
    answer = await fetch(path, body === undefined ? {} : {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    lose("pmtune does not answer. What you wrote stays in this browser; start it again and reload.");
    return null;
  }
  const told = await answer.json().catch(() => ({ error: "pmtune answered in a way that this page does not know" }));
  if (!answer.ok) {
    lose([told.error, told.hint].filter(Boolean).join(": "));
    return null;
  }
  lose("");
  return told;
};

const list = (id, texts) => byId(id).replaceChildren(...texts.map((text) => {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}));

const words = (text) => (text.match(/\S+/g) || []).length;
const count = () => {
  const output = byId("output").value;
  byId("counts").textContent = `${words(output)} words, ${output.length} characters`;
};

const show = () => {
  const brief = briefs[at];
  const written = briefs.reduce((sum, one) => sum + Math.min(one.written, one.count), 0);
  const wanted = briefs.reduce((sum, one) => sum + one.count, 0);
  byId("progress").textContent = `${written} of ${wanted} written · brief ${at + 1} of ${briefs.length}`;
  byId("what").textContent = `${brief.count === 1 ? "1 example" : `${brief.count} examples`} for ${brief.task}, ${brief.written} written`;
  byId("help").textContent = `${brief.because}. They go to ${brief.file}.`;
  list("include", brief.include);
  list("situations", brief.situations);
  byId("before").disabled = at === 0;
  byId("after").disabled = at === briefs.length - 1;
  count();
};

const turn = (to) => {
  at = to;
  draftedAs(null);
  recall();
  show();
  judge();
  byId("what").focus();
};

const draftedAs = (text) => {
  drafted = text;
  const part = byId("drafted");
  if (part) {
    part.hidden = text === null;
    byId("stands").checked = false;
  }
};

const showRemarks = (remarks) => {
  byId("remarks").replaceChildren(...remarks.map((remark) => {
    const item = document.createElement("li");
    item.className = remark.grave ? "grave" : "";
    const remedy = document.createElement("span");
    remedy.className = "remedy";
    remedy.textContent = remark.remedy ? ` (${remark.remedy})` : "";
    item.append(remark.text, remedy);
    return item;
  }));
};

// One question at a time, the next with whatever is latest.
const judge = async () => {
  if (asking) {
    again = true;
    return;
  }
  if (!byId("instruction").value.trim() && !byId("output").value.trim()) {
    showRemarks([]);
    return;
  }
  asking = true;
  const about = JSON.stringify(sketch());
  const told = await ask("/judge", JSON.parse(about));
  asking = false;
  if (told && about === JSON.stringify(sketch())) {
    showRemarks(told.remarks);
    judge.told = { about, remarks: told.remarks };
  }
  if (again) {
    again = false;
    judge();
  }
};

const changed = () => {
  if (drafted !== null && byId("output").value !== drafted) draftedAs(null);
  remember();
  count();
  clearTimeout(waiting);
  waiting = setTimeout(judge, 400);
};

const keep = async () => {
  const about = JSON.stringify(sketch());
  // Warnings are shown once; a second press keeps it all the same.
  if (warned !== about) {
    const told = await ask("/judge", JSON.parse(about));
    if (!told) return;
    showRemarks(told.remarks);
    if (told.remarks.length > 0) {
      warned = about;
      const grave = told.remarks.some((remark) => remark.grave);
      say(grave ? "It cannot be kept like this." : "Look at what the linter says. Press once more to keep it all the same.");
      byId("keep").firstChild.textContent = grave ? "Keep it " : "Keep it all the same ";
      return;
    }
  }
  const stands = Boolean(byId("stands") && byId("stands").checked);
  const told = await ask("/keep", { sketch: JSON.parse(about), stands });
  if (!told) return;
  briefs = told.briefs;
  fields.forEach((id) => { byId(id).value = ""; });
  remember();
  draftedAs(null);
  byId("keep").firstChild.textContent = "Keep it ";
  byId("back").disabled = false;
  showRemarks([]);
  say("Kept.");
  const brief = briefs[at];
  if (brief.written >= brief.count && at < briefs.length - 1) turn(at + 1);
  else show();
  byId("instruction").focus();
};

const back = async () => {
  const told = await ask("/take-back", {});
  if (!told) return;
  briefs = told.briefs;
  at = told.sketch.item;
  fields.forEach((id) => { byId(id).value = told.sketch[id]; });
  remember();
  byId("back").disabled = true;
  show();
  judge();
  say("Taken back.");
};

const draft = async () => {
  byId("draft").disabled = true;
  const told = await ask("/draft", sketch());
  byId("draft").disabled = false;
  if (!told) return;
  byId("output").value = told.output;
  remember();
  draftedAs(told.output);
  count();
  judge();
};

const start = async () => {
  const told = await ask("/state");
  if (!told) return;
  briefs = told.briefs;
  at = Math.max(0, briefs.findIndex((brief) => brief.written < brief.count));
  recall();
  show();
  judge();
};

fields.forEach((id) => byId(id).addEventListener("input", changed));
byId("keep").addEventListener("click", keep);
byId("back").addEventListener("click", back);
if (byId("draft")) byId("draft").addEventListener("click", draft);
byId("before").addEventListener("click", () => turn(at - 1));
byId("after").addEventListener("click", () => turn(at + 1));
byId("stop").addEventListener("click", async () => {
  if (await ask("/finish", {})) lose("Stopped. Everything that was kept is in your training data; you may close this page.");
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    keep();
  }
});
start();
