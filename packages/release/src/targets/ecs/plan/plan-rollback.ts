import type { RecordedService, ReleaseRecord } from '../../../deploy/record';
import type { BundleChange, DeployPlan, ServiceStep } from '../../../deploy/deploy-plan';
import { describeForcedStep } from '../../../deploy/registry-step';
import { planWaves } from '../../../deploy/waves';
import { toRegisterRequest } from '../rollout/register';
import { expectedDigests, type RegistryImage } from '../task-definition/expected-digests';
import { packedFilesIn, withoutFilesContainer } from '../task-definition/files';
import type { ContainerDefinition, TaskDefinition } from '../task-definition/task-definition';
import { checkRecord } from './check-record';
import { type AskingEnvironment, describeReadiness, planReadiness } from './plan-readiness';
import { describeSecrets } from '../aws-sm/detect-change';
import { planRollbackSecrets } from '../aws-sm/rollback-secrets';
import type { StoredDescriptor } from '../aws-sm/stored-descriptor';
import { activeForceFlags, clearForceFlags } from './force-flags';
import type { Running } from './running';
import { variablesOf } from './running';

export interface RollbackInput {
  environment: AskingEnvironment;
  /** The release to roll back to. */
  record: ReleaseRecord;
  /** The last record, to compare bundles with. */
  last?: ReleaseRecord;
  running: Running;
  /** The revisions that the record names, by ARN, as ECS has them. */
  definitions: ReadonlyMap<string, TaskDefinition>;
  /** What the registry has for each image of the record. */
  registryImages: ReadonlyMap<string, RegistryImage>;
  /** If the bundle descriptor is in Secrets Manager: what is there, and how the environment treats it. */
  secrets?: { stored: StoredDescriptor; mode: 'baked' | 'git'; reload: boolean };
}

/** A rollback as a plan like every other: the revisions of the record, and its descriptor in Redis if it differs. It builds nothing and does not read release.yaml. A record that does not match ECS is refused. */
export function planRollback(input: RollbackInput): DeployPlan {
  const { environment, record, running, last } = input;
  checkRecord(input);
  const services = Object.entries(record.services)
    .filter(([, { component, taskDefinition }]) => component !== 'postgres-setup' && taskDefinition !== undefined)
    .map(([name, service]) => planRollbackStep(name, service, input));
  const { descriptor, gateway } = redisChanges(services, input);
  const { account, region, cluster } = running;
  const asked = { environment, release: { generation: record.platform?.generation, bundles: record.bundles } };
  const readiness = planReadiness(asked, descriptor.secrets);
  return {
    plan: 2,
    environment: record.environment,
    release: record.release,
    ...(record.commit !== undefined && { commit: record.commit }),
    ...(record.platform && { platform: record.platform }),
    account,
    region,
    cluster,
    baseline: Object.fromEntries(
      Object.values(running.services).map(({ serviceName, status, taskDefinition, desiredCount }) => [
        serviceName,
        { status, taskDefinition, desiredCount },
      ]),
    ),
    waves: planWaves(services),
    services,
    bundles: compareRecordedBundles(record, last),
    descriptor,
    gateway,
    ...(readiness && { readiness }),
    notes: [
      `rollback to ${record.release}, deployed at ${record.endedAt}`,
      ...(descriptor.secrets ? describeSecrets(descriptor.secrets, 'proc') : []),
      ...describeReadiness(asked, descriptor.secrets),
      ...describeForcedStep({ services, descriptor, gateway }),
    ],
  };
}

/** What the rollback changes in Redis: the bundle registry and the gateway's configuration. */
function redisChanges(services: readonly ServiceStep[], input: RollbackInput): Pick<DeployPlan, 'descriptor' | 'gateway'> {
  const { record, last } = input;
  const step =
    services.find(({ component }) => component === 'proc') ?? services.find(({ component }) => component === 'ingress');
  const differs = (variable: string) =>
    step !== undefined && runningValue(step, input, variable) !== recordedValue(step, input, variable);
  const lastDescriptor = last?.descriptor ?? record.descriptor;
  const changed = differs('AGENTIC_BUNDLES_JSON') || filesDiffer(step, input) || lastDescriptor !== record.descriptor;
  const gatewayChanges = differs('GATEWAY_CONFIG_JSON');
  const secrets = planRollbackSecrets(input);
  return {
    descriptor: secrets ?? {
      changed,
      after: record.descriptor,
      force: changed && step?.component === 'proc',
      ...(record.descriptor === '' && !changed && { unknown: true as const }),
    },
    gateway: { changed: gatewayChanges, force: gatewayChanges },
  };
}

function compareRecordedBundles(record: ReleaseRecord, last: ReleaseRecord | undefined): BundleChange[] {
  return record.bundles.map((after) => {
    const before = last?.bundles.find(({ id }) => id === after.id);
    const change = !before ? 'added' : before.tree === after.tree ? 'unchanged' : 'changed';
    return { id: after.id, change, ...(before && { before }), after };
  });
}

function planRollbackStep(
  name: string,
  service: RecordedService,
  { running, definitions, registryImages }: RollbackInput,
): ServiceStep {
  const arn = service.taskDefinition!;
  const definition = definitions.get(arn)!;
  const current = running.services[service.serviceName];
  const container = findServiceContainer(definition, service.image);
  const logs = container.logConfiguration as { options?: Record<string, string> } | undefined;
  const change = current?.taskDefinition === arn ? 'none' : 'update';
  const currentDefinition = current && running.definitions[current.taskDefinition];
  const imageBefore = currentDefinition && findServiceContainer(currentDefinition, service.image).image;
  const clean = activeForceFlags(definition).length > 0 ? clearForceFlags(definition, container.name) : definition;
  // ECS can describe a deregistered revision, but not run it: the same content is registered again.
  const mustRegister = definition.status === 'INACTIVE' || clean !== definition;
  // The number of tasks belongs to operations, not to a release.
  const count = current?.desiredCount ?? service.desiredCount;
  return {
    service: name,
    component: service.component,
    kind: 'service',
    serviceName: service.serviceName,
    container: container.name,
    logGroup: logs?.options?.['awslogs-group'] ?? '',
    change,
    reasons: change === 'update' ? ['rollback to an earlier release'] : [],
    image: { ...(imageBefore !== undefined && { before: imageBefore }), after: service.image },
    digests: [...new Set([service.digest, ...expectedDigests(service.image, definition, registryImages)])],
    taskDefinition: {
      family: definition.family,
      ...(mustRegister ? { register: toRegisterRequest(clean) as unknown as Record<string, unknown> } : { reuse: arn }),
      changes: [],
    },
    env: { added: [], changed: [], removed: [] },
    desiredCount: { before: count, after: count },
    stopTimeout: Number(container.stopTimeout ?? 30),
  };
}

function findServiceContainer({ containerDefinitions }: TaskDefinition, image: string): ContainerDefinition {
  const repository = image.split('@')[0];
  const containers = withoutFilesContainer(containerDefinitions);
  return (
    containers.find((each) => each.image === image) ??
    containers.find((each) => each.image.split('@')[0] === repository) ??
    containers[0] ??
    containerDefinitions[0]!
  );
}

/** Whether the files that the task definition carries differ. */
function filesDiffer(step: ServiceStep | undefined, { running, record, definitions }: RollbackInput): boolean {
  if (!step) return false;
  const current = running.definitions[running.services[step.serviceName]?.taskDefinition ?? ''];
  return packedFilesIn(current) !== packedFilesIn(definitions.get(record.services[step.service]!.taskDefinition!));
}

function runningValue({ serviceName, container }: ServiceStep, { running }: RollbackInput, variable: string): string | undefined {
  const definition = running.definitions[running.services[serviceName]?.taskDefinition ?? ''];
  return variableValue(definition, container, variable);
}

function recordedValue(
  { service, container }: ServiceStep,
  { record, definitions }: RollbackInput,
  variable: string,
): string | undefined {
  return variableValue(definitions.get(record.services[service]!.taskDefinition!), container, variable);
}

function variableValue(definition: TaskDefinition | undefined, container: string, variable: string): string | undefined {
  const found = definition?.containerDefinitions.find(({ name }) => name === container) ?? definition?.containerDefinitions[0];
  const value = variablesOf(found).get(variable);
  return value?.value ?? value?.valueFrom;
}
