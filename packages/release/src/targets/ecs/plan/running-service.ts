import type { Problem } from '../../../problem/problem';
import { quoted } from '../../../problem/problem';
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
  return services.flatMap((service): Problem[] => {
    if (service.component === 'postgres-setup') return [];
    const { serviceName } = service;
    const found = runningService(service, running);
    if (!found || found.status === 'INACTIVE')
      return [
        {
          code: 'service-missing',
          message: `The cluster ${quoted(running.cluster)} has no service ${quoted(serviceName)}${found ? ': it was deleted' : ''}. A deploy updates services and does not create them.`,
          hint: `aws ecs list-services --cluster ${running.cluster} --region ${running.region}    then service_name: of ${service.name}`,
        },
      ];
    if (found.status !== 'ACTIVE')
      return [
        {
          code: 'service-not-deployable',
          message: `${quoted(serviceName)} is ${found.status}: it is being deleted, and ECS does not update it.`,
          hint: `aws ecs wait services-inactive --cluster ${running.cluster} --services ${serviceName}    then create it again`,
        },
      ];
    if (found.controller !== 'ECS')
      return [
        {
          code: 'service-not-deployable',
          message: `${quoted(serviceName)} is deployed by ${found.controller}. Only services with the deployment controller ECS (rolling update) can be updated.`,
          hint: `create the service again with the deployment controller ECS, or remove ${service.name} from the environment`,
        },
      ];
    return [];
  });
}
