import type { DeployPlan, Outcome, RolloutEvent, RolloutOptions } from '../../src/internal';
import { exitCode, KdcubeError, rollOut } from '../../src/internal';
import type { Clock } from '../../src/deploy/clock';
import type { Ecs, Images, Readiness } from '../../src/targets/ecs/rollout/port/port';
import { readinessOf, type BundleAnswers } from './bundles';
import { ecsOf } from './ecs';
import { PLACE, type EcsDouble } from './kit';

export interface Ended {
  exit: number;
  /** The printed problem. */
  message: string;
  codes: string[];
  events: RolloutEvent[];
  outcome?: Outcome;
}

const MINUTE = 60_000;

/** The clocks of a machine, as @kdcube/nx reads them (packages/nx/src/aws/clock.ts). */
interface Machine {
  wall(): number;
  counted(): number;
}

/** What happens beside a rollout. */
export interface Meanwhile {
  /** What happens each time the rollout has slept: another client acts, or Ctrl-C. */
  afterSleep?: (double: EcsDouble) => Promise<unknown>;
  kill?: Kill;
  onEvent?: (event: RolloutEvent) => void;
  /** The clocks of the machine, if they are not those of the double. Only the client of @kdcube/nx reads them. */
  machine?: (double: EcsDouble) => Partial<Machine>;
  /** Images that the registry does not have, by a part of their reference. */
  missing?: string;
  /** What proc answers about its bundles. */
  bundles?: BundleAnswers;
}

/** kill -9 right after a call, before its response arrives. */
export interface Kill {
  after: number;
  /** The names of the calls that were made. */
  calls: string[];
  end: () => void;
  happened: Promise<'killed'>;
}

export function killAfter(after: number): Kill {
  let end = (): void => undefined;
  const happened = new Promise<'killed'>((resolve) => (end = () => resolve('killed')));
  return { after, calls: [], end, happened };
}

/** The port of a process that is killed: the last call gets no response, and no other call follows. */
function withKill(ecs: Ecs, kill: Kill | undefined): Ecs {
  if (!kill) return ecs;
  return Object.fromEntries(
    Object.entries(ecs).map(([name, value]) => {
      if (typeof value !== 'function') return [name, value];
      const call = value as (...given: unknown[]) => Promise<unknown>;
      const counted = async (...given: unknown[]) => {
        const number = kill.calls.push(name);
        const response = number > kill.after ? undefined : await call(...given);
        if (number < kill.after) return response;
        kill.end();
        return new Promise(() => undefined);
      };
      return [name, counted];
    }),
  ) as unknown as Ecs;
}

export type Deploy = (
  double: EcsDouble,
  plan: DeployPlan,
  options?: Partial<RolloutOptions>,
  place?: Partial<typeof PLACE>,
  meanwhile?: Meanwhile,
) => Promise<Ended>;

/** The rollout core on the double, in this process and in the double's time. */
export const deploy: Deploy = (double, plan, options = {}, place = {}, meanwhile = {}) =>
  rollOutWith(ecsOf(double, { ...PLACE, ...place }), double.time, { double, plan, options, meanwhile });

/** The rollout core with any port of ECS. */
export async function rollOutWith(
  ecs: Ecs,
  time: Clock,
  run: {
    double: EcsDouble;
    plan: DeployPlan;
    options: Partial<RolloutOptions>;
    meanwhile: Meanwhile;
    /** Default: the stand-in of `meanwhile.bundles`. */
    readiness?: Readiness;
  },
): Promise<Ended> {
  const { afterSleep, kill, onEvent, missing, bundles } = run.meanwhile;
  const events: RolloutEvent[] = [];
  const clock = {
    now: time.now,
    async sleep(milliseconds: number) {
      await time.sleep(milliseconds);
      await afterSleep?.(run.double);
    },
  };
  const report = (event: RolloutEvent) => {
    events.push(event);
    onEvent?.(event);
  };
  const readiness = run.readiness ?? (bundles && readinessOf(bundles, time.now));
  const readinessPort = readiness && { readiness };
  const ports = { ecs: withKill(ecs, kill), clock, images: imagesWithout(missing), report, ...readinessPort };
  const defaults = { planId: 'plan-a', timeout: 40 * MINUTE, onFailure: 'rollback', lockTimeout: 0 } as const;
  try {
    const rollout = rollOut(run.plan, ports, { ...defaults, ...run.options });
    const outcome = await Promise.race([rollout, ...(kill ? [kill.happened] : [])]);
    if (outcome === 'killed') return { exit: 137, message: '', codes: [], events };
    const problems = outcome.problem?.problems ?? [];
    const message = outcome.problem?.message ?? '';
    return { exit: outcome.exitCode, message, codes: problems.map(({ code }) => code), events, outcome };
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    const codes = error.problems.map(({ code }) => code);
    return { exit: exitCode(codes[0]!), message: error.message, codes, events };
  }
}

function imagesWithout(missing: string | undefined): Images {
  return {
    findProblem: async ({ reference }) =>
      missing !== undefined && reference.includes(missing)
        ? { code: 'image-not-found', message: `${reference} does not exist.` }
        : undefined,
  };
}
