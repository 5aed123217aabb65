import * as fs from 'node:fs';
import * as path from 'node:path';
import * as z from 'zod';
import { EXECUTORS } from './executors/schemas';
import { planImage } from './generators/image/plan';
import type { ImageKind } from './generators/image/schema';
import { GENERATORS } from './generators/schemas';
import { VERB_NAMES } from './verbs';

const ROOT = path.join(__dirname, '../../..');

function filesBelow(folder: string, ending: RegExp): string[] {
  return fs
    .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => ending.test(file) && !/\.spec\.ts$|node_modules|decisions/.test(file))
    .map((file) => `${folder}/${file}`);
}

/** Every command of Nx in docs, hints and examples: what stands in quotes, in backquotes, or in a block of code. `…` and `${…}` stand for anything. */
function commands(pattern: RegExp): { file: string; command: string }[] {
  const files = [
    'README.md',
    ...filesBelow('docs', /\.md$/),
    ...['release', 'nx', 'create-kdcube'].flatMap((name) => filesBelow(`packages/${name}/src`, /\.ts$/)),
    ...filesBelow('packages/nx/fixtures/problems', /\.txt$/),
    ...filesBelow('packages/release/fixtures', /\.txt$/),
  ];
  return files.flatMap((file) =>
    [...fs.readFileSync(path.join(ROOT, file), 'utf8').matchAll(pattern)].map(([command]) => ({ file, command: command.trim() })),
  );
}

/** The tokens of a command, up to a comment, a second command or what is explained after it. */
function tokensOf(command: string): string[] {
  const [first = ''] = command.split(/ {2,}| # | && |[;|)]|\\n/);
  return first.split(' ').filter((token) => token !== '' && !/^\\?["']/.test(token));
}

const isOpen = (token: string) => /[…<{$]/.test(token);
const optionsOf = (schema: z.ZodType) => Object.keys(z.toJSONSchema(schema, { io: 'input' }).properties ?? {});
/** Nx's own. */
const NX_OPTIONS = [
  'dry-run',
  'dryRun',
  'configuration',
  'skip-nx-cache',
  'skipNxCache',
  'verbose',
  'interactive',
  'no-interactive',
  'help',
];

const GENERATE = commands(/nx (?:g|generate) @kdcube\/nx:[^'`"\n]*/g);
const RUN = commands(/nx run release:[^'`"\n]*/g);

test('there are many', () => {
  expect(GENERATE.length).toBeGreaterThan(30);
  expect(RUN.length).toBeGreaterThan(20);
});

test('every generator that is named exists, with its options', () => {
  const wrong = GENERATE.flatMap(({ file, command }) => {
    const [, , target = '', ...rest] = tokensOf(command);
    const name = target.split(':')[1]!.replace(/[.,]$/, '');
    if (isOpen(name) || name === '') return [];
    const generator = GENERATORS.find((each) => each.name === name);
    if (!generator) return [`${file}: ${command}`];
    const known = [...optionsOf(generator.options), ...NX_OPTIONS];
    return rest
      .filter((token) => token.startsWith('--') && !isOpen(token.split('=')[0]!))
      .filter((token) => !known.includes(token.slice(2).split('=')[0]!))
      .map((token) => `${file}: ${command}: ${token}`);
  });
  expect(wrong).toEqual([]);
});

test('every hint has the name that its generator needs', () => {
  const needs = GENERATORS.filter(({ options }) => (z.toJSONSchema(options, { io: 'input' }).required ?? []).includes('name'));
  expect(needs.map(({ name }) => name)).toEqual(expect.arrayContaining(['bundle', 'image', 'environment']));
  const bare = GENERATE.filter(({ file, command }) => {
    const [, , target = '', name] = tokensOf(command);
    return !file.endsWith('.md') && needs.some((each) => target === `@kdcube/nx:${each.name}`) && name === undefined;
  });
  expect(bare).toEqual([]);
});

test('every image that is generated has a kind', () => {
  const wrong = GENERATE.flatMap(({ file, command }) => {
    const [, , target, name, ...rest] = tokensOf(command);
    if (target !== '@kdcube/nx:image' || name === undefined || isOpen(name)) return [];
    const kind = rest.find((token) => token.startsWith('--kind='))?.slice('--kind='.length);
    try {
      planImage(name, kind as ImageKind | undefined);
      return [];
    } catch (error) {
      return [`${file}: ${command}: ${(error as Error).message}`];
    }
  });
  expect(wrong).toEqual([]);
});

test('every target of release that is named exists, with its options', () => {
  const wrong = RUN.flatMap(({ file, command }) => {
    const [, , target = '', ...rest] = tokensOf(command);
    const name = target.split(':')[1]!.replace(/[.,]$/, '');
    if (isOpen(name) || name === '') return [];
    if (!VERB_NAMES.some((verb) => verb === name)) return [`${file}: ${command}`];
    const executor = EXECUTORS.find((each) => each.name === name)!;
    const known = [...optionsOf(executor.options), ...NX_OPTIONS];
    return rest
      .filter((token) => token.startsWith('--') && token !== '--' && !isOpen(token.split('=')[0]!))
      .filter(
        (token) =>
          !known.includes(
            token
              .slice(2)
              .split('=')[0]!
              .replace(/[.,:]$/, ''),
          ),
      )
      .map((token) => `${file}: ${command}: ${token}`);
  });
  expect(wrong).toEqual([]);
});
