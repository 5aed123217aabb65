import * as z from 'zod';
import { dryRun, json } from '../options';

export const description =
  'Read a running ECS cluster into environments/<name>.yaml. Services keep the task definitions that run; what cannot come along is named. Secrets are never copied: each is named, with where to put it.';
export const examples = [
  {
    command: 'nx run release:import-ecs --cluster=acme --region=eu-central-1 --environment=prod',
    description: 'What runs in the cluster acme becomes the environment prod',
  },
];

export const ImportEcsOptions = z.strictObject({
  environment: z
    .string()
    .describe('What the environment will be called.')
    .meta({ examples: ['prod'] }),
  cluster: z
    .string()
    .describe('The cluster to read.')
    .meta({ examples: ['acme'] }),
  region: z
    .string()
    .describe('The AWS region it is in.')
    .meta({ examples: ['eu-central-1'] }),
  services: z
    .array(z.string())
    .default([])
    .describe('The ECS services to read. Default: those that look like parts of the platform; the others are named.')
    .meta({ examples: [['chat-proc', 'chat-ingress']] }),
  dryRun,
  json,
});
export type ImportEcsOptions = z.infer<typeof ImportEcsOptions>;
