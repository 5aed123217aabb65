// The executor of validate, without Nx around it.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const [root, out] = process.argv.slice(2);
const startedAt = performance.now();
const need = createRequire(path.join(root, 'package.json'));
const home = path.dirname(need.resolve('@kdcube/nx/package.json'));
const validate = need(path.join(home, 'dist/executors/validate/executor.js')).default;
const nxJsonConfiguration = { plugins: [{ plugin: '@kdcube/nx', options: {} }] };
const { success } = await validate({ online: false, json: false }, { root, projectName: 'release', nxJsonConfiguration });
if (!success) throw new Error('validate found problems.');
fs.writeFileSync(out, JSON.stringify({ own: performance.now() - startedAt, rss: process.resourceUsage().maxRSS * 1024 }));
