// One item on the page: its texts, its form, and where the reviewer is in it.
const slots = [...document.querySelectorAll(".slot")];
const slotOf = (letter) => slots.find((slot) => slot.dataset.slot === letter);
let here = 0;
let since = 0;
// The answer and the criterion that keys speak of.
let letter = "a";
let spot = null;

const item = () => sheet.items[here];
const answerIn = (letter) => item().answers["ab".indexOf(letter)];
const letters = () => ["a", "b"].slice(0, item().answers.length);
const nameOf = (letter) => (item().answers.length > 1 ? `Answer ${letter.toUpperCase()}` : "The answer");
const field = (letter, name) => slotOf(letter).querySelector(`[data-criterion="${name}"]`);

const announce = (words) => (byId("said").textContent = words);
// A complaint stands in the flow of the page, before what it is about, so that it never lies over anything.
const complain = (words, about = null) => {
  const problem = byId("problem");
  problem.textContent = words;
  if (!words) return;
  (about ?? placeOf[shownView()]()).before(problem);
  problem.scrollIntoView({ block: "nearest" });
};
const placeOf = {
  item: () => byId("why"),
  list: () => byId("items"),
  end: () => byId("end-text"),
  closed: () => byId("closed-text"),
};

const mark = () => {
  for (const old of document.querySelectorAll(".criterion.marked")) old.classList.remove("marked");
  if (spot) field(letter, spot).classList.add("marked");
};

const radio = (letter, name) => {
  const all = [...field(letter, name).querySelectorAll("input")];
  return all.find((input) => input.checked) ?? all[0];
};

const goTo = (where, name, scroll = true) => {
  [letter, spot] = [where, name];
  mark();
  radio(where, name).focus({ preventScroll: true });
  if (scroll) field(where, name).scrollIntoView({ block: "nearest" });
};

const firstOpen = (where) => missing(answerIn(where))[0];

// After the last criterion of an answer comes the other one, then the button.
const goOn = (name) => {
  const next = sheet.criteria[sheet.criteria.indexOf(name) + 1];
  if (next) return goTo(letter, next);
  const other = letters().find((where) => firstOpen(where));
  if (other) return goTo(other, firstOpen(other));
  spot = null;
  mark();
  byId("next").focus({ preventScroll: true });
  byId("next").scrollIntoView({ block: "nearest" });
};

const fillForm = () => {
  for (const where of letters()) {
    const said = drafts.get(answerIn(where));
    const slot = slotOf(where);
    for (const input of slot.querySelectorAll("input[type=radio]")) {
      const name = input.closest("[data-criterion]").dataset.criterion;
      input.checked = said.points[name] === Number(input.value);
    }
    for (const box of slot.querySelectorAll("input[type=checkbox]")) box.checked = said.flags.includes(box.value);
    const comment = slot.querySelector("textarea");
    if (comment.value !== said.comment) comment.value = said.comment;
  }
};

const put = (id, target, part) => {
  const found = byId(`item-${id}`).content.querySelector(`[data-part="${part}"]`);
  target.replaceChildren(...(found ? found.cloneNode(true).childNodes : []));
  return found !== null;
};

const show = (index, focus = true) => {
  here = index;
  since = Date.now();
  const { number, category, answers } = item();
  byId("title").textContent = `Item ${index + 1} of ${sheet.items.length}`;
  byId("category").textContent = category;
  put(number, byId("prompt"), "prompt");
  byId("reference").hidden = !put(number, byId("reference-text"), "reference");
  byId("reference").open = false;
  byId("answers").classList.toggle("pair", answers.length > 1);
  for (const slot of slots) {
    slot.hidden = !put(number, slot.querySelector(".text"), slot.dataset.slot);
    for (const flag of slot.querySelectorAll(".best")) flag.hidden = answers.length < 2;
  }
  // A reason holds until its item is left; one that is still on its way stays.
  for (const id of answers) if (!changed(id)) reasons.delete(id);
  byId("reason").value = answers.map((id) => reasons.get(id)).find(Boolean) ?? "";
  byId("previous").disabled = index === 0;
  complain("");
  fillForm();
  view("item");
  update();
  window.scrollTo(0, 0);
  if (!focus) return;
  const open = letters().find((where) => firstOpen(where)) ?? "a";
  goTo(open, firstOpen(open) ?? sheet.criteria[0], false);
  announce(`Item ${index + 1} of ${sheet.items.length}. ${category}.`);
};

const change = (where, edit) => {
  const id = answerIn(where);
  edit(drafts.get(id));
  changedAt.set(id, new Date().toISOString());
  complain("");
  keep();
  update();
  sync();
};

const score = (where, name, points) => {
  change(where, (said) => (said.points[name] = points));
  field(where, name).querySelector(`input[value="${points}"]`).checked = true;
  announce(`${nameOf(where)}, ${name}: ${points}`);
};

const setFlag = (where, flag, on) => {
  const other = letters().find((letter) => letter !== where);
  if (flag === "best" && on && other && drafts.get(answerIn(other)).flags.includes("best")) {
    drafts.get(answerIn(other)).flags = drafts.get(answerIn(other)).flags.filter((known) => known !== "best");
    changedAt.set(answerIn(other), new Date().toISOString());
  }
  change(where, (said) => {
    said.flags = said.flags.filter((known) => known !== flag);
    if (on) said.flags.push(flag);
  });
  fillForm();
  announce(`${nameOf(where)}: ${flag.replace("-", " ")} ${on ? "on" : "off"}`);
};

const toggleFlag = (flag) => {
  if (flag === "best" && item().answers.length < 2) return;
  setFlag(letter, flag, !drafts.get(answerIn(letter)).flags.includes(flag));
};

const giveReason = () => {
  for (const id of item().answers) if (locked(id)) reasons.set(id, byId("reason").value);
  complain("");
  keep();
  update();
  sync();
};

const undo = () => {
  for (const id of item().answers.filter((id) => locked(id) && changed(id))) drafts.set(id, copy(saved.get(id)));
  byId("reason").value = "";
  giveReason();
  fillForm();
  goTo(letter, spot ?? sheet.criteria[0]);
  announce("The scores are as they were.");
};

// An item is left only whole: a change to what was done needs its reason.
const mayLeave = () => {
  giveReason();
  if (!item().answers.some(needsReason)) return true;
  complain("Say why the scores change, or undo the change.");
  byId("reason").focus({ preventScroll: true });
  byId("why").scrollIntoView({ block: "nearest" });
  return false;
};

const next = () => {
  for (const where of letters()) {
    const open = missing(answerIn(where));
    if (open.length === 0) continue;
    goTo(where, open[0]);
    const list = open.length > 1 ? `${open.slice(0, -1).join(", ")} and ${open.at(-1)}` : open[0];
    return complain(`${nameOf(where)} still needs ${list}.`, field(where, open[0]));
  }
  if (!mayLeave()) return;
  if (!item().answers.every((id) => drafts.get(id).done)) {
    kept.seconds = [...kept.seconds, Math.min((Date.now() - since) / 1000, 1200)].slice(-200);
    for (const where of letters()) if (!drafts.get(answerIn(where)).done) change(where, (said) => (said.done = true));
  }
  const open = sheet.items.findIndex((item) => !itemDone(item));
  if (here + 1 < sheet.items.length) show(here + 1);
  else if (open >= 0) show(open);
  else view("end");
};

const previous = () => {
  if (here === 0 || !mayLeave()) return;
  show(here - 1);
};
