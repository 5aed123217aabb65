// The batch executor of stage, without Nx around it.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const [home, root, out] = process.argv.slice(2);
const startedAt = performance.now();
const need = createRequire(path.join(home, 'package.json'));
const stage = need(path.join(path.dirname(need.resolve('@kdcube/nx/package.json')), 'dist/executors/stage/batch.js')).default;
const tasks = fs
  .readdirSync(path.join(root, 'pins/bundles'))
  .map((project) => [`${project}:stage`, { id: `${project}:stage`, target: { project, target: 'stage' } }]);
const graph = { tasks: Object.fromEntries(tasks), dependencies: Object.fromEntries(tasks.map(([id]) => [id, []])) };
const inputs = Object.fromEntries(tasks.map(([id]) => [id, { offline: false, json: false }]));
const context = { root, nxJsonConfiguration: { plugins: [{ plugin: '@kdcube/nx', options: {} }] } };
for await (const { task, result } of stage(graph, inputs, {}, context))
  if (!result.success) throw new Error(`${task}\n${result.terminalOutput}`);
fs.writeFileSync(out, JSON.stringify({ own: performance.now() - startedAt, rss: process.resourceUsage().maxRSS * 1024 }));
