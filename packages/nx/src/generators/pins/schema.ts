import * as z from 'zod';

export const description =
  'Sync generator: compare the pins with release.yaml. `nx sync:check` works offline; `nx sync` resolves stale pins with the git remotes and the registry.';
export const examples = [
  { command: 'nx sync', description: 'Resolve what changed in release.yaml, and write the pins' },
  { command: 'nx sync:check', description: 'Fail if a pin is stale; works offline' },
];

export const PinsOptions = z.strictObject({});
export type PinsOptions = z.infer<typeof PinsOptions>;
