import { KdcubeError } from '../../../problem/problem';
import type { Problem } from '../../../problem/problem';
import type { Environment, Service } from '../../../environment/environment';
import type { ReleaseRecord } from '../../../deploy/record';
import type { EnvPlan } from '../../../env/env';
import { renderEnv } from '../../../env/env';
import type { DeployPlan, ServiceStep } from '../../../deploy/deploy-plan';
import { planTaskDefinitions } from '../task-definition/plan-tasks';
import { bundleChanges, describedBundles } from '../../../deploy/bundles';
import { plannedExec } from './exec';
import { carrierOf, stepNotes } from '../../../deploy/registry-step';
import { descriptorChange, gatewayChange, keepRunningTexts, runningDescriptor } from './keep';
import { plainSecrets } from './secrets';
import type { ServiceValues } from '../../../deploy/deploy-plan';
import { serviceStep } from './step';
import { runningDefinition, servicesThatCannot } from './what-runs';
import type { Running } from './running';
import type { TaskDefinition } from '../task-definition/task-definition';
import { wavesOf } from '../../../deploy/waves';
import type { DeployInput, PlannedDeploy } from './deploy-input';

/** What a deploy would do, from what the release says and what runs. Throws every problem at once. */
export function planDeploy(input: DeployInput): PlannedDeploy {
  const { environment, running } = input;
  const services = environment.services.filter(({ target }) => target === 'ecs');
  const problems: Problem[] = running.from === 'ecs' ? servicesThatCannot(services, running) : [];
  if (problems.length > 0) throw new KdcubeError(problems);
  const exec = plannedExec(input);
  const env = renderedFor(input, exec?.told, problems);
  const tasks = planTaskDefinitions({
    environment: offline(environment, running),
    plan: env,
    own: input.own,
    registered: registeredFor(services, input),
    packing: input.packing,
  });
  const values: ServiceValues = new Map();
  const steps = services.map((service) => {
    const task = tasks.find((each) => each.service === service.name)!;
    const plan = env.services.find((each) => each.service === service.name)!;
    if (running.from === 'ecs') problems.push(...plainSecrets(task.definition, service, plan));
    return serviceStep(service, task, plan, input, values);
  });
  if (problems.length > 0) throw new KdcubeError(problems);
  return { plan: wholePlan(input, services, steps, exec?.plan, env), values };
}

/** The environments, with the texts that run kept where they say the same. */
function renderedFor(input: DeployInput, execTaskDefinition: string | undefined, problems: Problem[]): EnvPlan {
  const { environment, release, descriptor, images, assembly } = input;
  try {
    const env = renderEnv({ environment, release, descriptor, images, execTaskDefinition, assembly });
    return keepRunningTexts(env, input);
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    throw new KdcubeError([...problems, ...error.problems], { cause: error });
  }
}

/** By family: what runs, else what was registered last. */
function registeredFor(services: readonly Service[], input: DeployInput): Map<string, TaskDefinition> {
  return new Map(
    services.flatMap((service) => {
      const found = runningDefinition(service, input);
      return found ? [[service.family, found] as const] : [];
    }),
  );
}

/** Nobody was asked what runs: then no definition can be taken over from it. */
function offline(environment: Environment, { from }: Running): Environment {
  if (from === 'ecs') return environment;
  const services = environment.services.map((service) =>
    service.taskDefinition === 'running' ? { ...service, taskDefinition: 'environment' } : service,
  );
  return { ...environment, services };
}

function wholePlan(
  input: DeployInput,
  services: readonly Service[],
  steps: ServiceStep[],
  exec: DeployPlan['exec'],
  env: EnvPlan,
): DeployPlan {
  const { environment, running, record, descriptor: told } = input;
  const proc = steps.find(({ component }) => component === 'proc');
  const procBefore = services.find(({ component }) => component === 'proc');
  const describing = procBefore && runningDescriptor(procBefore, input);
  const described = describedBundles(describing);
  const recorded = new Map((record?.bundles ?? []).map(({ id, ref, commit }) => [id, { ref, commit }]));
  const otherImage = proc !== undefined && proc.image.before !== proc.image.after;
  const bundles = bundleChanges({
    after: input.bundles,
    before: input.bundlesBefore ?? (described.size === 0 || running.from !== 'ecs' ? record?.bundles : undefined),
    described: described.size > 0 ? described : recorded,
    otherImage,
    mode: told.mode,
    subjects: input.subjects,
  });
  const descriptor = descriptorChange(input, describing, otherImage);
  const gateway = gatewayChange(input, services, env);
  const carrier = carrierOf({ services: steps, descriptor, gateway });
  const forced = (step: ServiceStep): ServiceStep =>
    step === carrier && step.change === 'none' ? { ...step, change: 'update', why: ['what Redis holds is written anew'] } : step;
  const all = steps.map(forced);
  return {
    plan: 1,
    environment: environment.name,
    release: input.name,
    ...(input.commit !== undefined && { commit: input.commit }),
    account: running.account,
    region: running.region,
    cluster: running.cluster,
    basis: basisOf(services, running),
    waves: wavesOf(all),
    services: all,
    ...(exec && { exec }),
    bundles,
    descriptor: {
      changed: descriptor.changed,
      after: descriptor.after,
      force: descriptor.force,
      ...(descriptor.unknown && { unknown: true as const }),
    },
    gateway: { changed: gateway.changed, force: gateway.force },
    notes: [
      ...offlineNotes(running, environment.name, record),
      ...descriptor.notes,
      ...(descriptor.changed && told.mode === 'baked' ? foreignImage(procBefore) : []),
      ...gateway.notes,
      ...stepNotes({ services: steps, descriptor, gateway }),
    ],
  };
}

/** Of an image that nobody built from this release it is not known whether it has the bundles that it will be told of. */
function foreignImage(proc: Service | undefined): string[] {
  if (proc?.image.kind !== 'digest') return [];
  return [
    `The list of bundles is this release’s, and ${proc.name} runs an image that is not: ${proc.image.reference}. A bundle that is not in it cannot be loaded; name an image of the release (image: <its folder under images/>).`,
  ];
}

function basisOf(services: readonly Service[], running: Running): DeployPlan['basis'] {
  return Object.fromEntries(
    services.flatMap(({ serviceName }) => {
      const found = Object.hasOwn(running.services, serviceName) ? running.services[serviceName] : undefined;
      if (!found) return [];
      const { status, taskDefinition, desiredCount } = found;
      return [[serviceName, { status, taskDefinition, desiredCount }] as const];
    }),
  );
}

/** Which record a plan stands on, from when, from where. */
function offlineNotes({ from, source }: Running, environment: string, record: ReleaseRecord | undefined): string[] {
  if (from === 'ecs') return [];
  if (!record) return [`AWS was not asked, and there is no record of ${environment} in ${source}. Everything looks new.`];
  const { release, attempt, endedAt } = record;
  return [
    `AWS was not asked: compared with the record ${release}.${attempt} of ${endedAt.slice(0, 16).replace('T', ' ')} UTC, from ${source}. Images and numbers are in it, environments are not; a change of those alone is not seen.`,
  ];
}
