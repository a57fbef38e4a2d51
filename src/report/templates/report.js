"use strict";
// Filter, sort and page the cases. Without this script the first of them are there all the same; those of a large report
// lie packed in the page and are unpacked when they are to be shown.
(() => {
  const PAGE = 100;
  const byId = (id) => document.getElementById(id);
  const [toolbar, list, find, count, unfold] = ["toolbar", "list", "find", "count", "unfold"].map(byId);
  const [sort, nothing, further] = ["sort", "nothing", "further"].map(byId);
  const picks = ["status", "half", "category"].map(byId);

  // A case is known by what filters and orders need; its node is in the page or in a block.
  const cases = [...list.children].map((node) => ({ id: node.id, ...node.dataset, node }));
  const packed = [...document.getElementsByClassName("packed")];
  const blocks = [];
  const unpack = (block) => {
    blocks[block] ??= (async () => {
      const bytes = Uint8Array.from(atob(packed[block].textContent), (letter) => letter.charCodeAt(0));
      const unzipped = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      return JSON.parse(await new Response(unzipped).text());
    })();
    return blocks[block];
  };
  JSON.parse(byId("rest")?.textContent ?? "[]").forEach((rows, block) => {
    rows.forEach(([id, status, half, category, change, score], at) => {
      cases.push({ id, status, half, category, change, score, block, at });
    });
  });
  const nodeOf = async (item) => {
    if (!item.node) {
      const template = document.createElement("template");
      template.innerHTML = (await unpack(item.block))[item.at];
      item.node = template.content.firstElementChild;
    }
    return item.node;
  };
  const signs = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&", "&nbsp;": " ", "\u00a0": " " };
  const text = async (item) => {
    if (item.text === undefined) {
      const html = item.node ? item.node.innerHTML : (await unpack(item.block))[item.at];
      item.text = html.replace(/<[^>]*>/g, " ").replace(/&(?:lt|gt|quot|#39|amp|nbsp);|\u00a0/g, (sign) => signs[sign]).toLowerCase();
    }
    return item.text;
  };

  const matches = (item, pick) => {
    if (!pick.value) return true;
    const value = item[pick.id];
    return pick.value === "failing" ? value === "fail" || value === "regressed" : value === pick.value;
  };
  const keys = {
    gain: (item) => -Number(item.change),
    loss: (item) => Number(item.change),
    low: (item) => Number(item.score),
  };
  const wanted = async () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = cases.filter((item) => picks.every((pick) => matches(item, pick)));
    if (words.length) {
      const texts = await Promise.all(found.map(text));
      found = found.filter((_, i) => words.every((word) => texts[i].includes(word)));
    }
    const key = keys[sort.value];
    return key ? found.sort((a, b) => key(a) - key(b)) : found;
  };

  let limit = PAGE;
  let turn = 0;
  let opened = false;
  const draw = async () => {
    const mine = ++turn;
    if (find.value.trim()) count.textContent = "Searching…";
    const found = await wanted();
    const nodes = await Promise.all(found.slice(0, limit).map(nodeOf));
    if (mine !== turn) return;
    list.replaceChildren(...nodes);
    const all = `${cases.length} case${cases.length === 1 ? "" : "s"}`;
    count.textContent = found.length === cases.length ? all : `${found.length} of ${all}`;
    nothing.hidden = found.length > 0 || cases.length === 0;
    const left = found.length - nodes.length;
    further.hidden = left === 0;
    further.textContent = `Show ${Math.min(left, PAGE)} more of ${left}`;
  };
  // Where a browser cannot unpack, it says so rather than show too little.
  const show = () =>
    draw().catch(() => (count.textContent = "This browser cannot unpack the other cases; a newer one can."));
  const anew = () => {
    limit = PAGE;
    return show();
  };

  const fold = () => {
    opened = !opened;
    for (const node of list.children) node.open = opened;
    unfold.textContent = opened ? "Close all" : "Open all";
  };
  const clear = () => {
    for (const field of [find, ...picks]) field.value = "";
    return anew();
  };
  const reveal = async () => {
    const item = cases.find((item) => item.id === location.hash.slice(1));
    if (!item) return;
    const node = await nodeOf(item).catch(() => null);
    if (!node) return;
    if (!node.isConnected) {
      await clear();
      if (!node.isConnected) list.prepend(node);
    }
    node.open = true;
    node.scrollIntoView();
  };

  let waiting;
  find.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(anew, 120);
  });
  for (const pick of [...picks, sort]) pick.addEventListener("change", anew);
  unfold.addEventListener("click", fold);
  byId("clear").addEventListener("click", () => clear().then(() => find.focus()));
  further.addEventListener("click", async () => {
    const before = list.children.length;
    limit += PAGE;
    await show();
    list.children[before]?.querySelector("summary").focus();
  });
  window.addEventListener("hashchange", reveal);
  toolbar.hidden = false;
  show().then(reveal);
})();
