import * as z from 'zod';
import { dryRun, json } from '../options';

export const description =
  'Import a running ECS cluster as environments/<name>.yaml. Services keep their running task definitions. Reports what cannot be imported. Secret values are never copied: each secret is listed, with the place where to store it.';
export const examples = [
  {
    command: 'nx run release:import-ecs --cluster=acme --region=eu-central-1 --environment=prod',
    description: 'Import the cluster acme as the environment prod',
  },
];

export const ImportEcsOptions = z.strictObject({
  environment: z
    .string()
    .describe('The name of the new environment.')
    .meta({ examples: ['prod'] }),
  cluster: z
    .string()
    .describe('The cluster to import.')
    .meta({ examples: ['acme'] }),
  region: z
    .string()
    .describe('The AWS region of the cluster.')
    .meta({ examples: ['eu-central-1'] }),
  services: z
    .array(z.string())
    .default([])
    .describe('The ECS services to import. Default: those that look like parts of the platform; the others are listed.')
    .meta({ examples: [['chat-proc', 'chat-ingress']] }),
  dryRun,
  json,
});
export type ImportEcsOptions = z.infer<typeof ImportEcsOptions>;
