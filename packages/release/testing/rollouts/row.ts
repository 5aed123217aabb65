import type { DeployPlan, ProblemCode, RolloutOptions } from '../../src/internal';
import type { BundleAnswers } from './bundles';
import type { Meanwhile } from './run';
import { change, type EcsDouble, NEW, PLACE, service, SERVICES, type Wish } from './kit';

/** One rollout: the environment, what happens, and how it must end. */
export interface Row {
  name: string;
  scenario?: object;
  wish?: Wish;
  /** Changes the plan. */
  plan?: (plan: DeployPlan) => DeployPlan;
  options?: Partial<RolloutOptions>;
  place?: Partial<typeof PLACE>;
  /** Members of a scenario that come after everything has settled. */
  later?: object;
  /** What happens before the deploy begins. */
  before?: (double: EcsDouble) => Promise<unknown>;
  /** Other clients, the clock of the machine, images that the registry lacks. */
  meanwhile?: Omit<Meanwhile, 'kill' | 'bundles'>;
  /** The end if proc goes first and forces the registry, where it differs. `elsewhere`: what happens at a fixed time would affect proc, and has a row of its own. */
  behindProc?: 'elsewhere' | Pick<Row, 'runs'>;
  /** ECS does not report COMPLETED before the timeout. */
  isNotCompleted?: true;
  /** A service has a strategy with stages: BLUE_GREEN, LINEAR, CANARY. */
  native?: true;
  /** It ended early, as asked: tasks of both revisions run. */
  bothRun?: true;
  /** The exit code. */
  exit: number;
  /** What the problem must contain. */
  message?: RegExp;
  /** The reason in the release record. */
  recorded?: RegExp;
  /** What the notes must contain. */
  notes?: RegExp;
  /** The revision of every service in the end: all new or all old, or each by name. */
  runs: 'new' | 'old' | Record<string, string>;
  /** The registry may differ from what runs: AWS did not respond, or another deploy owns it. */
  registry?: 'left';
  /** Its text is the golden one of this code in docs/problems.md. */
  golden?: ProblemCode;
  /** Not through the AWS SDK: after the first error it corrects its clock by the double's and sends the call once more, which a fault of a single call does not survive. */
  withoutSdk?: true;
  /** What Secrets Manager has in the end, by the name of the secret. */
  secrets?: Record<string, unknown>;
  /** The ids of the bundles that proc has in Redis in the end. */
  reloaded?: readonly string[];
  /** What proc answers about its bundles; the plan then has `readiness`. */
  bundles?: BundleAnswers;
  /** What was pinned runs, although the verdict is a failure. */
  isPinned?: true;
  /** No call that writes succeeds. */
  writes?: 'none';
}

export const NO_BREAKER = breaker({ enable: false, rollback: false });
export const NO_ROLLBACK = breaker({ enable: true, rollback: false });

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
/** These rows change one service. */
export const UI = { changes: ['ui'] };

/** Changes the scenario of the double when the new task of ingress runs. */
export function whenItRuns(scenario: object): Meanwhile['afterSleep'] {
  return async (double) => {
    const asked = { cluster: PLACE.cluster, services: ['acme-ingress'] };
    const { services } = (await double.as('DescribeServices', asked)) as unknown as {
      services: { deployments: { runningCount: number }[] }[];
    };
    const [primary, ...others] = services[0]!.deployments;
    if (primary!.runningCount === 1 && others.length > 0) await change(double, scenario);
  };
}

/** An operator stops the service deployment with ROLLBACK, so many seconds after it started. */
export function rollBack(after: number): Meanwhile['afterSleep'] {
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
