import * as z from 'zod';
import { DescriptorSecrets } from './descriptor-secrets';
import { RecordedBundle, RecordedPlatform } from './record';

/**
 * What a deploy will do to an environment on ECS, as a value. You can read it before anything changes and save it to a file; a deploy carries out exactly this plan, or refuses because the
 * services changed in between. It holds no secret, and values of variables only inside the task definitions.
 */
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** What a service ran when the plan was made. A deploy compares it with what runs then. */
const Baseline = z.strictObject({
  /** ACTIVE, DRAINING, INACTIVE. */
  status: z.string(),
  /** The ARN, with the revision, that the service is set to. */
  taskDefinition: z.string(),
  desiredCount: z.number().int().min(0),
});
type Baseline = z.infer<typeof Baseline>;

export const PlannedDefinition = z.strictObject({
  family: z.string(),
  /** The ARN of a registered revision with the same content: nothing is registered. */
  reuse: z.string().optional(),
  /** Registered as a new revision. `<family>:next` in its environment stands for the revision that registering the exec task definition returns. */
  register: z.record(z.string(), z.unknown()).optional(),
  /** The paths in which it differs from the running one; never a value. */
  changes: z.array(z.string()),
});
export type PlannedDefinition = z.infer<typeof PlannedDefinition>;

export const EnvChange = z.strictObject({
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
});
export type EnvChange = z.infer<typeof EnvChange>;

/** What a plan says of a service on every target. */
export const PlannedService = z.strictObject({
  service: z.string(),
  component: z.string(),
  /** `service`: an update. `task`: runs once and must exit with 0 (postgres-setup). */
  kind: z.enum(['service', 'task']),
  serviceName: z.string(),
  change: z.enum(['none', 'update']),
  /** One phrase for each reason to restart; empty if nothing changes. */
  reasons: z.array(z.string()),
  image: z.strictObject({ before: z.string().optional(), after: z.string() }),
  /** The digests that a running container may report for its image: the pinned one and, of an image index, those of its manifests. */
  digests: z.array(digest),
  env: EnvChange,
  desiredCount: z.strictObject({ before: z.number().int().min(0).optional(), after: z.number().int().min(0) }),
  /** Seconds that a container has to stop. */
  stopTimeout: z.number(),
});
export type PlannedService = z.infer<typeof PlannedService>;

export const ServiceStep = z.strictObject({
  ...PlannedService.shape,
  container: z.string(),
  logGroup: z.string(),
  taskDefinition: PlannedDefinition,
});
export type ServiceStep = z.infer<typeof ServiceStep>;

export const BundleChange = z.strictObject({
  id: z.string(),
  change: z.enum(['added', 'changed', 'removed', 'unchanged']),
  before: RecordedBundle.optional(),
  after: RecordedBundle.optional(),
  /** The subject of the commit that the bundle comes to, if the commit can be read here. */
  subject: z.string().optional(),
});
export type BundleChange = z.infer<typeof BundleChange>;

/** What a plan says on every target. */
export const PlannedRelease = z.strictObject({
  plan: z.literal(2),
  environment: z.string(),
  release: z.string(),
  commit: z.string().optional(),
  /** Files of the release with uncommitted changes: no commit describes what is deployed. */
  uncommitted: z.array(z.string()).optional(),
  /** Absent in a rollback to a release whose record does not say it. */
  platform: RecordedPlatform.optional(),
  /** In order; the services of one wave are updated together. Only services that change. */
  waves: z.array(z.strictObject({ name: z.string(), services: z.array(z.string()) })),
  bundles: z.array(BundleChange),
  /** The same for the gateway's configuration in Redis. */
  gateway: z.strictObject({ changed: z.boolean(), force: z.boolean() }),
  notes: z.array(z.string()),
});

/** How a deploy asks proc whether the bundles of the release are ready. */
export const PlannedReadiness = z.strictObject({
  url: z.string(),
  /** Header → the environment variable of the deploy that holds its value. Never a value. */
  headers: z.record(z.string(), z.string()),
  /** `all`: every bundle must be ready. `required`: those whose descriptor says `service.readiness: required`. */
  wait: z.enum(['all', 'required']),
  tenant: z.string(),
  project: z.string(),
  /** The ids of the release's bundles. */
  bundles: z.array(z.string()),
});
export type PlannedReadiness = z.infer<typeof PlannedReadiness>;

/** What a deploy to ECS will change, as `plan` saves it: the schema and its type. `readPlan` reads one from a file and checks it. */
export const DeployPlan = z.strictObject({
  ...PlannedRelease.shape,
  account: z.string(),
  region: z.string(),
  cluster: z.string(),
  /** By the name of the ECS service. */
  baseline: z.record(z.string(), Baseline),
  /** All services of the environment, unchanged ones included. */
  services: z.array(ServiceStep),
  exec: z
    .strictObject({
      change: z.enum(['none', 'update']),
      image: z.string(),
      digests: z.array(digest),
      taskDefinition: PlannedDefinition,
    })
    .optional(),
  /** The bundle registry is in Redis and outlives tasks. If the descriptor changes, proc takes one extra step, and in between old tasks see the new ids (HOUSE §9.7). */
  descriptor: z.strictObject({
    changed: z.boolean(),
    after: z.string(),
    force: z.boolean(),
    /** The previous descriptor is unknown: `changed: false` is then no promise. */
    unknown: z.literal(true).optional(),
    /** If the descriptor is in Secrets Manager. */
    secrets: DescriptorSecrets.optional(),
  }),
  /** Where proc is asked whether its bundles are ready. Absent: the environment names no URL, or the platform has no such answer. */
  readiness: PlannedReadiness.optional(),
});
export type DeployPlan = z.infer<typeof DeployPlan>;

/** The schema of the plans of a target. */
export type PlanSchema<Plan> = z.ZodType<Plan>;

/** What a plan of any target says to its reader. */
export interface ReadablePlan extends z.infer<typeof PlannedRelease> {
  services: readonly PlannedService[];
  descriptor: Pick<DeployPlan['descriptor'], 'force' | 'unknown' | 'secrets'>;
  exec?: { change: 'none' | 'update'; image: string; taskDefinition?: PlannedDefinition };
  /** On ECS. */
  account?: string;
  region?: string;
  cluster?: string;
  /** With compose. */
  host?: string;
  directory?: string;
}

/** `123456789012 eu-central-1 acme`, or `ssh://deploy@host /opt/kdcube`. */
export function planPlace({ account, region, cluster, host, directory }: ReadablePlan): string {
  return [account, region, cluster, host, directory].filter((part) => part !== undefined).join(' ');
}

/** The first line of an empty plan. */
export function emptyPlanMessage({ descriptor }: Pick<ReadablePlan, 'descriptor'>): string {
  return descriptor.unknown
    ? 'No service restarts. The running bundle descriptor is unknown, so it may or may not change.'
    : 'Nothing changes: what runs is this release.';
}

/** `Uncommitted: bundles/a, release.yaml and 3 more.`; undefined if the release is committed. */
export function uncommittedMessage({ uncommitted = [] }: Pick<ReadablePlan, 'uncommitted'>): string | undefined {
  if (uncommitted.length === 0) return undefined;
  const more = uncommitted.length - MAX_UNCOMMITTED;
  return `Uncommitted changes: ${uncommitted.slice(0, MAX_UNCOMMITTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}. No commit describes this release.`;
}

/** Further paths are counted: the plan file has them all. */
const MAX_UNCOMMITTED = 5;

/** Whether a deploy of this plan would change nothing. */
export function isEmptyPlan({
  services,
  exec,
  descriptor,
  gateway,
}: Pick<ReadablePlan, 'services' | 'exec' | 'descriptor' | 'gateway'>): boolean {
  const changes = [...services.map(({ change }) => change), exec?.change ?? 'none'];
  const { writes = [], reload = false } = descriptor.secrets ?? {};
  const changesSecrets = writes.length > 0 || reload;
  return changes.every((change) => change === 'none') && !descriptor.force && !gateway.force && !changesSecrets;
}

/** By service, by variable. A side that must not be shown is undefined and `hidden`. */
export type ServiceValues = Map<string, Map<string, { before?: string; after?: string; hidden: boolean }>>;
