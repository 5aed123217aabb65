/** The package managers of a workspace. */
export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun';

interface Commands {
  install: string;
  /** Runs the Nx of the workspace. */
  nx: string;
}

const COMMANDS: Record<PackageManager, Commands> = {
  npm: { install: 'npm install', nx: 'npx nx' },
  pnpm: { install: 'pnpm install', nx: 'pnpm nx' },
  yarn: { install: 'yarn install', nx: 'yarn nx' },
  bun: { install: 'bun install', nx: 'bunx nx' },
};

/** What to type with a package manager. */
export function commandsOf(manager: PackageManager): Commands {
  return COMMANDS[manager];
}
