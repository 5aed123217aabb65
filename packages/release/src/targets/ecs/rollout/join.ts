import type { SeenService } from './port';
import { namesOf } from './preflight';
import type { Lookup } from './register';
import type { Run } from './rollout';
import { newTarget, type Target } from './watch';
import { watched, type Failure } from './wave';
import { familyRevision } from '../../../deploy/short-names';

/**
 * What the plan leaves alone is there, or still on its way: the deploy that brought it was stopped, or killed. Such a rollout is watched to its end like any other, because "nothing changes" is no
 * reason to call it good. Writes nothing, and nothing goes back: this plan knows no revision before it. Returns the services as they are then.
 */
export async function joinUnchanged(
  run: Run,
  services: SeenService[],
  found: Lookup,
): Promise<{ services: SeenService[]; failure?: Failure }> {
  const targets: Target[] = [];
  for (const step of run.plan.services) {
    const { service, serviceName, kind, change } = step;
    const taskDefinition = found.steps.get(service)?.arn;
    const there = services.find(({ name }) => name === serviceName);
    const primary = there?.deployments.find(({ status }) => status === 'PRIMARY');
    const isOurs = kind === 'service' && change === 'none' && service !== found.forced?.service;
    if (!isOurs || !primary || primary.taskDefinition !== taskDefinition) continue;
    // Nothing is said of a rollout by other controllers, and by ECS in old regions.
    if (primary.rollout === undefined || primary.rollout === 'COMPLETED') continue;
    const from = familyRevision(taskDefinition);
    run.to.set(service, taskDefinition);
    run.say({ event: 'update', service, taskDefinition, from, deployment: primary.id, joined: true });
    run.inFlight.set(service, `goes to ${from} (${primary.id})`);
    // It told its story before this run began.
    const since = Math.min(run.clock.now(), primary.updatedAt - 5_000);
    targets.push(newTarget(run, step, { deployment: primary.id, taskDefinition, before: [], since }, step.digests));
  }
  if (targets.length === 0) return { services };
  const failure = await watched(run, targets);
  return { services: await run.ecs.services(namesOf(run)), ...(failure && { failure }) };
}
