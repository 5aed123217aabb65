import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError, parseRegistry, RELEASE_FILE } from '@kdcube/release/internal';
import { type Arguments, TESTED_NX } from './args';
import { settleFolder, settlePlatformRef, type Terminal } from './ask';
import { carryOut } from './carry-out';
import { addedPackages, firstFiles, type FilesRequest } from './files';
import { readInputs } from './from';
import { uncommitted } from './git';
import { findContent, isDone, NOTHING_FOUND, planLines, planSetup, type Setup, type SetupPlan } from './plan';
import { readPlatformRefs, requirePublished } from './platform-refs';
import { problem } from './problem';
import { readRepository, type Repository } from './repository';
import { createRunner, type Runner } from './run';
import { checkTarget } from './target';

/** Where it runs. Without a terminal, nothing is asked. */
export interface Surroundings {
  cwd: string;
  print(line: string): void;
  terminal?: Terminal;
}

/** Creates the repository, or sets up what a folder with content lacks; or leaves everything as it was. Prints the plan before anything is written. */
export async function create(given: Arguments, { cwd, print, terminal }: Surroundings): Promise<void> {
  const written = await settleFolder(given.folder, terminal);
  const repository = readRepository(checkTarget(written, cwd));
  requireOneNx(given, repository);
  const runner = createRunner(fs.existsSync(repository.folder) ? repository.folder : cwd, print);
  try {
    const setup = await decide(given, written, repository, { cwd, print, terminal }, runner);
    if (isDone(setup.plan)) return print(`Nothing to do: ${written} has everything already.`);
    showPlan(setup, cwd, print);
    if (given.dryRun) return print('Nothing was created or changed (--dry-run).');
    if (!repository.isNew) await confirm(given, runner, terminal);
    runner.check();
    await carryOut(setup, cwd, runner, print);
  } finally {
    runner.done();
  }
}

async function decide(
  given: Arguments,
  written: string,
  repository: Repository,
  { cwd, print, terminal }: Surroundings,
  runner: Runner,
): Promise<Setup> {
  const { text: release, dropped } = readInputs(given, repository, cwd);
  for (const line of dropped) print(`not in ${RELEASE_FILE}  ${line}`);
  const hasRelease = release !== undefined || repository.files.read(RELEASE_FILE) !== undefined;
  const platformRef = hasRelease ? undefined : await settleRef(given, written, runner, print, terminal);
  const registry = given.registry ?? (repository.hasPlugin ? undefined : await askRegistry(terminal));
  if (registry !== undefined) parseRegistry(registry);
  const request = requestOf(given, cwd, release);
  const first = firstFiles(request, repository);
  let found = findContent(repository, given);
  // The release of --from, or the one that is there, says which bundles belong to it.
  if (hasRelease) found = { ...found, bundles: [] };
  const isAsked = terminal && !repository.hasPlugin && (found.bundles.length > 0 || Object.keys(found.images).length > 0);
  if (isAsked && !(await terminal.confirm(`${foundText(found)} Use them?`, true))) found = NOTHING_FOUND;
  const options = { skipInstall: given.skipInstall, hasRef: platformRef !== undefined };
  const plan = planSetup(repository, first, found, options);
  return { given: { ...given, skipFound: found === NOTHING_FOUND }, repository, first, plan, platformRef, registry };
}

/** The platform's version: given, or asked for; known to the platform's repository, if that can be asked. */
async function settleRef(
  given: Arguments,
  written: string,
  runner: Runner,
  print: (line: string) => void,
  terminal: Terminal | undefined,
): Promise<string> {
  const isKnown = given.platformRef !== undefined;
  if (!isKnown && !terminal) return settlePlatformRef(undefined, written, undefined);
  const refs = given.skipRefCheck || given.skipInstall ? undefined : await readPlatformRefs(runner);
  if (refs && 'unknown' in refs)
    print(`note     the platform version is not checked: its repository cannot be asked (${refs.unknown})`);
  const newest = refs && 'newest' in refs ? refs.newest[0] : undefined;
  const ref = given.platformRef ?? (await settlePlatformRef(terminal, written, newest));
  if (refs) requirePublished(ref, refs);
  return ref;
}

async function askRegistry(terminal: Terminal | undefined): Promise<string | undefined> {
  const answer = await terminal?.ask('Where do images go, such as ghcr.io/acme? [later]', '');
  return answer === '' ? undefined : answer;
}

function requestOf({ nxVersion = TESTED_NX, plugins }: Arguments, cwd: string, release: string | undefined): FilesRequest {
  return { nxVersion, plugins, cwd, pluginVersion: ownVersion(), release };
}

/** A workspace has one Nx, and this does not change it. */
function requireOneNx({ nxVersion }: Arguments, repository: Repository): void {
  if (nxVersion === undefined || repository.nxVersion === undefined || nxVersion === repository.nxVersion) return;
  throw problem(
    'wrong-option',
    `--nx-version ${nxVersion}, and this workspace has Nx ${repository.nxVersion}.`,
    `leave it out; or npx nx migrate ${nxVersion}`,
  );
}

function foundText({ bundles, images }: SetupPlan['found']): string {
  const things = [...bundles.map(({ id }) => `bundle ${id}`), ...Object.values(images)];
  return `Found ${things.join(', ')}.`;
}

function showPlan({ given, repository, plan }: Setup, cwd: string, print: (line: string) => void): void {
  const added = addedPackages(requestOf(given, cwd, undefined), repository);
  const packages = Object.entries(added).map(([name, version]) => `${name} ${version}`);
  for (const line of planLines(plan, packages, repository.manager.name)) print(line);
}

async function confirm({ allowDirty }: Arguments, runner: Runner, terminal: Terminal | undefined): Promise<void> {
  const dirty = allowDirty ? [] : await uncommitted(runner);
  if (dirty.length > 0) {
    const listed = `${dirty.slice(0, 3).join(', ')}${dirty.length > 3 ? ', …' : ''}`;
    if (!terminal)
      throw problem('not-committed', `The repository has uncommitted changes (${listed}).`, 'git stash    or --allow-dirty');
    if (!(await terminal.confirm(`The repository has uncommitted changes (${listed}). Go on?`, false))) throw stopped();
  } else if (terminal && !(await terminal.confirm('Go on?', true))) throw stopped();
}

function stopped(): KdcubeError {
  return problem('interrupted', 'Stopped, as you answered.');
}

/** create-kdcube and @kdcube/nx are released together, under one version. */
export function ownVersion(): string {
  return (JSON.parse(fs.readFileSync(path.join(__dirname, '../package.json'), 'utf8')) as { version: string }).version;
}
