import type { DeployPlan, ProblemCode, RolloutOptions } from '../../src/internal';
import type { Meanwhile } from './run';
import { change, type EcsDouble, NEW, PLACE, service, SERVICES, type Wish } from './kit';

/** One rollout: what is there and what happens, and how it must end. */
export interface Row {
  name: string;
  scenario?: object;
  wish?: Wish;
  /** What the plan says otherwise. */
  plan?: (plan: DeployPlan) => DeployPlan;
  options?: Partial<RolloutOptions>;
  place?: Partial<typeof PLACE>;
  /** Members of a scenario that come after everything has settled. */
  later?: object;
  /** What happens before the deploy begins. */
  before?: (double: EcsDouble) => Promise<unknown>;
  /** Who else is there, what the machine says of time, what the registry lacks. */
  meanwhile?: Omit<Meanwhile, 'kill'>;
  /** How the same ends where proc went first and forced the registry, if that is otherwise. `elsewhere`: what happens at a fixed time would meet proc, and has a row of its own. */
  behindProc?: 'elsewhere' | Pick<Row, 'runs'>;
  /** ECS has not called it completed when the time is over. */
  isNotCompleted?: true;
  /** The exit code. */
  exit: number;
  /** Something that a person must be told. */
  message?: RegExp;
  /** Something that is said on the way. */
  notes?: RegExp;
  /** What every service is on in the end: all of them new or old, or each by name. */
  runs: 'new' | 'old' | Record<string, string>;
  /** The registry may be other than what runs, because AWS could not be asked to put it right, or somebody else's it is. */
  registry?: 'left';
  /** Its text is the golden one of this code in docs/problems.md. */
  golden?: ProblemCode;
  /** Calls that write: none at all. */
  writes?: 'none';
}

export const NO_BREAKER = breaker({ enable: false, rollback: false });
export const NO_WAY_BACK = breaker({ enable: true, rollback: false });

function breaker(deploymentCircuitBreaker: object, of: readonly string[] = SERVICES): object {
  const deploymentConfiguration = { deploymentCircuitBreaker, minimumHealthyPercent: 100, maximumPercent: 200 };
  return { services: SERVICES.map((name) => service(name, of.includes(name) ? { deploymentConfiguration } : {})) };
}

/** What the new image of a service does. */
export function rule(name: string, what: object, more: object = {}): object {
  return { match: { service: `acme-${name}`, image: NEW.slice(7, 20) }, do: what, ...more };
}

export const CRASH = { exit: { code: 3, after: 2, lines: ['Traceback (most recent call last):', 'KeyError: boom'] } };
export const update = (at: number, request: object, op = 'UpdateService') => ({
  at,
  op,
  request: { cluster: PLACE.cluster, ...request },
});
export const INGRESS = { changes: ['ingress'] };
/** Two more services of the same kind in the list would say the same: these rows change one. */
export const UI = { changes: ['ui'] };

/** The double's scenario changes when the new task of ingress runs. */
export function whenItRuns(scenario: object): Meanwhile['somebody'] {
  return async (double) => {
    const asked = { cluster: PLACE.cluster, services: ['acme-ingress'] };
    const { services } = (await double.as('DescribeServices', asked)) as unknown as {
      services: { deployments: { runningCount: number }[] }[];
    };
    const [primary, ...others] = services[0]!.deployments;
    if (primary!.runningCount === 1 && others.length > 0) await change(double, scenario);
  };
}

/** An operator stops the service deployment with ROLLBACK, so many seconds after it began. */
export function rollBack(after: number): Meanwhile['somebody'] {
  const asked = new WeakSet<EcsDouble>();
  return async (double) => {
    const filter = { cluster: PLACE.cluster, service: 'acme-ingress', status: ['IN_PROGRESS'] };
    const answer = asked.has(double) ? undefined : await double.as('ListServiceDeployments', filter);
    const [one] =
      (answer as unknown as { serviceDeployments: { serviceDeploymentArn: string; createdAt: number }[] } | undefined)
        ?.serviceDeployments ?? [];
    if (!one || double.clock.now() < (one.createdAt + after) * 1000) return;
    asked.add(double);
    await double.as('StopServiceDeployment', { serviceDeploymentArn: one.serviceDeploymentArn, stopType: 'ROLLBACK' });
  };
}

/** A load balancer before ingress. */
export const BALANCED = {
  targetGroupArn: `arn:aws:elasticloadbalancing:${PLACE.region}:${PLACE.account}:targetgroup/ingress/0123456789abcdef`,
  containerName: 'ingress',
  containerPort: 8010,
};

/** Whether one service changes, and it is not proc. */
export function isOfOne({ wish = {}, behindProc }: Row): boolean {
  return wish.changes?.length === 1 && wish.changes[0] !== 'proc' && !wish.gateway && behindProc !== 'elsewhere';
}

/** The same row where proc goes first, in the two steps that force the registry. */
export function behindProc({ golden: _, behindProc: otherwise, ...row }: Row): Row {
  const runs = typeof row.runs === 'string' ? row.runs : { ...row.runs, proc: 'proc:2' };
  const wish = { ...row.wish, changes: ['proc', ...row.wish!.changes!] };
  return { ...row, name: `${row.name} (behind proc)`, wish, runs, ...(typeof otherwise === 'object' && otherwise) };
}
