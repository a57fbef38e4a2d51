// Choosing versions, the token, keys, and the start.
const option = (value, text) => make("option", [text], { value });

const fillPicks = () => {
  const named = (model) => option(model.id, model.promoted ? `${model.id} (primary)` : model.id);
  byId("pick-a").replaceChildren(...models.map(named));
  byId("pick-b").replaceChildren(option("", "nothing"), ...models.map(named));
  const usual = models.find((model) => model.promoted) ?? models.filter((model) => model.id !== "base").at(-1) ?? models[0];
  if (usual) byId("pick-a").value = usual.id;
};

// Whose words a version reads before yours.
const showPrompts = () => {
  const of = (side) => {
    const model = models.find((model) => model.id === picked(side));
    if (!model) return make("p");
    if (!model.system) return make("p", [`${model.id} has no system prompt`], { className: "foot" });
    const text = make("div", [visible(model.system)], { className: "system" });
    return make("details", [make("summary", [`System prompt of ${model.id}`]), text]);
  };
  byId("prompts").replaceChildren(...sides().map(of));
  document.body.className = sides().length > 1 ? "two" : "one";
};

// An answer belongs to its version's conversation: another version begins anew, with the last question at hand.
const pick = () => {
  showPrompts();
  if (!byId("log").childElementCount) return;
  begin();
  if (!byId("message").value) byId("message").value = lastQuestion;
};

// Whether pmtune takes the token, or wants none.
let known = false;

const enter = async () => {
  token = byId("token").value.trim();
  await start();
};

const knock = (why) => {
  known = false;
  byId("door-why").textContent = why;
  if (!byId("door").open) byId("door").showModal();
  byId("token").value = "";
  byId("token").focus();
};

const start = async () => {
  if ("token" in document.body.dataset && !token) return knock("");
  try {
    await loadModels();
  } catch (error) {
    if (error.status === 401) return knock("This is not the token of this server.");
    byId("lost").textContent = `${error.message}. Reload the page to try again.`;
    return;
  }
  known = true;
  byId("token").value = "";
  if (byId("door").open) byId("door").close();
  fillPicks();
  showPrompts();
  byId("message").focus();
};

byId("message").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  asked();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && !byId("door").open) stop();
});
byId("knock").addEventListener("submit", (event) => {
  event.preventDefault();
  enter();
});
// Nothing can be done here without it. A browser may close the dialog on Escape all the same.
byId("door").addEventListener("cancel", (event) => event.preventDefault());
byId("door").addEventListener("close", () => {
  if (!known) knock("");
});
byId("send").addEventListener("click", asked);
byId("stop").addEventListener("click", () => {
  stop();
  byId("message").focus();
});
byId("new").addEventListener("click", begin);
for (const side of SIDES) byId(`pick-${side}`).addEventListener("change", pick);
start();
