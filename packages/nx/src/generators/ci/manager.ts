import { commandsOf } from '@kdcube/release/internal';
import { detectPackageManager, type Tree } from '@nx/devkit';

/** How a job installs the dependencies and runs Nx. */
export interface Manager {
  name: 'npm' | 'pnpm' | 'yarn' | 'bun';
  /** Before Node.js is set up, or after it for what npm installs. */
  setup?: { command: string; isAfterNode: boolean };
  install: string;
  /** `npx nx` */
  nx: string;
  /** What actions/setup-node caches. */
  cache?: 'npm' | 'pnpm' | 'yarn';
}

export function managerOf(tree: Tree): Manager {
  const name = detectPackageManager(tree.root);
  const { nx } = commandsOf(name);
  if (name === 'npm') return { name, install: 'npm ci', nx, cache: 'npm' };
  if (name === 'pnpm') return { name, setup: corepack(), install: 'pnpm install --frozen-lockfile', nx, cache: 'pnpm' };
  if (name === 'bun')
    return {
      name,
      setup: { command: 'npm install --global bun@1', isAfterNode: true },
      install: 'bun install --frozen-lockfile',
      nx,
    };
  if (!tree.exists('.yarnrc.yml')) return { name, install: 'yarn install --frozen-lockfile', nx, cache: 'yarn' };
  return { name, setup: corepack(), install: 'yarn install --immutable', nx };
}

/** Brings the version that package.json names. */
function corepack(): Manager['setup'] {
  return { command: 'corepack enable', isAfterNode: false };
}
