// From a folder to the first image in a registry, as it is typed: one row for each kind of repository, and one for each package manager. `KD_FULL=1` tries all of them together.
import fs from 'node:fs';
import path from 'node:path';
import { openRepo } from './support/git';
import { type Double, digestsOf, pushStandIns, registryDouble } from './support/oci';
import { localNpm, type LocalNpm } from './support/npm';
import { type ManagerName, packageManagerKit, type PackageManagerKit, typed } from './support/package-managers';
import { freshFolder } from './support/run';
import { KINDS, type Kind } from './support/way-in';
import { PLATFORM_REF } from './support/workspace';

const FULL = process.env.KD_FULL === '1';
const MANAGERS: ManagerName[] = ['npm', 'pnpm', 'yarn1', 'yarn4', 'bun'];
const ROWS = Object.keys(KINDS).flatMap((kind) =>
  MANAGERS.filter((manager) => FULL || manager === 'npm' || kind === 'an empty folder')
    .filter((manager) => KINDS[kind]!.without?.[manager] === undefined)
    .map((manager) => [kind, manager] as const),
);

let registry: Double;
let npm: LocalNpm;
const results: string[] = [];

beforeAll(async () => {
  registry = await registryDouble();
  await pushStandIns(registry.host, PLATFORM_REF);
  npm = await localNpm();
});

afterAll(async () => {
  await registry.close();
  const table = process.env.KD_WAY_IN;
  if (table === undefined) return;
  const head = ['| folder | package manager | commands | seconds to the first image |', '| --- | --- | --- | --- |'];
  const without = Object.entries(KINDS).flatMap(([kind, { without: reasons = {} }]) =>
    Object.entries(reasons).map(([manager, why]) => `| ${kind} | ${manager} | – | ${why} |`),
  );
  fs.writeFileSync(table, `${[...head, ...results, ...without].join('\n')}\n`);
});

test.each(ROWS)('%s with %s: an image in a registry', async (name, manager) => {
  const kit = await packageManagerKit(manager, npm);
  const kind = KINDS[name]!;
  const folder = path.join(freshFolder('way-in'), 'acme');
  await kind.prepare?.(folder, kit);
  const started = Date.now();
  const commands = kind.commands(kit);
  const env = { KDCUBE_REGISTRY: registry.host };
  const output: string[] = [];
  for (const { argv, inside } of commands) {
    output.push((await typed(kit, argv, inside ? folder : path.dirname(folder), env)).output);
    if (output.length === 1 && /^install /m.test(output[0]!) && !kind.isNew) expectPlanned(folder, output[0]!);
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  results.push(`| ${name} | ${kit.name} | ${commands.length} | ${seconds} |`);
  for (const image of kind.images) expect(Object.keys(await digestsOf(`${registry.host}/${image}`)).length).toBeGreaterThan(0);
  checkWorkspace(folder, kind, kit);
  expect(output.at(-1)).toMatch(/docker-push/);
  await kind.check?.(folder, kit);
});

/** What the plan says is what git sees. */
function expectPlanned(folder: string, output: string): void {
  const planned = [...output.matchAll(/^(?:create|change) +(.*)$/gm)].flatMap(([, files]) => files!.split(', '));
  const status = openRepo(folder).git('status', '--porcelain', '--untracked-files=all');
  const seen = status.split('\n').map((line) => line.slice(2).trim());
  expect(planned.sort()).toEqual(seen.sort());
}

/** What every way in leads to: a schema that resolves, a lockfile, a README for this package manager, and nothing of ours ignored or forgotten. */
function checkWorkspace(folder: string, { isNew }: Kind, { lockfile, nx }: PackageManagerKit): void {
  const release = fs.readFileSync(path.join(folder, 'release.yaml'), 'utf8');
  const schema = /\$schema=(\S+)/.exec(release)?.[1] ?? 'none';
  expect(JSON.parse(fs.readFileSync(path.join(folder, schema), 'utf8'))).toHaveProperty('properties.platform');
  expect(release).toMatch(/^release_name: "?\S+/m);
  expect(fs.existsSync(path.join(folder, lockfile))).toBe(true);
  if (isNew) expect(fs.readFileSync(path.join(folder, 'README.md'), 'utf8')).toContain(`\n${nx.join(' ')} sync `);
}
