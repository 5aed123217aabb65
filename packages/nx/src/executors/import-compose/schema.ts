import * as z from 'zod';
import { dryRun, json } from '../options';

export const description =
  'Read a folder of `.env.*` files and a compose file into environments/<name>.yaml. What cannot come along is named. Secrets are never copied: each is named, with where to put it.';
export const examples = [
  {
    command: 'nx run release:import-compose --dir=/opt/kdcube --environment=host',
    description: 'What /opt/kdcube runs becomes the environment host',
  },
];

export const ImportComposeOptions = z.strictObject({
  environment: z
    .string()
    .describe('What the environment will be called.')
    .meta({ examples: ['host'] }),
  dir: z
    .string()
    .describe('The folder, from the workspace’s root.')
    .meta({ examples: ['/opt/kdcube'] }),
  dryRun,
  json,
});
export type ImportComposeOptions = z.infer<typeof ImportComposeOptions>;
