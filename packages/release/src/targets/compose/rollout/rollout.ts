import { KdcubeError } from '../../../problem/problem';
import type { ComposePlan, ComposeStep } from '../plan/compose-plan';
import type { HostRelease } from '../plan/host-release';
import type { ComposeOptions, ComposePorts } from './port';

/** One rollout of a plan. `progress` is filled on the way. */
export interface ComposeRollout extends Readonly<ComposePorts> {
  readonly plan: ComposePlan;
  readonly options: ComposeOptions;
  readonly startedAt: number;
  /** The release that this rollout starts, once it has a number on the host. */
  readonly next?: HostRelease;
  /** The last release that succeeded on the host. */
  readonly previous?: HostRelease;
  readonly progress: {
    /** A container was started, stopped or removed. */
    hasChanged: boolean;
    /** Services that this rollout started anew, in order. */
    updated: ComposeStep[];
    /** Files that the platform edits too and that this rollout wrote, with their content before. */
    configBefore: Map<string, string | undefined>;
  };
}

export function newRollout(plan: ComposePlan, ports: ComposePorts, options: ComposeOptions): ComposeRollout {
  return {
    ...ports,
    plan,
    options,
    startedAt: ports.clock.now(),
    progress: { hasChanged: false, updated: [], configBefore: new Map() },
  };
}

/** Sleeps, and ends early on Ctrl-C. */
export async function pause(rollout: ComposeRollout, milliseconds: number): Promise<void> {
  const { stop } = rollout.options;
  checkStop(rollout);
  await (stop ? Promise.race([rollout.clock.sleep(milliseconds), stop.requested]) : rollout.clock.sleep(milliseconds));
  checkStop(rollout);
}

/** Called before every change, so that Ctrl-C never cuts one off. */
export function checkStop({ options, plan, progress }: ComposeRollout): void {
  if (!options.stop?.isRequested()) return;
  const updated = progress.updated.map(({ service }) => service);
  throw new KdcubeError({
    code: 'interrupted',
    message: `The deploy of ${plan.release} was interrupted. ${updated.length > 0 ? `Updated so far: ${updated.join(', ')}.` : 'No service was updated.'}`,
    hint: `${options.resumeCommand}    continues; nx run release:rollback:${plan.environment}    rolls back`,
  });
}
