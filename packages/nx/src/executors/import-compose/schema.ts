import * as z from 'zod';
import { dryRun, json } from '../options';

export const description =
  'Import a folder of `.env.*` files and compose files as environments/<name>.yaml. Reports what cannot be imported, with its place. Secret values are never copied: each secret is listed, with the place where to store it.';
export const examples = [
  {
    command: 'nx run release:import-compose --dir=/opt/kdcube --environment=host',
    description: 'Import /opt/kdcube as the environment host',
  },
];

export const ImportComposeOptions = z.strictObject({
  environment: z
    .string()
    .describe('The name of the new environment.')
    .meta({ examples: ['host'] }),
  dir: z
    .string()
    .describe('The folder to import, relative to the workspace’s root.')
    .meta({ examples: ['/opt/kdcube'] }),
  files: z
    .array(z.string())
    .default([])
    .describe(
      'The compose files in it, in order. Default, as docker compose: COMPOSE_FILE of `.env`, else compose.yaml or docker-compose.yaml and its override.',
    )
    .meta({ examples: [['docker-compose.yaml', 'docker-compose.prod.yaml']] }),
  profiles: z
    .array(z.string())
    .default([])
    .describe('Active profiles, in addition to COMPOSE_PROFILES of `.env`.')
    .meta({ examples: [['metrics']] }),
  dryRun,
  json,
});
export type ImportComposeOptions = z.infer<typeof ImportComposeOptions>;
