import type { DeployPlan, Ecs, Images, Outcome, RolloutEvent, RolloutOptions } from '@kdcube/release/internal';
import { carryOut, exitCode, KdcubeError } from '@kdcube/release/internal';
import { connectAws } from '../../src/aws/client';
import { awsClock, type Machine } from '../../src/aws/clock';
import { ecsPort } from '../../src/targets/ecs/ecs-port';
import { PLACE, type EcsDouble } from './kit';

export interface Ended {
  exit: number;
  /** What a person reads. */
  said: string;
  codes: string[];
  events: RolloutEvent[];
  outcome?: Outcome;
}

export const MINUTE = 60_000;

export interface Meanwhile {
  /** Somebody else does something whenever the deploy has slept. */
  somebody?: (double: EcsDouble) => Promise<unknown>;
  kill?: Kill;
  /** Hears what is said, when it is said. */
  hear?: (event: RolloutEvent) => void;
  /** What the machine says of time, where it is not the double's own time. */
  machine?: (double: EcsDouble) => Partial<Machine>;
  /** Images that the registry does not have, by a part of their reference. */
  missing?: string;
}

/** kill -9 right after a call, before its answer is heard. */
export interface Kill {
  after: number;
  calls: string[];
  die: () => void;
  happened: Promise<'killed'>;
}

export function killAfter(after: number): Kill {
  let die = (): void => undefined;
  const happened = new Promise<'killed'>((resolve) => (die = () => resolve('killed')));
  return { after, calls: [], die, happened };
}

/** The port of a process that dies: after the last call nothing comes back, and nothing more is asked. */
function killed(ecs: Ecs, kill: Kill | undefined): Ecs {
  if (!kill) return ecs;
  return Object.fromEntries(
    Object.entries(ecs).map(([name, value]) => {
      if (typeof value !== 'function') return [name, value];
      const call = value as (...given: unknown[]) => Promise<unknown>;
      const counted = async (...given: unknown[]) => {
        const number = kill.calls.push(name);
        const answer = number > kill.after ? undefined : await call(...given);
        if (number < kill.after) return answer;
        kill.die();
        return new Promise(() => undefined);
      };
      return [name, counted];
    }),
  ) as unknown as Ecs;
}

/** The real client against the double, in its time. */
export async function deploy(
  double: EcsDouble,
  plan: DeployPlan,
  options: Partial<RolloutOptions> = {},
  place: Partial<typeof PLACE> = {},
  { somebody = async () => undefined, kill, hear, machine, missing }: Meanwhile = {},
): Promise<Ended> {
  const { region, cluster } = { ...PLACE, ...place };
  const { now, sleep } = double.time;
  const time = machine ? awsClock({ wall: now, counted: now, sleep, ...machine(double) }) : double.time;
  const aws = await connectAws(region, time);
  const events: RolloutEvent[] = [];
  // Somebody else does something while the deploy sleeps.
  const clock = {
    now: time.now,
    sleep: (ms: number) =>
      time
        .sleep(ms)
        .then(() => somebody(double))
        .then(() => undefined),
  };
  const images: Images = {
    problemOf: async ({ reference }) =>
      missing !== undefined && reference.includes(missing)
        ? { code: 'image-not-found', message: `${reference} does not exist.` }
        : undefined,
  };
  const say = (event: RolloutEvent) => {
    events.push(event);
    hear?.(event);
  };
  const ports = { ecs: killed(ecsPort(aws, cluster), kill), clock, images, say };
  const all: RolloutOptions = { id: 'plan-a', timeout: 40 * MINUTE, onFailure: 'rollback', wait: 0, ...options };
  try {
    const outcome = await Promise.race([carryOut(plan, ports, all), ...(kill ? [kill.happened] : [])]);
    if (outcome === 'killed') return { exit: 137, said: '', codes: [], events };
    const problems = outcome.problem?.problems ?? [];
    return {
      exit: outcome.exitCode,
      said: outcome.problem?.message ?? '',
      codes: problems.map(({ code }) => code),
      events,
      outcome,
    };
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    return {
      exit: exitCode(error.problems[0]!.code),
      said: error.message,
      codes: error.problems.map(({ code }) => code),
      events,
    };
  } finally {
    aws.close();
  }
}
