// Made by `pmtune suite import`: hands an answer to an assertion, and its verdict to pmtune.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const THRESHOLD = @THRESHOLD@;

async function load(file, name) {
  const module = await import(pathToFileURL(path.resolve(file)));
  const inner = module.default ?? module;
  return name === 'default' ? inner : (module[name] ?? inner[name]);
}

async function judge(output, context) {
@BODY@
}

function verdict(said) {
  if (typeof said === 'boolean') return { pass: said };
  if (typeof said === 'number') {
    const pass = THRESHOLD === null ? said > 0 : said >= THRESHOLD;
    return { pass, score: Math.min(Math.max(said, 0), 1) };
  }
  const { pass, score, reason } = said;
  return { pass, score, reason };
}

const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
const write = process.stdout.write.bind(process.stdout);
console.log = console.info = console.error;
const said = await judge(asked.answer, { vars: asked.variables, prompt: asked.prompt });
write(JSON.stringify(verdict(said)) + '\n');
