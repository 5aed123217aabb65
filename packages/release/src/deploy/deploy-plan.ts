import * as z from 'zod';
import { RecordedBundle } from './record';

/**
 * What will be done to an environment on ECS, as a value: a person reads it before anything moves, it can be saved to a file, and a deploy carries out exactly this, or refuses because what runs
 * changed in between. It holds no secret; values of variables are in the task definitions alone.
 */
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** What a service ran when the plan was made. A deploy compares it with what runs then. */
export const Basis = z.strictObject({
  /** ACTIVE, DRAINING, INACTIVE. */
  status: z.string(),
  /** The ARN, with the revision, that the service is set to. */
  taskDefinition: z.string(),
  desiredCount: z.number().int().min(0),
});
export type Basis = z.infer<typeof Basis>;

export const PlannedDefinition = z.strictObject({
  family: z.string(),
  /** The ARN of a registered one that is the same: it is used again, and nothing is registered. */
  use: z.string().optional(),
  /** Registered anew. A `<family>:next` in its environment stands for the revision that exec's registration gives. */
  register: z.record(z.string(), z.unknown()).optional(),
  /** Paths in which it differs from the one that runs; never a value. */
  changes: z.array(z.string()),
});
export type PlannedDefinition = z.infer<typeof PlannedDefinition>;

export const EnvChange = z.strictObject({
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
});
export type EnvChange = z.infer<typeof EnvChange>;

export const ServiceStep = z.strictObject({
  service: z.string(),
  component: z.string(),
  /** `service`: a rolling update. `task`: runs once and must end with 0 (postgres-setup). */
  kind: z.enum(['service', 'task']),
  serviceName: z.string(),
  container: z.string(),
  logGroup: z.string(),
  change: z.enum(['none', 'update']),
  /** Why, a phrase each; empty where nothing changes. */
  why: z.array(z.string()),
  image: z.strictObject({ before: z.string().optional(), after: z.string() }),
  /** What a running task may report as its image: the pinned digest, and the children of an index. */
  digests: z.array(digest),
  definition: PlannedDefinition,
  env: EnvChange,
  /** Desired tasks. */
  count: z.strictObject({ before: z.number().int().min(0).optional(), after: z.number().int().min(0) }),
  /** Seconds that ECS waits for a task to end. */
  stopTimeout: z.number(),
});
export type ServiceStep = z.infer<typeof ServiceStep>;

export const BundleChange = z.strictObject({
  id: z.string(),
  change: z.enum(['added', 'changed', 'removed', 'same']),
  before: RecordedBundle.optional(),
  after: RecordedBundle.optional(),
  /** Of the commit that it came to, where it can be read here. */
  subject: z.string().optional(),
});
export type BundleChange = z.infer<typeof BundleChange>;

export const DeployPlan = z.strictObject({
  plan: z.literal(1),
  environment: z.string(),
  release: z.string(),
  commit: z.string().optional(),
  account: z.string(),
  region: z.string(),
  cluster: z.string(),
  /** By the name of the ECS service. */
  basis: z.record(z.string(), Basis),
  /** In the order in which they are carried out; those of one wave together. Only services that change. */
  waves: z.array(z.strictObject({ name: z.string(), services: z.array(z.string()) })),
  /** All services of the environment, also those that stay. */
  services: z.array(ServiceStep),
  exec: z
    .strictObject({
      change: z.enum(['none', 'update']),
      image: z.string(),
      digests: z.array(digest),
      definition: PlannedDefinition,
    })
    .optional(),
  bundles: z.array(BundleChange),
  /** The bundle registry lives in Redis and outlives tasks: where the descriptor changes, proc takes one extra step, and old tasks see new ids between the two (HOUSE §9.7). */
  descriptor: z.strictObject({
    changed: z.boolean(),
    after: z.string(),
    force: z.boolean(),
    /** Nobody says what it was: then `changed: false` is no promise. */
    unknown: z.literal(true).optional(),
  }),
  /** The same for the gateway's configuration in Redis. */
  gateway: z.strictObject({ changed: z.boolean(), force: z.boolean() }),
  notes: z.array(z.string()),
});
export type DeployPlan = z.infer<typeof DeployPlan>;

/** The first line of an empty plan. */
export function nothingChanges({ descriptor }: DeployPlan): string {
  return descriptor.unknown
    ? 'Nothing restarts. Whether what the platform is told of its bundles changes is not known.'
    : 'Nothing changes: what runs is this release.';
}

/** Whether a deploy of it would write anything. */
export function isEmptyPlan({ services, exec, descriptor, gateway }: DeployPlan): boolean {
  const changes = [...services.map(({ change }) => change), exec?.change ?? 'none'];
  return changes.every((change) => change === 'none') && !descriptor.force && !gateway.force;
}

/** By service, by variable. A side that must not be shown is undefined and `hidden`. */
export type ServiceValues = Map<string, Map<string, { before?: string; after?: string; hidden: boolean }>>;
