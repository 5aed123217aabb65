import { definition, OLD, SERVICES } from './kit';
import { CRASH, INGRESS, type Row, rule, update } from './row';

const PASS_ROLE =
  'User: arn:aws:sts::123456789012:assumed-role/deployer/session is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/execution because no identity-based policy allows the iam:PassRole action';
/** proc runs its new revision, and ingress the old one. */
const HALF = { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' };
/** proc runs with the FORCE flag. */
const FLAGGED = { proc: 'proc:3', ingress: 'ingress:1', ui: 'ui:1' };
const FLAG_OFF = '--service acme-proc --task-definition acme-proc:2 {4}removes the FORCE flag';

/** One UpdateService is refused, that of the second wave: AWS accepts every other one. */
function refusedOnce(name: string, fault: object, row: Pick<Row, 'exit' | 'runs' | 'message'> & Partial<Row>): Row {
  const scenario = { faults: [{ op: 'UpdateService', from: 180, times: 1, ...fault }] };
  return { name, scenario, withoutSdk: true, ...row };
}

/** Every UpdateService fails in this way, from so many seconds on. */
function failsFrom(from: number, name: string, error: string, row: Pick<Row, 'exit' | 'runs' | 'message' | 'registry'>): Row {
  return { name, scenario: { faults: [{ op: 'UpdateService', error, from }] }, ...row };
}

/** What is reported is what AWS confirmed. */
export const CONFIRMED: Row[] = [
  refusedOnce(
    'only the update of the second wave is denied: the first one is rolled back',
    { error: 'AccessDeniedException' },
    { exit: 33, message: /ecs:UpdateService.*proc runs acme-proc:1 \(as before\)/s, runs: 'old' },
  ),
  refusedOnce(
    'only the update of the second wave is invalid for ECS: the first one is rolled back',
    { error: 'InvalidParameterException', message: 'The desired count is too high.' },
    { exit: 34, message: /The desired count is too high.*proc runs acme-proc:1 \(as before\)/s, runs: 'old' },
  ),
  refusedOnce(
    'only the update of the second wave is denied, with --onFailure=stop',
    { error: 'AccessDeniedException' },
    { exit: 33, options: { onFailure: 'stop' }, message: /Updated: proc to acme-proc:2\.$/m, runs: HALF },
  ),
  {
    name: 'ingress crashes, and the rollback is denied: the crash is reported as well',
    scenario: { rules: [rule('ingress', CRASH)], faults: [{ op: 'UpdateService', error: 'AccessDeniedException', from: 260 }] },
    exit: 33,
    message: /ecs:UpdateService.*ingress did not come up with acme-ingress:2.*KeyError: boom/s,
    registry: 'left',
    runs: HALF,
  },
  {
    name: 'another deploy takes over a service, and a call is denied: nothing is rolled back',
    scenario: {
      taskDefinitions: [...SERVICES.map((name) => definition(name, OLD)), definition('other', OLD)],
      script: [update(230, { service: 'acme-ingress', taskDefinition: 'acme-other:1' })],
      faults: [{ op: 'DescribeServices', error: 'AccessDeniedException', from: 230, times: 1 }],
    },
    withoutSdk: true,
    exit: 18,
    message: /acme-other:1/,
    runs: { proc: 'proc:2', ingress: 'other:1', ui: 'ui:1' },
  },
  failsFrom(180, 'the update of the second wave is denied', 'AccessDeniedException', {
    exit: 33,
    message: /Updated: proc to acme-proc:2\.$/m,
    runs: HALF,
  }),
  failsFrom(180, 'the update of the second wave is throttled for ever', 'ThrottlingException', {
    exit: 31,
    message: /Updated: proc to acme-proc:2\.$/m,
    runs: HALF,
  }),
  failsFrom(180, 'the update of the second wave gets no response', 'ServerException', {
    exit: 32,
    message: /Updated: proc to acme-proc:2\. Not confirmed by AWS: ingress to acme-ingress:2\.$/m,
    runs: HALF,
  }),
  failsFrom(0, 'the first update is throttled for ever', 'ThrottlingException', {
    exit: 31,
    message: /No service was updated\.$/m,
    runs: 'old',
  }),
  failsFrom(60, 'the update that removes the FORCE flag is throttled for ever', 'ThrottlingException', {
    exit: 31,
    message: new RegExp(`removes the FORCE flag.*Updated: proc to acme-proc:3 \\(with the FORCE flag\\)\\.$`, 'ms'),
    registry: 'left',
    runs: FLAGGED,
  }),
  failsFrom(60, 'the update that removes the FORCE flag is denied', 'AccessDeniedException', {
    exit: 33,
    message: new RegExp(FLAG_OFF),
    registry: 'left',
    runs: FLAGGED,
  }),
  failsFrom(60, 'the update that removes the FORCE flag gets no response', 'ServerException', {
    exit: 32,
    message: new RegExp(FLAG_OFF),
    registry: 'left',
    runs: FLAGGED,
  }),
  {
    name: 'a role may not be passed',
    wish: INGRESS,
    scenario: { faults: [{ op: 'RegisterTaskDefinition', error: 'AccessDeniedException', message: PASS_ROLE }] },
    exit: 33,
    message: /is not authorized to perform: iam:PassRole on resource/,
    runs: 'old',
  },
  {
    name: 'a role may not be passed, and AWS calls it a ClientException',
    wish: INGRESS,
    scenario: { faults: [{ op: 'RegisterTaskDefinition', error: 'ClientException', message: PASS_ROLE }] },
    exit: 33,
    message: /is not authorized to perform: iam:PassRole on resource/,
    runs: 'old',
  },
  ...['ThrottlingException', 'ServerException', 'AccessDeniedException'].map((error) => ({
    name: `the lock cannot be renewed after the first wave (${error})`,
    scenario: { faults: [{ op: 'TagResource', error, from: 60 }] },
    exit: 0,
    notes: /The lock of the environment was not renewed; it is valid until/,
    runs: 'new' as const,
  })),
  {
    name: 'the lock can neither be renewed nor removed',
    wish: INGRESS,
    scenario: { faults: [{ op: ['TagResource', 'UntagResource'], error: 'ThrottlingException', from: 20 }] },
    behindProc: 'elsewhere',
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' },
  },
];
