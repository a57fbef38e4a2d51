// The models, the token, and one question with its streamed answer.
const byId = (id) => document.getElementById(id);
const captures = "capture" in document.body.dataset;
// In memory only: nothing is kept where another page or another day could find it.
let token = "";
let models = [];

const headers = () => ({ "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) });

// What a refusal says, in words for a person.
const refusal = async (response) => {
  const body = await response.json().catch(() => null);
  const error = new Error(body?.error?.message ?? `pmtune answers ${response.status}`);
  error.status = response.status;
  return error;
};

const send = async (path, body, signal) => {
  let response;
  try {
    response = await fetch(path, { method: body ? "POST" : "GET", headers: headers(), body: body && JSON.stringify(body), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("pmtune does not answer; it may have been stopped");
  }
  if (!response.ok) throw await refusal(response);
  return response;
};

const loadModels = async () => {
  const list = await (await send("/v1/models")).json();
  // `primary` is a second name of a version that is listed too.
  models = list.data.filter((card) => card.id !== "primary").map((card) => ({ id: card.id, ...card.pmtune }));
};

// The data of the events in a stream, each parsed.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  while (true) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (waiting + value).split("\n\n");
    waiting = parts.pop();
    for (const part of parts) {
      if (!part.startsWith("data: ")) continue;
      if (part === "data: [DONE]") return;
      yield JSON.parse(part.slice(6));
    }
  }
}

// Asks, and tells `more` every piece with the version that writes it. Gives how the answer ended.
const ask = async (model, messages, signal, more) => {
  const response = await send("/v1/chat/completions", { model, messages, stream: true }, signal);
  const end = { id: "", cut: false, whole: false, timings: null };
  for await (const event of events(response)) {
    if (event.error) throw new Error(event.error.message);
    const choice = event.choices?.[0];
    end.id = event.id;
    if (choice?.delta?.content) more(choice.delta.content, event.system_fingerprint);
    if (!choice?.finish_reason) continue;
    Object.assign(end, { whole: true, cut: choice.finish_reason === "length", timings: event.timings ?? null });
  }
  if (!end.whole) throw new Error("the answer broke off: pmtune may have been stopped");
  return end;
};
