import type { ReleaseRecord } from '../../../deploy/record';
import type { ContainerDefinition, TaskDefinition } from '../task-definition/task-definition';

/** The settings of an ECS service that a plan depends on. */
export interface RunningService {
  serviceName: string;
  /** ACTIVE, DRAINING, INACTIVE. */
  status: string;
  /** The ARN, with its revision. */
  taskDefinition: string;
  desiredCount: number;
  /** ECS, CODE_DEPLOY, EXTERNAL. */
  controller: string;
  /** The containers that its load balancers and its service registries name. */
  trafficContainers?: readonly string[];
}

/** What runs in an environment: read from ECS, or from the last release record. */
export interface Running {
  /** `record`: offline; variables are unknown. `nothing`: offline, and there is no record. */
  from: 'ecs' | 'record' | 'nothing';
  /** Where the record was read from, or looked for: text for a note. */
  source?: string;
  account: string;
  region: string;
  cluster: string;
  /** By the name of the ECS service. A service that does not exist has no entry. */
  services: Readonly<Record<string, RunningService>>;
  /** By ARN: the running revisions, and the latest of each family. */
  definitions: Readonly<Record<string, TaskDefinition>>;
  /** The ARN of the latest revision, by family. */
  latest: Readonly<Record<string, string>>;
}

/** What runs according to the last record: images and task counts, no variables. */
export function runningFromRecord(
  record: ReleaseRecord | undefined,
  place: { account: string; region: string; cluster: string },
  source: string,
): Running {
  const services = Object.values(record?.services ?? {}).map(
    ({ serviceName, taskDefinition = '', desiredCount }): RunningService => {
      return { serviceName, status: 'ACTIVE', taskDefinition, desiredCount: desiredCount, controller: 'ECS' };
    },
  );
  return {
    from: record ? 'record' : 'nothing',
    source,
    ...place,
    services: Object.fromEntries(services.map((service) => [service.serviceName, service])),
    definitions: {},
    latest: {},
  };
}

/** A container's variable: its value, or the ARN of its secret. */
interface Variable {
  value?: string;
  valueFrom?: string;
}

/** By name. */
export type Variables = Map<string, Variable>;

export function variablesOf(container: ContainerDefinition | undefined): Variables {
  const variables: Variables = new Map();
  for (const { name, value } of container?.environment ?? []) variables.set(name, { value });
  for (const { name, valueFrom } of container?.secrets ?? []) variables.set(name, { valueFrom });
  return variables;
}

/** The image that bundles run code in. With `runtime: docker`, only a variable of proc names it. */
export function execImageOf(container: ContainerDefinition): string | undefined {
  return variablesOf(container).get('PY_CODE_EXEC_IMAGE')?.value;
}
