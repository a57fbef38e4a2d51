"use strict";
// Filter and sort; without this script every case is there all the same.
(() => {
  const byId = (id) => document.getElementById(id);
  const [toolbar, list, find, count, unfold] = ["toolbar", "list", "find", "count", "unfold"].map(byId);
  const picks = ["status", "half", "category"].map(byId);
  const sort = byId("sort");
  const cases = [...list.children];
  const texts = new Map();
  const text = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };
  const matches = (item, pick) => {
    if (!pick.value) return true;
    const value = item.dataset[pick.id];
    return pick.value === "failing" ? value === "fail" || value === "regressed" : value === pick.value;
  };
  const keys = {
    gain: (item) => -Number(item.dataset.change),
    loss: (item) => Number(item.dataset.change),
    low: (item) => Number(item.dataset.score),
  };
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of cases) {
      const keep = picks.every((pick) => matches(item, pick)) && words.every((word) => text(item).includes(word));
      item.hidden = !keep;
      shown += keep;
    }
    count.textContent = shown === cases.length ? `${shown} cases` : `${shown} of ${cases.length} cases`;
  };
  const order = () => {
    const key = keys[sort.value];
    list.append(...(key ? [...cases].sort((a, b) => key(a) - key(b)) : cases));
  };
  let opened = false;
  const fold = () => {
    opened = !opened;
    for (const item of cases) if (!item.hidden) item.open = opened;
    unfold.textContent = opened ? "Close all" : "Open all";
  };
  const reveal = () => {
    const item = cases.find((item) => item.id === location.hash.slice(1));
    if (!item) return;
    item.hidden = false;
    item.open = true;
    item.scrollIntoView();
  };
  let waiting;
  find.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  for (const pick of picks) pick.addEventListener("change", filter);
  sort.addEventListener("change", order);
  unfold.addEventListener("click", fold);
  window.addEventListener("hashchange", reveal);
  window.addEventListener("beforeprint", () => {
    for (const item of cases) if (item.dataset.status === "improved" || item.dataset.status === "regressed") item.open = true;
  });
  toolbar.hidden = false;
  filter();
  reveal();
})();
