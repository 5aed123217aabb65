import type * as z from 'zod';
import type { Example } from '../schema-json';
import * as boot from './boot/schema';
import * as descriptor from './descriptor/schema';
import * as dockerBuild from './docker-build/schema';
import * as dockerPush from './docker-push/schema';
import * as env from './env/schema';
import * as plan from './plan/schema';
import * as verify from './verify/schema';
import * as importEcs from './import-ecs/schema';
import * as importCompose from './import-compose/schema';
import * as stage from './stage/schema';
import * as deployEcs from './deploy-ecs/schema';
import * as rollback from './rollback/schema';
import * as status from './status/schema';
import * as history from './history/schema';
import * as tag from './tag/schema';
import * as validate from './validate/schema';

export interface ExecutorSchema {
  name: string;
  description: string;
  examples: Example[];
  options: z.ZodObject;
  /** Whether one process does all tasks of an Nx run (`batch.ts`). */
  batched?: boolean;
  /** Whether the executor checks its options itself, as batched ones do: it is given those that were checked there. */
  checksItself?: boolean;
}

/** Every executor, in the order in which a release meets them. schema.json files, executors.json and the docs are printed from this list. */
export const EXECUTORS: ExecutorSchema[] = [
  { name: 'validate', ...validate, options: validate.ValidateOptions },
  { name: 'stage', ...stage, options: stage.StageOptions, batched: true },
  { name: 'descriptor', ...descriptor, options: descriptor.DescriptorOptions },
  { name: 'docker-build', ...dockerBuild, options: dockerBuild.DockerBuildOptions, batched: true },
  { name: 'boot', ...boot, options: boot.BootOptions, checksItself: true },
  { name: 'docker-push', ...dockerPush, options: dockerPush.DockerPushOptions, batched: true },
  { name: 'env', ...env, options: env.EnvOptions },
  { name: 'plan', ...plan, options: plan.PlanOptions },
  { name: 'verify', ...verify, options: verify.VerifyOptions },
  { name: 'import-ecs', ...importEcs, options: importEcs.ImportEcsOptions },
  { name: 'import-compose', ...importCompose, options: importCompose.ImportComposeOptions },
  { name: 'deploy-ecs', ...deployEcs, options: deployEcs.DeployEcsOptions },
  { name: 'rollback', ...rollback, options: rollback.RollbackOptions },
  { name: 'status', ...status, options: status.StatusOptions },
  { name: 'history', ...history, options: history.HistoryOptions },
  { name: 'tag', ...tag, options: tag.TagOptions },
];
