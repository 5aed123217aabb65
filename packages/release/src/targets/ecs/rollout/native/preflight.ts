import { findProblem } from '../../../../deploy/checks/check';
import { NATIVE_STRATEGIES, serviceStrategy } from '../../../../deploy/checks/strategy';
import { KdcubeError, type Problem } from '../../../../problem/problem';
import { forcedService } from '../../../../deploy/registry-step';
import type { ServiceState } from '../port/port';
import type { Rollout } from '../rollout';
import { hasReached, isNative } from './stages';

/** Starting tasks, test traffic and cleaning up take so long beside the waits that are configured. Minutes. */
const OTHER_STAGES = 10;

/** Refuses, before the first write, a strategy that would not end with a verdict: one that is not known, and waits longer than the rollout's time. */
export async function checkStrategies(rollout: Rollout, services: readonly ServiceState[]): Promise<void> {
  const { plan, options, ecs } = rollout;
  const updated = plan.services.filter(({ kind, change }) => kind === 'service' && change === 'update');
  const all = new Set([...updated, forcedService(plan)]);
  const found = services.filter(({ name }) => [...all].some((step) => step?.serviceName === name));
  const problems = found.flatMap((service) => findProblems(rollout, service));
  const native = found.filter(isNative);
  problems.push(...native.flatMap((service) => findRegistryProblem(rollout, service) ?? []));
  if (options.waitUntil && updated.length > 0 && native.length === 0)
    problems.push({
      code: 'wrong-option',
      message: `--waitUntil=${options.waitUntil} needs a service with a strategy that has stages (${NATIVE_STRATEGIES.join(', ')}), and this plan updates none.`,
      hint: `nx run release:deploy-ecs:${plan.environment}    waits until all tasks run the new revisions`,
    });
  if (problems.length > 0) throw new KdcubeError(problems);
  // A missing permission is found before the first write.
  for (const { name } of native) await ecs.listServiceDeployments(name);
}

/** The same for deployments that an earlier run left in progress. */
export function checkResumed(rollout: Rollout, services: readonly ServiceState[]): void {
  const problems = services.flatMap((service) => findProblems(rollout, service));
  if (problems.length > 0) throw new KdcubeError(problems);
}

/** A stage that was reached is not the end: ECS may still roll back, to an image without the new list of bundles or to the revision with the FORCE flag. */
function findRegistryProblem({ plan, options }: Rollout, { name }: ServiceState): Problem | undefined {
  const isForced = forcedService(plan)?.serviceName === name;
  const { secrets } = plan.descriptor;
  const writesSecrets = secrets !== undefined && (secrets.reload || secrets.writes.length > 0);
  const isReader = plan.services.some(({ serviceName, component }) => serviceName === name && component === 'proc');
  if (!options.waitUntil || !(isForced || (isReader && writesSecrets))) return undefined;
  const what = isForced ? 'Redis is overwritten' : 'the bundle descriptor in Secrets Manager is written';
  return {
    code: 'wrong-option',
    message: `--waitUntil=${options.waitUntil} cannot be used for ${name} here: ${what} by this deploy, and ECS may roll ${name} back after the command has ended.`,
    hint: `nx run release:deploy-ecs:${plan.environment}    without --waitUntil: follows ${name} to its end`,
  };
}

function findProblems(rollout: Rollout, service: ServiceState): Problem[] {
  const { plan, options } = rollout;
  const { name, strategy } = service;
  if (!strategy) return [];
  const { region, cluster } = plan;
  const refused = findProblem([serviceStrategy], name, {
    strategy: strategy.name,
    earlySuccess: strategy.earlySuccess,
    region,
    cluster,
  });
  if (refused) return [refused];
  if (!isNative(service)) return [];
  const minutes = waitedMinutes(rollout, service);
  const timeout = options.timeout / 60_000;
  if (minutes <= timeout) return [];
  const { bakeMinutes, shiftMinutes } = strategy;
  const canEndEarly = bakeMinutes > 0 && minutes - bakeMinutes <= timeout;
  return [
    {
      code: 'wrong-option',
      message: `${name} takes about ${minutes} minutes (${strategy.name}: ${shiftMinutes} to shift traffic, ${bakeMinutes} in BAKE_TIME, ${OTHER_STAGES} for the rest), and the timeout is ${timeout} minutes.`,
      hint: [
        `nx run release:deploy-ecs:${plan.environment} --timeout=${minutes}    waits for all of it`,
        ...(canEndEarly
          ? [`nx run release:deploy-ecs:${plan.environment} --waitUntil=BAKE_TIME    ends before the bake, which ECS continues`]
          : []),
      ].join('\n'),
    },
  ];
}

/** How long the configured waits take that this rollout waits for. The revision of proc that overwrites Redis is followed to its end. */
function waitedMinutes({ options, plan }: Rollout, { name, strategy }: ServiceState): number {
  const { bakeMinutes, shiftMinutes } = strategy!;
  const { waitUntil } = options;
  const isForced = plan.descriptor.force && forcedService(plan)?.serviceName === name;
  const skipsBake = waitUntil !== undefined && !isForced && !hasReached({ stage: waitUntil }, 'CLEAN_UP');
  const skipsShift = skipsBake && !hasReached({ stage: waitUntil }, 'POST_PRODUCTION_TRAFFIC_SHIFT');
  return (skipsShift ? 0 : shiftMinutes) + (skipsBake ? 0 : bakeMinutes) + OTHER_STAGES;
}
