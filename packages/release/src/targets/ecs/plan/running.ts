import type { ReleaseRecord } from '../../../deploy/record';
import type { ContainerDefinition, TaskDefinition } from '../task-definition/task-definition';

/** A service of ECS as it is set, as far as a plan depends on it. */
export interface RunningService {
  serviceName: string;
  /** ACTIVE, DRAINING, INACTIVE. */
  status: string;
  /** The ARN, with its revision. */
  taskDefinition: string;
  desiredCount: number;
  /** ECS, CODE_DEPLOY, EXTERNAL. */
  controller: string;
}

/** What runs in an environment, as a value: asked of ECS, or what the last record says. */
export interface Running {
  /** `record`: nobody was asked, and nothing is known of environments. `nothing`: nobody was asked, and there is no record. */
  from: 'ecs' | 'record' | 'nothing';
  /** Where the record is from, or would be, in words. */
  source?: string;
  account: string;
  region: string;
  cluster: string;
  /** By the name of the ECS service; one that is not there is not here. */
  services: Readonly<Record<string, RunningService>>;
  /** By ARN: what runs, and what each family has registered last. */
  definitions: Readonly<Record<string, TaskDefinition>>;
  /** The ARN of what a family has registered last. */
  latest: Readonly<Record<string, string>>;
}

/** What runs by the last record: tells images and numbers, and no environment. */
export function runningOfRecord(
  record: ReleaseRecord | undefined,
  place: { account: string; region: string; cluster: string },
  source: string,
): Running {
  const services = Object.values(record?.services ?? {}).map(({ serviceName, taskDefinition = '', count }): RunningService => {
    return { serviceName, status: 'ACTIVE', taskDefinition, desiredCount: count, controller: 'ECS' };
  });
  return {
    from: record ? 'record' : 'nothing',
    source,
    ...place,
    services: Object.fromEntries(services.map((service) => [service.serviceName, service])),
    definitions: {},
    latest: {},
  };
}

/** A variable of a container: its value, or what it refers to. */
export interface Variable {
  value?: string;
  valueFrom?: string;
}

export function variablesOf(container: ContainerDefinition | undefined): Map<string, Variable> {
  const variables = new Map<string, Variable>();
  for (const { name, value } of container?.environment ?? []) variables.set(name, { value });
  for (const { name, valueFrom } of container?.secrets ?? []) variables.set(name, { valueFrom });
  return variables;
}
