import * as z from 'zod';

export const description =
  'Sync generator: compare the pins with release.yaml. `nx sync:check` does so offline; `nx sync` resolves what is stale, asking the remotes and the registry.';
export const examples = [
  { command: 'nx sync', description: 'Resolve what changed in release.yaml, and write the pins' },
  { command: 'nx sync:check', description: 'Fail when a pin is stale; asks nobody' },
];

export const PinsOptions = z.strictObject({});
export type PinsOptions = z.infer<typeof PinsOptions>;
