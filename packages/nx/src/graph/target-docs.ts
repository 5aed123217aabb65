import type { Verb } from './options';

/** The printed schemas, not the zod ones: the graph is loaded at every command, and JSON costs nothing. */
import boot from '../executors/boot/schema.json';
import descriptor from '../executors/descriptor/schema.json';
import dockerBuild from '../executors/docker-build/schema.json';
import dockerPush from '../executors/docker-push/schema.json';
import env from '../executors/env/schema.json';
import plan from '../executors/plan/schema.json';
import verify from '../executors/verify/schema.json';
import importEcs from '../executors/import-ecs/schema.json';
import importCompose from '../executors/import-compose/schema.json';
import stage from '../executors/stage/schema.json';
import deployEcs from '../executors/deploy-ecs/schema.json';
import rollback from '../executors/rollback/schema.json';
import status from '../executors/status/schema.json';
import history from '../executors/history/schema.json';
import tag from '../executors/tag/schema.json';
import validate from '../executors/validate/schema.json';

export interface TargetDoc {
  description: string;
  /** Something to type. */
  command: string;
  options: Record<string, { description: string; default?: unknown; example?: unknown }>;
}

interface PrintedSchema {
  description: string;
  examples: { command: string }[];
  properties: Record<string, object>;
}

export const TARGET_DOCS: Record<Verb, TargetDoc> = {
  test: {
    description: 'Run the bundle’s own tests with plain python3: no platform needed.',
    command: 'nx affected -t test',
    options: {},
  },
  stage: docOf(stage),
  'docker-build': docOf(dockerBuild),
  boot: docOf(boot),
  'docker-push': docOf(dockerPush),
  validate: docOf(validate),
  descriptor: docOf(descriptor),
  env: docOf(env),
  plan: docOf(plan),
  verify: docOf(verify),
  'import-ecs': docOf(importEcs),
  'import-compose': docOf(importCompose),
  'deploy-ecs': docOf(deployEcs),
  rollback: docOf(rollback),
  status: docOf(status),
  history: docOf(history),
  tag: docOf(tag),
};

function docOf(schema: PrintedSchema): TargetDoc {
  const options = Object.entries(schema.properties).map(([name, property]) => {
    const {
      description,
      default: fallback,
      examples,
    } = property as { description: string; default?: unknown; examples?: unknown[] };
    return [name, { description, ...(fallback !== undefined && { default: fallback }), example: examples?.[0] }];
  });
  return { description: schema.description, command: schema.examples[0]!.command, options: Object.fromEntries(options) };
}
