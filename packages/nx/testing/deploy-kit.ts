import { type Acme, acme } from './acme-kit';
import { type EcsDouble, ecsDouble, emptyDefinition, emptyService, restoreVariables, useDouble, useDoubleClock } from './aws-kit';
import { captureOutput, releaseContext } from './capture-output';

type Executor = (options: never, context: never) => Promise<{ success: boolean }>;

/** A workspace beside the stand-in for ECS, on its clock. */
export interface DeployWorld {
  ours: Acme;
  ecs: EcsDouble;
  /** What the last `run` said. */
  output: string;
  /** Runs an executor, and returns whether it succeeded. */
  run(executor: Executor, options?: object): Promise<boolean>;
  /** How many calls of these operations the product has made. */
  writes(operations?: readonly string[]): number;
}

const WRITES = ['RegisterTaskDefinition', 'UpdateService', 'RunTask', 'TagResource'];
const BREAKER = { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } };

/** The options of a deploy and of a rollback, as Nx fills them in. */
export const ROLLOUT = { onFailure: 'rollback', timeout: 40, wait: 0, dryRun: false, json: false } as const;

/** Services that run something else, by name and task definition. */
export function servicesOf(definitions: Record<string, string>, hasBreaker = false): object {
  return {
    clusters: ['acme'],
    taskDefinitions: Object.values(definitions).map((family) => emptyDefinition(family)),
    services: Object.entries(definitions).map(([name, family]) => ({
      ...emptyService(name, family),
      ...(hasBreaker && BREAKER),
    })),
  };
}

/** For each test of a file a workspace and a stand-in for ECS with this scenario. */
export function captureDeploys(scenario: object): DeployWorld {
  const variables = { ...process.env };
  let restoreClock: () => void;
  const at = {
    output: '',
    async run(executor: Executor, options: object = {}) {
      at.output = '';
      return (await executor(options as never, releaseContext(at.ours.root))).success;
    },
    writes: (operations = WRITES) =>
      at.ecs.journal.entries.filter(({ op, by }) => by === undefined && operations.includes(op)).length,
  } as DeployWorld;
  beforeEach(async () => {
    at.ours = await acme();
    at.ecs = await ecsDouble(scenario);
    useDouble(at.ecs);
    restoreClock = await useDoubleClock(at.ecs);
    at.output = '';
    captureOutput((text) => (at.output += text));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    restoreClock();
    await at.ecs.close();
    await at.ours.end();
    restoreVariables(variables);
  });
  return at;
}
