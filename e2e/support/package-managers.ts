import fs from 'node:fs';
import path from 'node:path';
import { freshFolder, must, type Ran } from './run';
import type { LocalNpm } from './npm';
import { once } from './once';

/** A package manager as a person has it: what is typed, and the variables for the run's npm registry. */
export interface PackageManagerKit {
  name: string;
  /** The words in front of the folder of `create kdcube`. */
  create: string[];
  /** The words in front of an Nx command. */
  nx: string[];
  install: string[];
  lockfile: string;
  env: Record<string, string>;
}

const VERSIONS = { pnpm: 'pnpm@12.21.0', yarn1: 'yarn@1.22.22', yarn4: '@yarnpkg/cli-dist@4.18.1', bun: 'bun@1.4.5' };

const TYPED: Record<string, Pick<PackageManagerKit, 'create' | 'nx' | 'install' | 'lockfile'>> = {
  npm: {
    create: ['npm', 'create', '--yes', 'kdcube@latest', '--'],
    nx: ['npx', 'nx'],
    install: ['npm', 'install'],
    lockfile: 'package-lock.json',
  },
  pnpm: {
    create: ['pnpm', 'create', 'kdcube@latest'],
    nx: ['pnpm', 'nx'],
    install: ['pnpm', 'install', '--no-frozen-lockfile'],
    lockfile: 'pnpm-lock.yaml',
  },
  yarn1: { create: ['yarn', 'create', 'kdcube'], nx: ['yarn', 'nx'], install: ['yarn', 'install'], lockfile: 'yarn.lock' },
  yarn4: { create: ['yarn', 'create', 'kdcube@latest'], nx: ['yarn', 'nx'], install: ['yarn', 'install'], lockfile: 'yarn.lock' },
  bun: { create: ['bun', 'create', 'kdcube@latest'], nx: ['bunx', 'nx'], install: ['bun', 'install'], lockfile: 'bun.lock' },
};

export type ManagerName = keyof typeof VERSIONS | 'npm';

/** Installs it once in a run, from the registry that all suites need. */
export async function packageManagerKit(name: ManagerName, npm: LocalNpm): Promise<PackageManagerKit> {
  const typed = TYPED[name]!;
  const registry = {
    npm_config_registry: npm.registry,
    YARN_NPM_REGISTRY_SERVER: npm.registry,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    // Our packages were published a minute ago.
    YARN_NPM_MINIMAL_AGE_GATE: '0',
    BUN_CONFIG_REGISTRY: npm.registry,
  };
  if (name === 'npm') return { name, ...typed, env: npm.env };
  const folder = await once(`package-manager-${name}`, async () => {
    const place = freshFolder(name);
    fs.writeFileSync(path.join(place, 'package.json'), '{"private": true}');
    await must('npm', ['install', '--no-audit', '--no-fund', VERSIONS[name]], { cwd: place, env: npm.env });
    return place;
  });
  const bin = path.join(folder, 'node_modules/.bin');
  const home = path.join(folder, 'home');
  fs.mkdirSync(home, { recursive: true });
  // yarn 1 passes its own setting on to what it starts, not the variable.
  fs.writeFileSync(path.join(home, '.yarnrc'), `registry "${npm.registry}"\n`);
  fs.writeFileSync(path.join(home, '.npmrc'), `registry=${npm.registry}\n`);
  // A home of its own: what it caches and links globally stays in the run's folder.
  const env = {
    ...npm.env,
    ...registry,
    PATH: `${bin}${path.delimiter}${process.env.PATH!}`,
    HOME: home,
    YARN_ENABLE_TELEMETRY: '0',
  };
  const { stdout } = await must(typed.install[0]!, ['--version'], { env, cwd: folder });
  return { name: `${typed.install[0]!} ${stdout.trim()}`, ...typed, env };
}

/** Runs what a person types, and must succeed. */
export function typed(
  kit: PackageManagerKit,
  argv: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<Ran> {
  return must(argv[0]!, argv.slice(1), { cwd, env: { ...kit.env, ...env } });
}
