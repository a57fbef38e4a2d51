// Keys, buttons, and the start.
const unlessTyping = {
  e: () => toggleFlag("factual-error"),
  u: () => toggleFlag("unusable"),
  b: () => toggleFlag("best"),
  c: () => slotOf(letter).querySelector("textarea").focus(),
  r: () => (byId("reference").open = !byId("reference").open),
  w: () => byId("written").click(),
  n: () => next(),
  p: () => previous(),
  s: () => {
    const other = letters().find((where) => where !== letter);
    if (other) goTo(other, firstOpen(other) ?? sheet.criteria[0]);
  },
};

const onItem = (event) => {
  const { key, target } = event;
  if (key === "Enter") {
    if (target.closest("button, summary, a")) return;
    event.preventDefault();
    return next();
  }
  if (!kept.shortcuts) return;
  if (/^[1-5]$/.test(key)) {
    event.preventDefault();
    if (!spot) return complain("Every criterion has its points. Tab or s goes back to one.");
    const name = spot;
    score(letter, name, Number(key));
    return goOn(name);
  }
  const act = Object.hasOwn(unlessTyping, key) ? unlessTyping[key] : null;
  if (!act) return;
  event.preventDefault();
  act();
};

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || byId("keys").open) return;
  if (target.matches("textarea, input[type=text]")) {
    if (key === "Escape") firstOpen(letter) ? goTo(letter, firstOpen(letter)) : goOn(sheet.criteria.at(-1));
    if (key === "Enter" && target.id === "reason") next();
    return;
  }
  if (shownView() === "item") onItem(event);
  if (!kept.shortcuts || event.defaultPrevented) return;
  if (key === "?") byId("open-keys").click();
  if (key === "l" && shownView() !== "closed") openList();
});

document.addEventListener("focusin", ({ target }) => {
  const slot = target.closest(".slot");
  if (!slot) return;
  letter = slot.dataset.slot;
  const name = target.closest("[data-criterion]")?.dataset.criterion;
  if (name) spot = name;
  else if (!firstOpen(letter)) spot = null;
  else spot = firstOpen(letter);
  mark();
});

for (const slot of slots) {
  const where = slot.dataset.slot;
  slot.addEventListener("change", ({ target }) => {
    const name = target.closest("[data-criterion]")?.dataset.criterion;
    if (name) score(where, name, Number(target.value));
    else if (target.type === "checkbox") setFlag(where, target.value, target.checked);
  });
  slot.querySelector("textarea").addEventListener("input", ({ target }) => {
    change(where, (said) => (said.comment = target.value));
  });
}

const clicks = {
  next, previous, undo, save, "save-end": save, "open-list": openList, "look-again": openList,
  "open-keys": () => {
    byId("keys").showModal();
    byId("keys-title").focus();
  },
  "close-keys": () => byId("keys").close(),
  written: () => byId("written").setAttribute("aria-pressed", String(document.body.classList.toggle("as-written"))),
};
for (const [id, act] of Object.entries(clicks)) byId(id)?.addEventListener("click", () => act());
for (const button of document.querySelectorAll(".stop")) button.addEventListener("click", finish);
byId("reason").addEventListener("change", giveReason);
byId("load")?.addEventListener("change", ({ target }) => target.files[0] && loadFile(target.files[0]));
byId("shortcuts").addEventListener("change", ({ target }) => {
  kept.shortcuts = target.checked;
  keep();
});

const start = () =>
  load().then(() => {
    banner("");
    byId("shortcuts").checked = kept.shortcuts;
    const waiting = sheet.items.findIndex((item) => item.answers.some(needsReason));
    const open = waiting >= 0 ? waiting : sheet.items.findIndex((item) => !itemDone(item));
    show(Math.max(open, 0));
    if (open < 0) view("end");
    sync();
  }).catch(() => {
    banner("pmtune does not answer. Start the same command again and open its new address.");
    setTimeout(start, 3000);
  });
start();
