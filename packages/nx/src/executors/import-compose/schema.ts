import * as z from 'zod';
import { dryRun, json } from '../options';

export const description =
  'Read a folder of `.env.*` files and compose files into environments/<name>.yaml. What cannot come along is named, with its place. Secrets are never copied: each is named, with where to put it.';
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
  files: z
    .array(z.string())
    .default([])
    .describe(
      'The compose files in it, in order. Default: as compose does, COMPOSE_FILE of `.env`, else compose.yaml or docker-compose.yaml and its override.',
    )
    .meta({ examples: [['docker-compose.yaml', 'docker-compose.prod.yaml']] }),
  profiles: z
    .array(z.string())
    .default([])
    .describe('Profiles that are on, beside COMPOSE_PROFILES of `.env`.')
    .meta({ examples: [['metrics']] }),
  dryRun,
  json,
});
export type ImportComposeOptions = z.infer<typeof ImportComposeOptions>;
