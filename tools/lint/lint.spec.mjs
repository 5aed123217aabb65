// What lint is there for: a deliberate violation of each rule of our own must fail.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../setup.mjs';
import { partsOf, retiredPart } from './retired-words.mjs';
import { PARTS } from './words.mjs';

const LAYERS = [
  ['packages/release/src/document/document.ts', '../release/read'],
  ['packages/release/src/deploy/waves.ts', '../targets/ecs/plan/running'],
  ['packages/release/src/targets/ecs/plan/plan-exec.ts', '../../compose/import/compose'],
  ['packages/release/src/targets/compose/import/compose.ts', '../../ecs/plan/running'],
  ['packages/release/src/problem/problem.ts', 'node:fs'],
  ['packages/nx/src/git/git.ts', '../registry/manifests/manifests'],
  ['packages/nx/src/registry/transport/http.ts', '../../images/job'],
  ['packages/nx/src/graph/projects.ts', '../git/git'],
  ['packages/nx/src/generators/bundle/generator.ts', '../../system/programs/exec'],
  ['packages/nx/src/executors/stage/executor.ts', 'nx'],
];
const RETIRED = [
  'const whatWasSaid = 1; export { whatWasSaid };',
  'export function lookAtRegistry() {}',
  'export interface Shelf { size: number }',
  'export interface Registry { keptTags: string[] }',
  'export const f = ({ digest: told }: { digest: string }) => told;',
  'export const f = (...heard: string[]) => heard;',
  'export const options = { held: true };',
  'export class Registry { patience = 1; }',
];
const ALLOWED = [
  ['packages/release/src/deploy/waves.ts', "import '../platform/components';\nimport './record';\n"],
  ['tools/x.mjs', 'export const f = (answer) => answer.said + answer.kept;'],
];

/** One process for all texts: it takes two seconds to load ESLint and its configuration. */
const PROGRAM = `
  const { ESLint } = require('eslint');
  const texts = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
  const eslint = new ESLint();
  (async () => {
    const results = [];
    for (const [filePath, text] of texts) results.push(...(await eslint.lintText(text, { filePath })));
    console.log(JSON.stringify(results.map(({ messages }) => messages.map(({ ruleId, message }) => ruleId + ': ' + message))));
  })();`;

/** What ESLint reports for each text, as if it stood in this file. */
function lintAll(texts) {
  const options = { cwd: root, input: JSON.stringify(texts), encoding: 'utf8' };
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', PROGRAM], options);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

let found;
beforeAll(() => {
  const imports = LAYERS.map(([file, specifier]) => [file, `import '${specifier}';\n`]);
  const declarations = RETIRED.map((text) => ['tools/x.ts', text]);
  found = lintAll([...imports, ...declarations, ...ALLOWED]);
});

it.each(LAYERS)('%s may not import %s', (file, specifier) => {
  const at = LAYERS.findIndex((row) => row[0] === file && row[1] === specifier);
  expect(found[at]).toEqual([expect.stringContaining('This room may not import that')]);
});

it.each(RETIRED)('a retired word in a declaration fails: %s', (text) => {
  const reported = found[LAYERS.length + RETIRED.indexOf(text)];
  expect(reported.filter((each) => each.startsWith('terms/retired'))).toHaveLength(1);
});

it('a room may import itself and what it stands on, and a name that another package gave may be used', () => {
  expect(found.slice(LAYERS.length + RETIRED.length)).toEqual([[], []]);
});

it('a retired word is no part of a longer one', () => {
  const names = ['heldover', 'unsaid', 'latest', 'template', 'lookahead', 'known_hosts'];
  expect(names.map(retiredPart)).toEqual(names.map(() => undefined));
  expect(partsOf('lookAtHTTPAnswer')).toEqual(['look', 'at', 'http', 'answer']);
  expect(partsOf('KEPT_TAGS2')).toEqual(['kept', 'tags2']);
  expect(Object.keys(PARTS).every((part) => retiredPart(part))).toBe(true);
});

it('an import circle fails, type-only ones included', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-circle-'));
  try {
    fs.mkdirSync(path.join(folder, 'packages'));
    fs.writeFileSync(path.join(folder, 'tsconfig.json'), '{}');
    fs.writeFileSync(path.join(folder, 'packages/a.ts'), "import type { B } from './b';\nexport type A = B[];\n");
    const cruise = (b) => {
      fs.writeFileSync(path.join(folder, 'packages/b.ts'), b);
      const bin = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
      return spawnSync(process.execPath, [bin, '--config', path.join(root, '.dependency-cruiser.cjs'), 'packages'], {
        cwd: folder,
        encoding: 'utf8',
      });
    };
    const circle = cruise("import type { A } from './a';\nexport interface B {\n  a: A;\n}\n");
    expect([circle.status, circle.stdout]).toEqual([1, expect.stringContaining('no-circular')]);
    expect(cruise('export type B = string;\n').status).toBe(0);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
