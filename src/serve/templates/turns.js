// The conversation: what was said on each side, and how it looks.
const SIDES = ["a", "b"];
const picked = (side) => byId(`pick-${side}`).value;
const sides = () => SIDES.filter((side) => picked(side));
// What each side has been told and has answered.
let history = { a: [], b: [] };
// Stops what is being written, while something is.
let running = null;
let lastQuestion = "";

const say = (text) => (byId("said").textContent = text);
const button = (text, act) => {
  const made = make("button", [text], { type: "button" });
  made.addEventListener("click", act);
  return made;
};

const atBottom = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 60;
const toBottom = () => scrollTo(0, document.documentElement.scrollHeight);

// An answer's place; `show` takes more of its text and lays it out at the next picture the browser draws.
const place = (model) => {
  const text = make("div", [], { className: "text" });
  const foot = make("p", [], { className: "foot" });
  const card = make("section", [make("h2", [model]), text, foot], { className: "answer writing", ariaLabel: `Answer of ${model}` });
  let [written, due, version] = ["", 0, model];
  const draw = () => {
    cancelAnimationFrame(due);
    due = 0;
    const follow = atBottom();
    text.replaceChildren(...laidOut(written));
    if (follow) toBottom();
  };
  const show = (more, by) => {
    written += more;
    version = by;
    due ||= requestAnimationFrame(draw);
  };
  return { card, foot, show, draw, written: () => written, version: () => version };
};

const footOf = (end) => {
  if (!end) return "Stopped";
  const rate = end.timings?.predicted_per_second;
  const parts = [end.timings && `${end.timings.predicted_n} tokens`, rate && `${rate.toFixed(rate < 10 ? 1 : 0)} a second`];
  if (end.cut) parts.push("cut off: it reached its longest length");
  return parts.filter(Boolean).join(" · ");
};

// One side's answer, from its question to its end.
const answer = async (side, question, columns, mine) => {
  const model = picked(side);
  const messages = [...history[side], { role: "user", content: question }];
  const { card, foot, show, draw, written, version } = place(model);
  columns.append(card);
  let [end, problem] = [null, null];
  try {
    end = await ask(model, messages, mine.signal, show);
  } catch (error) {
    if (error.name !== "AbortError") problem = error;
  }
  // A new conversation has begun meanwhile, and knows nothing of this one.
  if (running !== mine) return null;
  draw();
  card.classList.remove("writing");
  foot.textContent = problem ? "" : footOf(end);
  if (model === "auto" && !problem) foot.textContent = `${version()} · ${foot.textContent}`;
  if (problem) card.append(make("p", [problem.message], { className: "problem" }));
  if (!problem && (end || written())) {
    history[side] = [...messages, { role: "assistant", content: written() }];
    card.append(acts({ id: end?.id ?? "", version: version(), question: messages, answer: written(), cut: !end?.whole || end.cut }));
  }
  return problem;
};

// What a reader can do with an answer that is there.
const acts = (rated) => {
  const row = make("div", [], { className: "acts" });
  if (navigator.clipboard) {
    const copy = button("Copy", async () => {
      await navigator.clipboard.writeText(rated.answer).then(() => say("Copied"), () => say("The browser does not let this page copy"));
    });
    row.append(copy);
  }
  return captures ? make("div", [row, opinion(rated, row)]) : row;
};

// Good, not good, or corrected; each is written down at once.
const opinion = (rated, row) => {
  const said = { thumb: null, corrected: null };
  const state = make("p", [], { className: "foot" });
  const keep = async () => {
    try {
      const { number } = await (await send("/capture", { ...rated, ...said })).json();
      state.textContent = `Kept as number ${number}. It waits for: pmtune data inbox`;
    } catch (error) {
      state.textContent = `Not kept: ${error.message}`;
    }
    say(state.textContent);
  };
  const thumbs = [["up", "Good"], ["down", "Not good"]].map(([thumb, name]) => {
    const made = button(name, () => {
      said.thumb = said.thumb === thumb ? null : thumb;
      for (const [other, its] of thumbs) its.setAttribute("aria-pressed", String(said.thumb === other));
      keep();
    });
    made.setAttribute("aria-pressed", "false");
    return [thumb, made];
  });
  const box = make("textarea", [], { value: rated.answer });
  const form = make("div", [make("label", ["The answer as it should have been", box])], { className: "correct", hidden: true });
  const open = button("Correct", () => {
    form.hidden = !form.hidden;
    open.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) box.focus();
  });
  open.setAttribute("aria-expanded", "false");
  const save = button("Save the correction", () => {
    const text = box.value.trim();
    said.corrected = text && text !== rated.answer.trim() ? text : null;
    keep();
    form.hidden = true;
    open.setAttribute("aria-expanded", "false");
    open.focus();
  });
  const line = make("p", [save], { className: "acts" });
  form.append(line);
  row.append(...thumbs.map(([, made]) => made), open);
  return make("div", [form, state]);
};

const busy = (is) => {
  byId("stop").hidden = !is;
  byId("send").hidden = is;
  for (const side of SIDES) byId(`pick-${side}`).disabled = is;
};

const asked = async () => {
  const box = byId("message");
  const question = box.value.trim();
  if (!question || running || !models.length) return;
  box.value = "";
  lastQuestion = question;
  byId("empty").hidden = true;
  byId("lost").textContent = "";
  const columns = make("div", [], { className: "columns" });
  const turn = make("article", [make("p", [visible(question)], { className: "asked" }), columns], { className: "turn", ariaLabel: "Question and answers" });
  byId("log").append(turn);
  toBottom();
  const mine = (running = new AbortController());
  busy(true);
  say("Writing");
  const problems = await Promise.all(sides().map((side) => answer(side, question, columns, mine)));
  if (running !== mine) return;
  running = null;
  busy(false);
  const failed = problems.filter(Boolean);
  say(failed.length ? failed[0].message : mine.signal.aborted ? "Stopped" : "The answer is written");
  // So that it can be sent again.
  if (failed.length === problems.length && !box.value) box.value = question;
  if (failed.some((problem) => problem.status === 401)) knock(failed[0].message);
  else if (document.activeElement === document.body) box.focus();
};

const stop = () => running?.abort();

const begin = () => {
  stop();
  running = null;
  busy(false);
  history = { a: [], b: [] };
  byId("log").replaceChildren();
  byId("empty").hidden = false;
  byId("message").focus();
  say("A new conversation");
};
