// The AI SDK's openai-compatible provider against `pmtune serve`: whole and streamed answers, JSON by schema, errors,
// hanging up.
//
//     npm install ai @ai-sdk/openai-compatible zod
//     pmtune serve                                    # in another terminal
//     node tests/peers/serve_ai_sdk.mjs http://127.0.0.1:7689/v1
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The packages of the folder in which this is called, wherever this script lies.
const here = createRequire(pathToFileURL(`${process.cwd()}/`));
const from = (name) => import(pathToFileURL(here.resolve(name)));
const { generateText, jsonSchema, Output, streamText } = await from("ai");
const { createOpenAICompatible } = await from("@ai-sdk/openai-compatible");

const baseURL = process.argv[2] ?? "http://127.0.0.1:7689/v1";
const prompt = "Write one sentence about a delayed release.";
const list = await (await fetch(`${baseURL}/models`)).json();
const name = list.data[0].id;
const provider = createOpenAICompatible({ name: "pmtune", baseURL, includeUsage: true, supportsStructuredOutputs: true });
const model = provider(name);
const brief = { model, prompt, maxOutputTokens: 24, temperature: 0, maxRetries: 0 };

const whole = await generateText(brief);
assert.ok(["stop", "length"].includes(whole.finishReason), whole.finishReason);
assert.equal(whole.usage.totalTokens, whole.usage.inputTokens + whole.usage.outputTokens);
assert.ok(whole.usage.outputTokens <= 24);

const streamed = streamText(brief);
let text = "";
for await (const piece of streamed.textStream) text += piece;
assert.equal(text, whole.text);
assert.deepEqual((await streamed.usage).totalTokens, whole.usage.totalTokens);
assert.equal(await streamed.finishReason, whole.finishReason);

const schema = jsonSchema({
  type: "object",
  properties: { late: { type: "boolean" }, days: { type: "integer", minimum: 0, maximum: 99 } },
  required: ["late", "days"],
  additionalProperties: false,
});
const held = await generateText({ ...brief, maxOutputTokens: 60, output: Output.object({ schema }) });
assert.equal(typeof held.output.late, "boolean");
assert.ok(Number.isInteger(held.output.days) && held.output.days >= 0 && held.output.days <= 99);

const system = await generateText({ ...brief, system: "Be brief.", maxOutputTokens: 5 });
assert.ok(system.usage.outputTokens <= 5);

const refused = async (ask, status, code) => {
  const error = await generateText({ ...brief, ...ask }).then(() => null, (error) => error);
  assert.equal(error?.statusCode, status, String(error));
  assert.equal(error.data?.error?.code, code, JSON.stringify(error.data));
};
await refused({ model: provider("gpt-9") }, 404, "model_not_found");
await refused({ prompt: "word ".repeat(200_000) }, 400, "context_length_exceeded");

// Leave in the middle; the next question is answered as before.
for (let left = 0; left < 5; left += 1) {
  const leave = new AbortController();
  const { textStream } = streamText({ ...brief, maxOutputTokens: 2000, abortSignal: leave.signal, onError() {} });
  for await (const _ of textStream) break;
  leave.abort();
}
assert.equal((await generateText(brief)).text, whole.text);
console.log(`AI SDK: all as it should be, with ${list.data.map(({ id }) => id).join(", ")}`);
