import { packageManager } from './package-manager';

it.each([
  ['npm/11.0.0 node/v20.20.2 linux x64', 'npm'],
  ['pnpm/10.0.0 npm/? node/v20', 'pnpm'],
  ['yarn/1.22.22 npm/? node/v20', 'yarn'],
  ['bun/1.2.0', 'bun'],
  ['other/1', 'npm'],
  ['', 'npm'],
])('%s is %s', (agent, manager) => expect(packageManager(agent)).toBe(manager));
