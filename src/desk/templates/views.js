// The other views: all items, the end; and the line on top.
const views = ["item", "list", "end", "closed"];
const shownView = () => views.find((name) => !byId(name).hidden);

const view = (name) => {
  const before = shownView();
  for (const other of views) byId(other).hidden = other !== name;
  document.body.dataset.view = name;
  if (name === before || name === "item") return;
  if (name === "list") fillList();
  window.scrollTo(0, 0);
  byId(`${name}-title`).focus({ preventScroll: true });
};

const status = (item) => {
  if (item.answers.some(needsReason)) return ["open", "changed, needs a reason"];
  if (itemDone(item)) return ["done", "done"];
  if (item.answers.every(isScored)) return ["open", "scored, not yet done"];
  return item.answers.some((id) => !same(drafts.get(id), blank())) ? ["open", "begun"] : ["todo", "to do"];
};

const fillList = () => {
  const rows = sheet.items.map((item, index) => {
    const row = document.createElement("li");
    const button = document.createElement("button");
    const [state, words] = status(item);
    button.type = "button";
    button.className = state;
    const parts = [["number", String(index + 1)], ["start", item.start], ["tag", item.category], ["state", words]];
    for (const [name, words] of parts) {
      const span = document.createElement("span");
      span.className = name;
      span.textContent = words;
      // Spaces part the words of the button's name.
      button.append(span, " ");
    }
    if (index === here) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => show(index));
    row.append(button);
    return row;
  });
  byId("items").replaceChildren(...rows);
};

const openList = () => {
  if (shownView() === "list") return show(here);
  if (shownView() === "item" && !mayLeave()) return;
  view("list");
};

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

// From the reviewer's own pace; three items make one.
const timeLeft = (items) => {
  if (kept.seconds.length < 3 || items === 0) return "";
  const minutes = Math.round((items * median(kept.seconds)) / 60);
  if (minutes < 1) return ", less than a minute left";
  if (minutes >= 90) return `, about ${Math.round(minutes / 60)} hours left`;
  return `, about ${minutes} minute${minutes === 1 ? "" : "s"} left`;
};

const update = () => {
  const scored = ids.filter(isScored).length;
  const open = sheet.items.filter((item) => !itemDone(item)).length;
  byId("bar").value = scored;
  byId("count").textContent = `${scored} of ${ids.length} answers scored${timeLeft(open)}`;
  byId("why").hidden = !item().answers.some((id) => locked(id) && (changed(id) || reasons.get(id)));
  const answers = ids.length === 1 ? "The answer is" : `All ${ids.length} answers are`;
  byId("end-text").textContent = sheet.served
    ? `${answers} scored and saved.`
    : `${answers} scored. Save the file and send it back to whoever gave you this page.`;
  showSaving();
  if (!sheet.served && forgetful) banner("This browser keeps nothing for this page. Save your scores before you close it.");
};
