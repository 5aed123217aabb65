import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { once, runFolder } from './once';
import { must } from './run';

const ROOT = path.resolve(__dirname, '../..');

export interface LocalNpm {
  /** The URL of the registry, with a trailing slash. */
  registry: string;
  /** Variables that make npm use it and the machine's package cache. */
  env: Record<string, string>;
}

/** The run's npm registry with our three packages. It is a proxy of the machine's registry for all others. */
export function localNpm(): Promise<LocalNpm> {
  return once('npm-published', async () => {
    const npm = await bareNpm();
    const packed = await must(process.execPath, [path.join(ROOT, 'tools/pack.mjs')], { cwd: ROOT });
    const tarballs = packed.stdout.split('\n').filter((line) => line.endsWith('.tgz'));
    for (const tarball of tarballs) await publish(npm, tarball);
    return npm;
  });
}

/** The registry without our packages. */
export function bareNpm(): Promise<LocalNpm> {
  return once('npm', startRegistry);
}

/** Publishes a tarball or a package's folder. */
export async function publish(npm: LocalNpm, what: string): Promise<void> {
  await must('npm', ['publish', what, '--ignore-scripts'], { env: npm.env, cwd: runFolder() });
}

async function startRegistry(): Promise<LocalNpm> {
  const folder = path.join(runFolder(), 'npm');
  fs.mkdirSync(folder, { recursive: true });
  const [upstream, cache] = await Promise.all([npmConfig('registry'), npmConfig('cache')]);
  fs.writeFileSync(path.join(folder, 'config.yaml'), configuration(folder, upstream));
  const address = path.join(folder, 'address');
  const log = fs.openSync(path.join(folder, 'log'), 'w');
  const args = [
    path.join(__dirname, 'verdaccio.mjs'),
    path.join(folder, 'config.yaml'),
    address,
    path.join(folder, 'running'),
    process.env.KD_E2E_PID!,
  ];
  // A session of its own: it serves all suites, regardless of the process that started it.
  const child = spawn(process.execPath, args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  child.unref();
  for (let waited = 0; !fs.existsSync(address); waited += 50) {
    if (child.exitCode !== null || waited > 60_000)
      throw new Error(`verdaccio did not start:\n${fs.readFileSync(path.join(folder, 'log'), 'utf8')}`);
    await sleep(50);
  }
  const registry = fs.readFileSync(address, 'utf8');
  const userconfig = path.join(folder, 'npmrc');
  // npm does not publish without a token, even if the registry needs none.
  fs.writeFileSync(
    userconfig,
    `registry=${registry}\n//${new URL(registry).host}/:_authToken=anyone\nfund=false\naudit=false\nupdate-notifier=false\n`,
  );
  return { registry, env: { npm_config_userconfig: userconfig, npm_config_registry: registry, npm_config_cache: cache } };
}

/** npm's own setting, from a file or a variable. */
async function npmConfig(key: string): Promise<string> {
  return (await must('npm', ['config', 'get', key], { cwd: runFolder(), env: npmVariables() })).stdout.trim();
}

function npmVariables(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^npm_config_(registry|userconfig|globalconfig|cache)$/i.test(name)),
  );
}

function configuration(folder: string, upstream: string): string {
  return [
    `storage: ${JSON.stringify(path.join(folder, 'storage'))}`,
    `auth: { htpasswd: { file: ${JSON.stringify(path.join(folder, 'htpasswd'))} } }`,
    `uplinks: { machine: { url: ${JSON.stringify(upstream)}, cache: false, timeout: 60s, maxage: 60m, max_fails: 100 } }`,
    'packages:',
    "  '@kdcube/*': { access: $all, publish: $all }",
    "  'create-kdcube': { access: $all, publish: $all }",
    "  'plain-*': { access: $all, publish: $all }",
    "  '**': { access: $all, proxy: machine }",
    'log: { type: stdout, format: pretty, level: warn }',
    'max_body_size: 100mb',
    '',
  ].join('\n');
}
