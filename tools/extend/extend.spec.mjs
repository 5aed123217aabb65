// Adds one sample of each kind of extension that CONTRIBUTING.md promises to be one folder and one line, in a copy of the repository, and runs it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const PASSED = { exitCode: 0, output: '' };
let copy;

beforeAll(() => {
  copy = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-extend-'));
  for (const file of ['package.json', 'tsconfig.json', 'tsconfig.base.json', 'jest.preset.js'])
    fs.copyFileSync(path.join(root, file), path.join(copy, file));
  fs.cpSync(path.join(root, 'tools/testing'), path.join(copy, 'tools/testing'), { recursive: true });
  for (const name of ['nx', 'release'])
    fs.cpSync(path.join(root, 'packages', name), path.join(copy, 'packages', name), {
      recursive: true,
      filter: (source) => !/[\\/](?:dist|fixtures|node_modules)$/.test(source),
    });
  for (const folder of ['.', 'packages/nx', 'packages/release']) {
    const modules = path.join(root, folder, 'node_modules');
    if (fs.existsSync(modules)) fs.symlinkSync(modules, path.join(copy, folder, 'node_modules'));
  }
});
afterAll(() => fs.rmSync(copy, { recursive: true, force: true }));

/** Registers a sample: adds one line after the line that contains `after`. */
function addLine(file, after, line) {
  const lines = fs.readFileSync(path.join(copy, file), 'utf8').split('\n');
  const at = lines.findIndex((each) => each.includes(after));
  if (at < 0) throw new Error(`${file} has no line with ${after}`);
  lines.splice(at + 1, 0, line);
  fs.writeFileSync(path.join(copy, file), lines.join('\n'));
}

function write(folder, files) {
  fs.mkdirSync(path.join(copy, folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(copy, folder, name), text);
}

function node(args, env = {}) {
  const { JEST_WORKER_ID: _, ...rest } = process.env;
  const ran = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8', env: { ...rest, ...env } });
  return { exitCode: ran.status, output: ran.status === 0 ? '' : ran.stdout + ran.stderr };
}

const jest = (patterns, env, project = 'nx') =>
  node(
    [
      '--experimental-vm-modules',
      path.join(root, 'node_modules/jest/bin/jest.js'),
      '-c',
      `packages/${project}/jest.config.js`,
      '-i',
      ...patterns,
    ],
    env,
  );

const schema = (name) => `import * as z from 'zod';

export const description = 'A sample.';
export const examples = [{ command: 'nx sample', description: 'Run the sample' }];

export const ${name} = z.strictObject({
  text: z.string().default('hello').describe('What to print.').meta({ examples: ['hello'] }),
  json: z.boolean().default(false).describe('Print JSON.').meta({ examples: [true] }),
});
export type ${name} = z.infer<typeof ${name}>;
`;

test('an executor, a generator, a problem code and a plugin option are one folder or entry and one line each', () => {
  addLine('packages/nx/src/verbs.ts', 'const VERBS = {', "  greet: { project: 'release' },");
  write('packages/nx/src/executors/greet', {
    'schema.ts': schema('GreetOptions'),
    'executor.ts': `import type { ExecutorContext } from '@nx/devkit';
import { KdcubeError } from '@kdcube/release/internal';
import { runExecutor } from '../run-task';
import type { GreetOptions } from './schema';

export default function greet(options: GreetOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ plugin, log }) => {
    if (options.text === 'fail') throw new KdcubeError({ code: 'sample-problem', message: 'The sample fails.' });
    log.done('greeted', options.text, plugin.sampleOption);
  });
}
`,
  });
  addLine('packages/nx/src/generators/schemas.ts', 'const ENTRIES = {', '  note: {},');
  write('packages/nx/src/generators/note', {
    'schema.ts': schema('NoteOptions'),
    'generator.ts': `import type { Tree } from '@nx/devkit';
import type { NoteOptions } from './schema';

export default async function noteGenerator(tree: Tree, { text }: NoteOptions): Promise<void> {
  tree.write('NOTE.md', text);
}
`,
  });
  addLine('packages/release/src/problem/codes.ts', 'export const PROBLEMS = {', "  'sample-problem': 'A sample.',");
  addLine(
    'packages/nx/src/plugin-options.ts',
    'PluginOptions = z.strictObject({',
    "  sampleOption: z.string().optional().describe('A sample.'),",
  );
  write('packages/nx/src/sample', {
    'sample.spec.ts': `import { createTree } from '@nx/devkit/testing';
import greet from '../executors/greet/executor';
import noteGenerator from '../generators/note/generator';
import { targetsOf } from '../graph/targets';

const context = { root: '/nowhere', projectName: 'release', nxJsonConfiguration: { plugins: [{ plugin: '@kdcube/nx', options: { sampleOption: 'plugin' } }] } } as never;

it('runs the samples', async () => {
  let output = '';
  for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockImplementation((text) => ((output += String(text)), true));
  const results = [await greet({ text: 'hello', json: false }, context), await greet({ text: 'fail', json: false }, context)];
  jest.restoreAllMocks();
  expect(results).toEqual([{ success: true }, { success: false }]);
  expect(output).toMatch(/greeted +hello +plugin[^]*\\[sample-problem\\]\\n {2}The sample fails\\./);
  const tree = createTree();
  await noteGenerator(tree, { text: 'note', json: false });
  expect(tree.read('NOTE.md', 'utf-8')).toBe('note');
  const targets = targetsOf({ kind: 'release', name: 'release', root: '.', own: [] }, { targetNames: { greet: 'welcome' } });
  expect(targets.welcome).toMatchObject({ executor: '@kdcube/nx:greet', metadata: { description: 'A sample.' } });
});
`,
  });
  const printed = ['executors/schemas.spec', 'generators/schemas.spec', 'plugin-options.spec'];
  expect(jest(printed).exitCode).toBe(1);
  expect(jest(printed, { KD_UPDATE: '1' })).toEqual(PASSED);
  expect(jest([...printed, 'sample/sample.spec'])).toEqual(PASSED);
  expect(JSON.parse(fs.readFileSync(path.join(copy, 'packages/nx/executors.json'), 'utf8')).executors.greet).toBeDefined();
  expect(JSON.parse(fs.readFileSync(path.join(copy, 'packages/nx/generators.json'), 'utf8')).generators.note).toBeDefined();
  // Types of everything that the samples touch.
  fs.writeFileSync(
    path.join(copy, 'tsconfig.sample.json'),
    JSON.stringify({
      extends: './tsconfig.json',
      include: [],
      files: [
        'packages/nx/src/sample/sample.spec.ts',
        'packages/nx/src/executors/schemas.ts',
        'packages/nx/src/generators/schemas.ts',
      ],
    }),
  );
  expect(node([path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.sample.json'])).toEqual({
    exitCode: 0,
    output: '',
  });
}, 600_000);

test('a check is one file and its entry, and a generation of the platform is one row', () => {
  const checks = 'packages/release/src/deploy/checks';
  write(checks, {
    'sample.ts': `import { type Check, fail, pass } from './check';

export const sampleSize: Check<{ size: number }> = {
  name: 'sample-size',
  kind: 'sample',
  title: 'The sample has a size',
  why: 'An empty sample shows nothing.',
  source: 'docs/decisions/0011-ecs-rollout.md',
  when: ['verify'],
  code: 'environment-not-ready',
  decide: ({ size }) => (size > 0 ? pass('has a size') : fail('is empty')),
};
`,
  });
  // Without its entry the check fails the test of the list.
  expect(jest(['deploy/checks/checks.spec'], {}, 'release').exitCode).toBe(1);
  addLine(`${checks}/index.ts`, "from './role'", "import { sampleSize } from './sample';");
  addLine(`${checks}/index.ts`, 'export const CHECKS', '  sampleSize,');
  addLine(
    'packages/release/src/platform/generation.ts',
    'export const GENERATIONS = {',
    "  '2026.1.1': { descriptor: 'env-json', examplesReserved: 'always', config: 'props', calendarRefs: true, examples: ['sample'], health: EARLY_HEALTH, bundleReadiness: false },",
  );
  write('packages/release/src/sample', {
    'sample.spec.ts': `import { applyCheck } from '../deploy/checks/check';
import { sampleSize } from '../deploy/checks/sample';
import { generationOf, reservedBecause } from '../platform/generation';

it('runs the samples', () => {
  expect(applyCheck(sampleSize, 'one', { size: 0 })).toMatchObject({ status: 'fail', detail: 'is empty' });
  expect(generationOf('2026.1.2').generation).toBe('2026.1.1');
  expect(reservedBecause('sample', '2026.1.1', false)).toBeDefined();
});
`,
  });
  expect(jest(['deploy/checks/checks.spec', 'src/sample/sample.spec'], {}, 'release')).toEqual(PASSED);
}, 600_000);
