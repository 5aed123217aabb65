// node packages/ecs-double/main.mjs [--port 4566] [--journal FILE] [--scenario FILE]    Runs the double until it is interrupted.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { start } from './double.mjs';

const text = /** @type {const} */ ({ type: 'string' });
const { values } = parseArgs({ options: { port: { ...text, default: '4566' }, journal: text, scenario: text } });
const scenario = values.scenario ? JSON.parse(fs.readFileSync(values.scenario, 'utf8')) : {};
const double = await start({ port: Number(values.port), journal: values.journal, scenario });
console.log(`ecs-double on ${double.url}${values.journal ? `, journal in ${values.journal}` : ''}`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void double.close());
