import type { Environment } from '@kdcube/release';
import type { FoundService } from './services';

/** Where tasks are started: the subnets and security groups of one network configuration, and what is started with it. */
export interface Place {
  /** The services, or the key of the environment that says it. */
  names: string[];
  subnets: string[];
  securityGroups: string[];
  /** How many more tasks there are while all of it is replaced. */
  tasks: number;
}

/** The places of an environment: of its services as they run, and what it says itself. Those that are the same are one. */
export function placesOf({ ecs, exec }: Environment, found: readonly FoundService[]): Place[] {
  const all: Place[] = found.map(({ service, network, desired }) => ({
    names: [service.name],
    ...network,
    tasks: service.count ?? desired,
  }));
  if (ecs.subnets.length > 0) all.push({ names: ['ecs.subnets'], ...ecs, tasks: 0 });
  if (exec?.fargate) all.push({ names: ['exec'], ...exec.fargate, tasks: 1 });
  const places = new Map<string, Place>();
  for (const { names, subnets, securityGroups, tasks } of all) {
    if (subnets.length === 0 && securityGroups.length === 0) continue;
    const key = JSON.stringify([[...subnets].sort(), [...securityGroups].sort()]);
    const same = places.get(key) ?? { names: [], subnets, securityGroups, tasks: 0 };
    places.set(key, { ...same, names: [...same.names, ...names], tasks: same.tasks + tasks });
  }
  return [...places.values()];
}
