import type { Service } from '../../../environment/environment';
import type { EnvPlan } from '../../../env/env';
import type { BundleChange, DeployPlan, ServiceStep } from '../../../deploy/deploy-plan';
import { compareBundles } from '../../../deploy/compare-bundles';
import { bundlesInDescriptor } from '../../../deploy/normalize-descriptor';
import { recordedPlatform, type RecordedBundle, type ReleaseRecord } from '../../../deploy/record';
import { describeForcedStep, forcedService } from '../../../deploy/registry-step';
import { isNewerThanKnown } from '../../../platform/generation';
import { planWaves } from '../../../deploy/waves';
import type { DeployInput } from './deploy-input';
import { detectSecretsChange, storedText } from '../aws-sm/detect-change';
import { detectDescriptorChange, detectGatewayChange } from './redis-changes';
import { runningDescriptor } from './reuse-registered-text';
import { describeReadiness, planReadiness } from './plan-readiness';
import type { Running } from './running';

/** The plan as one value, from the steps of its services. */
export function assemblePlan(
  input: DeployInput,
  services: readonly Service[],
  steps: readonly ServiceStep[],
  exec: DeployPlan['exec'],
  env: EnvPlan,
): DeployPlan {
  const { environment, running, record } = input;
  const procStep = steps.find(({ component }) => component === 'proc');
  const proc = services.find(({ component }) => component === 'proc');
  const stored = input.storedDescriptor;
  const oldDescriptor = stored ? storedText(stored) : proc && runningDescriptor(proc, input);
  const imageChanges = procStep !== undefined && procStep.image.before !== procStep.image.after;
  const secretsChange = stored && detectSecretsChange(input, stored);
  const descriptor = secretsChange ?? detectDescriptorChange(input, oldDescriptor, imageChanges);
  const gateway = detectGatewayChange(input, services, env);
  const forced = forcedService({ services: steps, descriptor, gateway });
  const allSteps = steps.map((step): ServiceStep =>
    step === forced && step.change === 'none' ? { ...step, change: 'update', reasons: ['Redis is overwritten'] } : step,
  );
  const { changed, after, force, unknown } = descriptor;
  const readiness = planReadiness(input, secretsChange?.secrets);
  return {
    plan: 2,
    environment: environment.name,
    release: input.name,
    ...(input.commit !== undefined && { commit: input.commit }),
    ...(input.uncommitted.length > 0 && { uncommitted: [...input.uncommitted] }),
    platform: recordedPlatform(input.release),
    account: running.account,
    region: running.region,
    cluster: running.cluster,
    baseline: baselineOf(services, running),
    waves: planWaves(allSteps),
    services: allSteps,
    ...(exec && { exec }),
    bundles: bundleChanges(input, oldDescriptor, imageChanges),
    descriptor: {
      changed,
      after,
      force,
      ...(unknown && { unknown: true as const }),
      ...(secretsChange && { secrets: secretsChange.secrets }),
    },
    gateway: { changed: gateway.changed, force: gateway.force },
    ...(readiness && { readiness }),
    notes: [
      ...describeOffline(running, environment.name, record),
      ...descriptor.notes,
      ...(changed && input.descriptor.mode === 'baked' ? describeForeignImage(proc) : []),
      ...gateway.notes,
      ...describeReadiness(input, secretsChange?.secrets),
      ...describeNewerPlatform(input),
      ...describeForcedStep({ services: [...steps], descriptor, gateway }),
    ],
  };
}

function bundleChanges(input: DeployInput, oldDescriptor: string | undefined, imageChanges: boolean): BundleChange[] {
  const { running, record } = input;
  const described = describedBundles(oldDescriptor, record);
  const isRecordUsed = described.size === 0 || running.from !== 'ecs';
  return compareBundles({
    after: input.bundles,
    before: input.runningBundles ?? (isRecordUsed ? record?.bundles : undefined),
    described:
      described.size > 0 ? described : new Map((record?.bundles ?? []).map(({ id, ref, commit }) => [id, { ref, commit }])),
    imageChanges,
    mode: input.descriptor.mode,
    subjects: input.subjects,
  });
}

/** The bundles of a running descriptor. A record of the same commit tells the tree, which no descriptor has, and the ref, which a cloned bundle does not have. */
function describedBundles(text: string | undefined, record: ReleaseRecord | undefined): Map<string, Partial<RecordedBundle>> {
  return new Map(
    [...bundlesInDescriptor(text)].map(([id, { ref, commit }]) => {
      const recorded = record?.bundles.find((bundle) => bundle.id === id && commit !== undefined && bundle.commit === commit);
      const written = ref !== undefined && ref !== commit ? { ref } : {};
      return [id, { ...written, ...(commit !== undefined && { commit }), ...recorded }] as const;
    }),
  );
}

/** What a platform expects that is newer than the table of generations is assumed. */
function describeNewerPlatform({ release: { platform, generationBecause } }: DeployInput): string[] {
  const isAssumed = platform.ref !== undefined && generationBecause.startsWith('platform.ref') && isNewerThanKnown(platform.ref);
  return isAssumed ? [`${generationBecause}.`] : [];
}

/** An image that was not built from this release may lack the bundles in the descriptor. */
function describeForeignImage(proc: Service | undefined): string[] {
  if (proc?.image.kind !== 'digest') return [];
  return [
    `${proc.name} runs an image that is not part of this release: ${proc.image.reference}. It gets this release’s bundle descriptor, but bundles that are not in the image cannot be loaded; name an image of the release (image: <its folder under images/>).`,
  ];
}

function baselineOf(services: readonly Service[], running: Running): DeployPlan['baseline'] {
  return Object.fromEntries(
    services.flatMap(({ serviceName }) => {
      const found = Object.hasOwn(running.services, serviceName) ? running.services[serviceName] : undefined;
      if (!found) return [];
      const { status, taskDefinition, desiredCount } = found;
      return [[serviceName, { status, taskDefinition, desiredCount }] as const];
    }),
  );
}

/** Which record an offline plan is compared with. */
function describeOffline({ from, source }: Running, environment: string, record: ReleaseRecord | undefined): string[] {
  if (from === 'ecs') return [];
  if (!record)
    return [`Offline: there is no release record of ${environment} in ${source}: every service and bundle is shown as new.`];
  const { release, attempt, endedAt } = record;
  return [
    `Offline: compared with the record ${release}.${attempt} of ${endedAt.slice(0, 16).replace('T', ' ')} UTC, from ${source}. A record has images and task counts, but no variables: a change of variables alone is not detected.`,
  ];
}
