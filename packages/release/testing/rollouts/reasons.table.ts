import { service, SERVICES } from './kit';
import { CRASH, INGRESS, NO_BREAKER, rule, type Row } from './row';

const NEW_INGRESS = { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' };
const ROLE =
  "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/execution' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role";
const NOT_WAITING = 'cannot heal on its own: not waiting any longer';

/** A failure of ingress that no later task can avoid, in a service without a circuit breaker. */
function permanent(name: string, what: object, exit: number, message: RegExp): Row {
  return { name, wish: INGRESS, scenario: { ...NO_BREAKER, rules: [rule('ingress', what)] }, exit, message, runs: 'old' };
}

/** A failure of ingress, where DescribeTasks lists stopped tasks for so many seconds without their exit codes. */
function delayedExitCode(name: string, seconds: number, exit: object, message: RegExp): Row {
  const scenario = { timing: { exitCode: seconds }, rules: [rule('ingress', { exit })] };
  return { name, wish: INGRESS, scenario, exit: 12, message, runs: 'old' };
}

/** Why a rollout failed: what ends the wait, and which reason the verdict has. */
export const REASONS: Row[] = [
  permanent(
    'no circuit breaker, and the image never comes',
    { pull: 'x' },
    10,
    new RegExp(`CannotPull.*3 tasks.*${NOT_WAITING}`, 's'),
  ),
  permanent(
    'no circuit breaker, and the secret does not exist',
    { secret: "ResourceNotFoundException: Secrets Manager can't find the specified secret." },
    11,
    new RegExp(`find the specified secret.*3 tasks.*${NOT_WAITING}`, 's'),
  ),
  permanent(
    'no circuit breaker, and the image is for another processor',
    { exit: { code: 1, after: 1, lines: ['exec /usr/local/bin/python: exec format error'] } },
    12,
    new RegExp(`${NOT_WAITING}.*exec format error`, 's'),
  ),
  permanent(
    'no circuit breaker, and the command does not exist',
    { exit: { code: 127, after: 1 } },
    12,
    new RegExp(`127.*${NOT_WAITING}`, 's'),
  ),
  permanent(
    'no circuit breaker, and the role cannot be assumed',
    { launch: ROLE },
    17,
    new RegExp(`unable to assume the role.*${NOT_WAITING}`, 's'),
  ),
  {
    name: 'no circuit breaker, and a pull that times out three times succeeds',
    wish: INGRESS,
    scenario: { ...NO_BREAKER, rules: [rule('ingress', { pull: 'dial tcp 10.0.0.1:443: i/o timeout' }, { times: 3 })] },
    exit: 0,
    runs: NEW_INGRESS,
  },
  {
    name: 'the role cannot be assumed',
    wish: INGRESS,
    scenario: { rules: [rule('ingress', { launch: ROLE })] },
    exit: 17,
    message: /Failed to launch a task with \(error ECS was unable to assume the role .*checks the roles of the tasks/s,
    runs: 'old',
  },
  {
    name: 'the subnet does not exist any more',
    wish: INGRESS,
    scenario: { rules: [rule('ingress', { launch: "InvalidSubnetID.NotFound: The subnet ID 'subnet-1' does not exist" })] },
    exit: 17,
    message: /Failed to launch a task with \(error InvalidSubnetID\.NotFound/,
    runs: 'old',
  },
  {
    name: 'the account has reached its limit of tasks',
    wish: INGRESS,
    scenario: {
      rules: [rule('ingress', { launch: "You've reached the limit on the number of tasks you can run concurrently" })],
    },
    exit: 17,
    message: /reached the limit on the number of tasks/,
    runs: 'old',
  },
  {
    name: 'the deployment configuration leaves no room for a new task',
    wish: INGRESS,
    scenario: {
      services: SERVICES.map((name) =>
        service(name, name === 'ingress' ? { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 150 } } : {}),
      ),
    },
    // The service cannot start a task of its previous revision either.
    behindProc: { runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' } },
    exit: 23,
    message: new RegExp(`Was unable to stop or start tasks .* service deployment configuration.*${NOT_WAITING}`),
    runs: 'old',
  },
  delayedExitCode('the exit code of a crash comes later', 20, CRASH.exit, /exit code 3.*boom/s),
  delayedExitCode('out of memory, and the reason comes later', 45, { code: 137, after: 5 }, /137.*OutOfMemory/s),
  delayedExitCode('the exit code of a crash never comes', 100_000, CRASH.exit, /ECS reports no exit code.*boom/s),
  {
    name: 'the exit code of the setup comes later',
    wish: { setup: true },
    scenario: { timing: { exitCode: 30 }, rules: [{ match: { oneOff: true }, do: { exit: { code: 0, after: 5 } } }] },
    exit: 0,
    runs: 'new',
  },
  {
    name: 'the exit code of a setup that fails comes later',
    wish: { setup: true },
    scenario: { timing: { exitCode: 30 }, rules: [{ match: { oneOff: true }, do: CRASH }] },
    exit: 22,
    message: /exit code 3.*boom/s,
    runs: 'old',
  },
];
