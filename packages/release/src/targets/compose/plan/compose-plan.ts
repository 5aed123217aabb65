import * as z from 'zod';
import { PlannedRelease, PlannedService } from '../../../deploy/deploy-plan';
import { ReleaseContent } from './host-release';

export const ComposeStep = z.strictObject({
  ...PlannedService.shape,
  /** The label of its containers: a hash over everything that they are started with. */
  hash: z.string(),
  /** It has running containers, and none of them serves while they are replaced. */
  interrupted: z.boolean(),
});
export type ComposeStep = z.infer<typeof ComposeStep>;

/** What a deploy to a host with compose will change, as `plan` saves it. It holds no secret. */
export const ComposePlan = z.strictObject({
  ...PlannedRelease.shape,
  target: z.literal('compose'),
  /** `ssh://…`, or `this machine`. */
  host: z.string(),
  /** Of compose. */
  project: z.string(),
  directory: z.string(),
  file: z.string(),
  /** What each service ran when the plan was made, by its name in compose. */
  baseline: z.record(z.string(), z.array(z.string())),
  /** What stood for the content of the secret files, by path. */
  secretStamps: z.record(z.string(), z.string()),
  /** The hash of each file that the platform edits too, as it was when the plan was made; empty for one that did not exist. */
  configBefore: z.record(z.string(), z.string()),
  /** Those that somebody edited since the last deploy: a deploy overwrites them only if it is told to. */
  edited: z.array(z.string()),
  /** Services of the compose file that this release's services depend on, and that do not run: they are started first, as the compose file says. */
  starts: z.array(z.string()),
  /** All services of the environment, unchanged ones included. */
  services: z.array(ComposeStep),
  exec: z.strictObject({ change: z.enum(['none', 'update']), image: z.string() }).optional(),
  descriptor: z.strictObject({
    changed: z.boolean(),
    after: z.string(),
    force: z.boolean(),
    unknown: z.literal(true).optional(),
  }),
  content: ReleaseContent,
});
export type ComposePlan = z.infer<typeof ComposePlan>;

export function stepOf({ services }: ComposePlan, service: string): ComposeStep {
  return services.find((step) => step.service === service)!;
}
