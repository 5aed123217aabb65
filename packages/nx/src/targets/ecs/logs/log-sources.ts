import type { Ecs, Service, TaskDefinition } from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import { readTaskDefinitions } from '../ecs-port';

/** Where the tasks of a service write: all streams of a log group with a prefix. */
export interface LogSource {
  service: string;
  group: string;
  prefix: string;
}

/** As the task definitions that run say it; those of services that are not at ECS, such as the database setup, by their family. */
export async function findLogSources(ecs: Ecs, services: readonly Service[], log: Pick<Log, 'note'>): Promise<LogSource[]> {
  const running = new Map(
    (await ecs.describeServices(services.map(({ serviceName }) => serviceName))).map((one) => [one.name, one]),
  );
  const named = services.map((service) => ({
    service,
    definition: running.get(service.serviceName)?.taskDefinition ?? service.family,
  }));
  const definitions = await readTaskDefinitions(
    ecs,
    named.map(({ definition }) => definition),
  );
  return named.flatMap(({ service, definition }) => {
    const source = sourceOf(service, definitions.get(definition));
    if (typeof source !== 'string') return [source];
    log.note(`no log of ${service.name}: ${source}`);
    return [];
  });
}

function sourceOf({ name, container }: Service, definition: TaskDefinition | undefined): LogSource | string {
  if (!definition) return 'it has never been deployed';
  const found = definition.containerDefinitions.find((one) => one.name === container) ?? definition.containerDefinitions[0];
  const configuration = found?.logConfiguration as { logDriver?: string; options?: Record<string, string> } | undefined;
  if (!found || configuration?.logDriver !== 'awslogs') return 'its container does not write to CloudWatch Logs';
  const { 'awslogs-group': group, 'awslogs-stream-prefix': prefix } = configuration.options ?? {};
  if (group === undefined || prefix === undefined)
    return 'its log configuration has no awslogs-group or no awslogs-stream-prefix';
  return { service: name, group, prefix: `${prefix}/${found.name}/` };
}
