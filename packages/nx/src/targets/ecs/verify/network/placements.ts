import type { Environment } from '@kdcube/release/internal';
import type { RunningService } from '../services';

/** Where tasks start: one network configuration, and everything that uses it. */
export interface Placement {
  /** Services, or the keys of the environment that configure it. */
  names: string[];
  subnets: string[];
  securityGroups: string[];
  /** The additional tasks while all services are replaced at once. */
  extraTasks: number;
}

/** The placements of the running services and of the environment. Equal network configurations are one placement. */
export function placementsOf({ ecs, exec }: Environment, running: readonly RunningService[]): Placement[] {
  const all: Placement[] = running.map(({ service, network, desired }) => ({
    names: [service.name],
    ...network,
    extraTasks: service.count ?? desired,
  }));
  if (ecs.subnets.length > 0) all.push({ names: ['ecs.subnets'], ...ecs, extraTasks: 0 });
  if (exec?.fargate) all.push({ names: ['exec'], ...exec.fargate, extraTasks: 1 });
  const placements = new Map<string, Placement>();
  for (const { names, subnets, securityGroups, extraTasks } of all) {
    if (subnets.length === 0 && securityGroups.length === 0) continue;
    const key = JSON.stringify([[...subnets].sort(), [...securityGroups].sort()]);
    const same = placements.get(key) ?? { names: [], subnets, securityGroups, extraTasks: 0 };
    placements.set(key, { ...same, names: [...same.names, ...names], extraTasks: same.extraTasks + extraTasks });
  }
  return [...placements.values()];
}
