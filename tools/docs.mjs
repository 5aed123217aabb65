// node tools/docs.mjs [--check]    Writes every generated page of docs/. --check: fails if one is stale, or if a page has a retired phrase.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { boardPicture } from './board-picture.mjs';
import { checksPage } from './checks-page.mjs';
import { withExitCodes } from './exit-codes.mjs';
import { loadSource } from './load-source.mjs';
import { platformsPage } from './platforms-page.mjs';
import { sampleLines, withPart } from './printed-parts.mjs';
import { retiredPhrases } from './lint/phrases.mjs';
import { root } from './setup.mjs';
import { verdictsTable } from './verdicts-page.mjs';

const check = process.argv.includes('--check');
const { CHECKS, COMPOSE_KEYS, EXIT_CODES, IMPORT_REASONS, LIMITS, PROBLEMS, WrittenEnvironment, WrittenRelease } = loadSource(
  'packages/release/src/internal.ts',
);
const { GENERATIONS } = loadSource('packages/release/src/platform/generation.ts');
const { gitModeFacts, HTTPS_TOKEN_SINCE } = loadSource('packages/release/src/platform/git-mode.ts');
const { LAST_KNOWN_REF } = loadSource('packages/release/src/platform/last-known-ref.ts');
const { PLATFORM_IMAGES } = loadSource('packages/release/src/platform/image-list.ts');
const { EXECUTORS } = loadSource('packages/nx/src/executors/schemas.ts');
const { GENERATORS } = loadSource('packages/nx/src/generators/schemas.ts');
const { PluginOptions } = loadSource('packages/nx/src/plugin-options.ts');
const { z } = createRequire(path.join(root, 'packages/release/package.json'))('zod');

const PRINTED = '<!-- Printed by `npm run docs` from the code: edit there. -->';

const platformFacts = JSON.parse(fs.readFileSync(path.join(root, 'packages/release/fixtures/platform/facts.json'), 'utf8'));

const pages = {
  'release-yaml.md': releasePage(),
  'environment-yaml.md': environmentPage(),
  'executors.md': executorsPage(),
  'generators.md': generatorsPage(),
  'problems.md': problemsPage(),
  'limits.md': limitsPage(),
  'checks.md': page('Checks', checksPage(CHECKS)),
  'platforms.md': page(
    'Platforms',
    platformsPage(GENERATIONS, platformFacts, LAST_KNOWN_REF, { gitModeFacts, HTTPS_TOKEN_SINCE }),
  ),
  'verdicts.md': verdictsPage(),
  'board.svg': boardPicture(),
  // Written by hand, except for one table.
  'deploying.md': withExitCodes(fs.readFileSync(path.join(root, 'docs/deploying.md'), 'utf8'), EXIT_CODES, PROBLEMS),
  'platform-images.md': platformImagesPage(fs.readFileSync(path.join(root, 'docs/platform-images.md'), 'utf8')),
  'importing.md': importingPage(fs.readFileSync(path.join(root, 'docs/importing.md'), 'utf8')),
};

let stale = 0;
for (const [name, text] of Object.entries(pages)) {
  const file = path.join(root, 'docs', name);
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  if (before === text) continue;
  if (check) console.error(`docs/${name} is stale: npm run docs`);
  else fs.writeFileSync(file, text);
  stale += 1;
}
if (!check) console.log(stale === 0 ? 'docs/ is up to date' : `docs/: ${stale} pages printed`);
const retired = check ? retiredPhrases(root) : [];
for (const line of retired) console.error(line);
process.exit(check && stale + retired.length > 0 ? 1 : 0);

function releasePage() {
  const schema = z.toJSONSchema(WrittenRelease, { io: 'input' });
  return page('release.yaml', [
    'The one input of a release. The first line wires the schema into editors:',
    code('yaml', '# yaml-language-server: $schema=./node_modules/@kdcube/nx/dist/release.schema.json'),
    'A release with both kinds of bundle:',
    code('yaml', fs.readFileSync(path.join(root, 'packages/release/fixtures/valid/items.yaml'), 'utf8').trimEnd()),
    ...section('Keys', schema),
    'The descriptors of the platform are read too: `bundles:` as a map of id → entry, and `items:` at the top.',
  ]);
}

function environmentPage() {
  const schema = z.toJSONSchema(WrittenEnvironment, { io: 'input' });
  const fixture = (name) =>
    fs.readFileSync(path.join(root, 'packages/release/fixtures/environments/valid', name), 'utf8').trimEnd();
  return page('environments/*.yaml', [
    "Where a release runs, and with what. The file's name (`a-z`, `0-9`, `-`) is the environment's, and the name of an Nx configuration of the deploy targets: `nx run release:plan:prod`. The first line wires the schema into editors:",
    code('yaml', '# yaml-language-server: $schema=../node_modules/@kdcube/nx/dist/environment.schema.json'),
    'It holds no secret, only where secrets are. An environment on ECS:',
    code('yaml', fixture('prod.yaml')),
    'What it shares with others, `environments/base.yaml`: mappings are merged key by key, everything else is replaced.',
    code('yaml', fixture('base.yaml')),
    ...section('Keys', schema),
  ]);
}

/** Written by hand, except for its tables. */
function platformImagesPage(text) {
  const rows = PLATFORM_IMAGES.map(({ name, use, since }) => [`\`${name}\``, use, since ? `\`${since}\`` : 'the first release']);
  return withPart(text, 'images', table(['image', 'for', 'published since'], rows));
}

function importingPage(text) {
  const reasons = Object.entries(IMPORT_REASONS).map(([reason, meaning]) => [`\`${reason}\``, meaning]);
  const golden = fs.readFileSync(path.join(root, 'packages/release/fixtures/platform/samples.md'), 'utf8');
  const composed = withPart(text, 'compose keys', composeKeys());
  return withPart(withPart(composed, 'reasons', table(['reason', ''], reasons)), 'samples', sampleLines(golden));
}

/** Keys without a description are listed in one line. */
function composeKeys() {
  const keys = Object.entries(COMPOSE_KEYS).map(([key, what]) => [`\`${key}\``, what]);
  const described = keys.filter(([, { to, stays }]) => (to ?? stays) !== '');
  const rows = described.map(([key, { to, stays }]) => [key, to === undefined ? 'stays' : 'comes along', to ?? stays]);
  const others = keys.filter((each) => !described.includes(each)).map(([key]) => key);
  return `${table(['key', '', 'as, or instead of it'], rows)}\n\nThese stay: ${others.join(', ')}.`;
}

/** A table of an object's keys, then the tables of the objects in it. */
function section(title, schema) {
  const rows = Object.entries(schema.properties).map(([key, value]) => [
    `\`${key}\``,
    kind(value),
    (schema.required ?? []).includes(key) ? 'yes' : '',
    value.description ?? '',
  ]);
  const inner = Object.entries(schema.properties).flatMap(([key, value]) => {
    if (value.properties) return section(`\`${key}\``, value);
    if (value.additionalProperties?.properties) return section(`\`${key}.<name>\``, value.additionalProperties);
    return value.items?.properties ? section(`\`${key}[]\``, value.items) : [];
  });
  return [`## ${title}`, table(['key', 'type', 'required', 'meaning'], rows), ...inner];
}

function executorsPage() {
  const parts = EXECUTORS.flatMap(({ name, description, examples, options }) => [
    `## ${name}`,
    description,
    code('sh', examples.map(({ command, description: what }) => `${command.padEnd(60)} # ${what}`).join('\n')),
    optionsTable(options),
  ]);
  return page('Targets', [
    'What `nx run` does. `nx show project release` shows the same.',
    ...parts,
    '## Options of the plugin',
    'In nx.json: `{"plugin": "@kdcube/nx", "options": {…}}`. An option that does not exist is refused by every target.',
    optionsTable(PluginOptions, ''),
  ]);
}

function generatorsPage() {
  const parts = GENERATORS.flatMap(({ name, description, examples, options }) => [
    `## ${name}`,
    description,
    code('sh', examples.map(({ command, description: what }) => `${command.padEnd(60)} # ${what}`).join('\n')),
    optionsTable(options),
  ]);
  return page('Generators', [
    'What `nx g @kdcube/nx:<name>` makes. Running one twice changes nothing; `--dry-run` says what would be written.',
    ...parts,
  ]);
}

function problemsPage() {
  const goldens = readGoldens();
  const parts = Object.entries(PROBLEMS).flatMap(([name, meaning]) => [
    `## ${name}`,
    EXIT_CODES[name] === undefined ? meaning : `${meaning} A deploy that ends so has the exit code ${EXIT_CODES[name]}.`,
    ...(goldens[name] ? [code('', goldens[name])] : []),
  ]);
  return page('Problems', [
    'Every problem has a code, a place, what happened and why, and what to type. A code is never renamed.',
    'Nx ends with 1 for every task that failed. A deploy says its own exit code in the last object of `--json` (`{"event":"deployed","verdict":…,"exitCode":…}`): 0 only where what runs is what was pinned.',
    ...parts,
  ]);
}

function limitsPage() {
  const amount = ({ max, unit }) =>
    unit === 'bytes' && max % 1024 === 0 ? bytes(max) : `${max.toLocaleString('en-US')} ${unit}`;
  const rows = Object.values(LIMITS).map(({ of, why, code, ...limit }) => [
    of,
    amount(limit),
    why,
    code === undefined ? '' : `[${code}](problems.md#${code})`,
  ]);
  return page('Limits', [
    'Everything that is read is limited, so that no input can exhaust time, memory or the stack. What exceeds a limit is refused with the problem in the last column; where there is none, the rest is left out, or the value counts as unknown. The work is linear in the size of what is read.',
    table(['what', 'at most', 'why', 'problem'], rows),
  ]);
}

function bytes(count) {
  return count % (1024 * 1024) === 0 ? `${count / 1024 / 1024} MiB` : `${count / 1024} KiB`;
}

function verdictsPage() {
  return page('Verdicts, side by side', [
    'The same rollouts on the same [stand-in for Amazon ECS](../packages/ecs-double/README.md), by two tools: `deploy-ecs`, and what most pipelines do, `aws ecs update-service` and then `aws ecs wait services-stable`. They are the rollouts of our own test table in which one service changes, because those two commands know of one.',
    '"Good" (exit code 0) is right where all tasks that ECS wants have the pinned image, as many as are wanted, and their load balancers find them healthy, two minutes later; any other verdict where that is not so when it is said. “AWS does not tell” counts as neither right nor wrong. A reason is shown where what is printed has what the task itself, or AWS, said: the exit code, the last line of the log, why the image did not come; where neither said anything, the cell is empty. No test sleeps: the clock is virtual for both.',
    verdictsTable(),
    '“Does not know” is the truth where AWS itself does not tell: its answers are denied, it throttles every call, its answers show the past for ever, or it watches alarms and may yet roll back. What was pinned may run or may not, and either answer is a guess.',
    'The command line does what its documentation says: it waits until a service is stable, for ten minutes, and a service that was rolled back is stable. Made by `node tools/bench/verdicts.mjs`; a test fails when the table of rollouts is another one.',
  ]);
}

function readGoldens() {
  // If several folders have a golden file of one code, the last one is shown.
  const folders = [
    'packages/release/fixtures/environments/rendered',
    'packages/release/fixtures/environments/broken',
    'packages/release/fixtures/broken',
    'packages/nx/fixtures/problems',
  ];
  const files = folders.flatMap((folder) =>
    fs.existsSync(path.join(root, folder))
      ? fs.readdirSync(path.join(root, folder)).map((file) => path.join(root, folder, file))
      : [],
  );
  return Object.fromEntries(
    files
      .filter((file) => file.endsWith('.txt'))
      .map((file) => [path.basename(file, '.txt'), fs.readFileSync(file, 'utf8').trimEnd()]),
  );
}

function optionsTable(options, prefix = '--') {
  const { properties } = z.toJSONSchema(options, { io: 'input' });
  const rows = Object.entries(properties).map(([name, value]) => [
    `\`${prefix}${name}\``,
    kind(value),
    value.default === undefined ? '' : `\`${JSON.stringify(value.default)}\``,
    value.description,
  ]);
  return rows.length === 0 ? 'No options.' : table(['option', 'type', 'default', 'meaning'], rows);
}

function kind(value) {
  if (value.enum) return value.enum.map((word) => `\`${word}\``).join(', ');
  if (value.anyOf) return value.anyOf.map(kind).join(' or ');
  if (value.type === 'array') return 'list';
  return { object: 'mapping', string: 'text', boolean: 'true or false', integer: 'whole number' }[value.type] ?? value.type ?? '';
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(language, text) {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function page(title, parts) {
  return `${[PRINTED, `# ${title}`, ...parts].join('\n\n')}\n`;
}
