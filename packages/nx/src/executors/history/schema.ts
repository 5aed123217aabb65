import * as z from 'zod';
import { environment, json, registry } from '../options';

export const description =
  'List what was deployed to an environment, and how each attempt ended: from its records in the registry.';
export const examples = [{ command: 'nx run release:history:prod', description: 'The last attempts in the environment prod' }];

export const HistoryOptions = z.strictObject({
  environment,
  limit: z
    .number()
    .int()
    .min(1)
    .default(20)
    .describe('How many attempts, the newest first.')
    .meta({ examples: [5] }),
  registry,
  json,
});
export type HistoryOptions = z.infer<typeof HistoryOptions>;
