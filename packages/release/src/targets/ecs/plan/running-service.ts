import type { Problem } from '../../../problem/problem';
import { findProblem } from '../../../deploy/checks/check';
import { type ServiceFacts, UPDATE_CHECKS } from '../../../deploy/checks/service';
import type { Service } from '../../../environment/environment';
import type { ReleaseRecord } from '../../../deploy/record';
import { serviceContainer } from '../task-definition/update-task-definition';
import type { Running, RunningService } from './running';
import type { ContainerDefinition, TaskDefinition } from '../task-definition/task-definition';

interface Input {
  running: Running;
  record?: ReleaseRecord;
}

export function runningService({ serviceName }: Service, { services }: Running): RunningService | undefined {
  return Object.hasOwn(services, serviceName) ? services[serviceName] : undefined;
}

/** The task definition that a service runs. postgres-setup is not a service: it has that of its last successful run, else the latest of its family. */
export function runningDefinition(service: Service, { running, record }: Input): TaskDefinition | undefined {
  const arn = runningService(service, running)?.taskDefinition;
  const recorded = service.component === 'postgres-setup' ? record?.services[service.name]?.taskDefinition : undefined;
  const latest = Object.hasOwn(running.latest, service.family) ? running.latest[service.family] : undefined;
  for (const each of [arn, recorded, latest])
    if (each !== undefined && Object.hasOwn(running.definitions, each)) return running.definitions[each];
  return undefined;
}

export function runningContainer(service: Service, input: Input): ContainerDefinition | undefined {
  const definition = runningDefinition(service, input);
  return definition && serviceContainer(definition, service);
}

/** Services that cannot be updated: missing, being deleted, or not deployed by ECS itself. */
export function findServiceProblems(services: readonly Service[], running: Running): Problem[] {
  return services
    .filter(({ component }) => component !== 'postgres-setup')
    .flatMap((service) => findProblem(UPDATE_CHECKS, service.serviceName, serviceFacts(service, running)) ?? []);
}

/** ECS still describes a service for some time after it was deleted, as INACTIVE. */
function serviceFacts(service: Service, running: Running): ServiceFacts {
  const { region, cluster } = running;
  const found = runningService(service, running);
  if (!found || found.status === 'INACTIVE') return { exists: false, region, cluster };
  return { exists: true, region, cluster, status: found.status, controller: found.controller };
}
