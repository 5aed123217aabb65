import * as z from 'zod';
import { environment, json, registry } from '../options';

export const description =
  'List the deployments of an environment and how each one ended, from its release records in the registry.';
export const examples = [{ command: 'nx run release:history:prod', description: 'The last deployments of the environment prod' }];

export const HistoryOptions = z.strictObject({
  environment,
  limit: z
    .number()
    .int()
    .min(1)
    .default(20)
    .describe('How many deployments to list, newest first.')
    .meta({ examples: [5] }),
  registry,
  json,
});
export type HistoryOptions = z.infer<typeof HistoryOptions>;
