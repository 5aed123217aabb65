import { failureSignature, isPermanent } from './permanent';

const pull = (text: string) => ({ code: 'image-pull-failed' as const, text: `CannotPullContainerError: ${text}` });
const init = (text: string) => ({ code: 'secret-unreadable' as const, text: `ResourceInitializationError: ${text}` });
const crash = (text: string, lines: string[] = []) => ({ code: 'container-crashed' as const, text, lines });
const other = (text: string) => ({ code: 'rollout-failed' as const, text });

it.each([
  pull('pull image manifest has been retried 1 time(s): failed to resolve ref registry.example/a:1: not found'),
  pull('pull access denied for docker.io/library/api/other, repository does not exist or may require authorization'),
  pull("image Manifest does not contain descriptor matching platform 'linux/amd64'"),
  pull('Error response from daemon: manifest unknown'),
  init("unable to pull secrets or registry auth: ResourceNotFoundException: Secrets Manager can't find the specified secret."),
  init('unable to pull secrets or registry auth: execution resource retrieval failed: AccessDeniedException'),
  init('failed to validate logger args: The specified log group does not exist.'),
  crash('The container app ended with exit code 1.', ['exec /usr/local/bin/python: exec format error']),
  crash('The container app ended with exit code 127.'),
  crash('The container app ended with exit code 126.'),
  crash('CannotStartContainerError: exec: "start.sh": executable file not found in $PATH'),
  other("failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::1:role/x')"),
  other(
    'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
  ),
  other("failed to launch a task with (error InvalidSubnetID.NotFound: The subnet ID 'subnet-1' does not exist)."),
])('cannot heal: $text', (reason) => expect(isPermanent(reason)).toBe(true));

it.each([
  pull('failed to do request: dial tcp 10.0.0.1:443: i/o timeout'),
  pull('toomanyrequests: You have reached your pull rate limit.'),
  pull('unexpected status from HEAD request: 503 Service Unavailable'),
  pull('read tcp: connection reset by peer'),
  pull('net/http: TLS handshake timeout'),
  pull('failed to register layer: write /a: no space left on device'),
  init('unable to retrieve secret from asm: RequestError: send request failed: context deadline exceeded'),
  crash('The container app ended with exit code 1.', ['KeyError: boom']),
  crash('The container app ended with exit code 137: OutOfMemoryError.'),
  other('was unable to place a task. Reason: Capacity is unavailable at this time.'),
  { code: 'health-check-failed' as const, text: 'Task failed container health checks' },
])('may heal: $text', (reason) => expect(isPermanent(reason)).toBe(false));

// Whole lists: each of these texts has one word that decides.
it.each([
  ...['CannotPullContainerError', 'CannotPullImageManifestError', 'CannotStartContainerError', 'CannotCreateContainerError'],
  ...[
    'ResourceInitializationError',
    'Exec Format Error',
    'executable file not found',
    'unable to assume role',
    'Unable to assume the role',
  ],
  ...['because of the service deployment configuration', 'InvalidSubnet', 'InvalidSecurityGroup', 'InvalidParameterException'],
  ...['subnet', 'security group', 'target group', 'log group', 'file system'].flatMap((thing) => [
    `the ${thing} x does not exist`,
    `the ${thing} doesn't exist`,
  ]),
  ...['is not authorized to perform: x', 'AccessDenied', 'accessdeniedexception'],
  ...['ended with exit code 126', 'ended with exit code 127'],
])('cannot heal: %s', (text) => {
  expect(isPermanent(other(text))).toBe(true);
  expect(isPermanent(other('something else'))).toBe(false);
});
it.each(['ended with exit code 125', 'ended with exit code 1270', 'ended with exit code 1', 'the table does not exist'])(
  'may heal: %s',
  (text) => expect(isPermanent(other(text))).toBe(false),
);

const TRANSIENT = [
  ...[
    'timeout',
    'time-out',
    'timed out',
    'times out',
    'Deadline Exceeded',
    'too many requests',
    'toomanyrequests',
    'rate exceeded',
    'throttled',
  ],
  ...[
    'pull rate limit',
    'temporarily',
    'try again later',
    'connection refused',
    'connection reset',
    'unexpected EOF',
    'TLS handshake',
    '429',
  ],
  ...[
    '500',
    '503',
    'internal server error',
    'internal error',
    'service unavailable',
    'bad gateway',
    'no space left',
    'unreachable',
  ],
  ...['broken pipe', 'server misbehaving'],
];
it.each(TRANSIENT)('a pull may heal after: %s', (text) => expect(isPermanent(pull(`x ${text} y`))).toBe(false));
it.each(['x5030y', 'x429y', 'GEOFF', 'contested'])('a pull cannot heal after: %s', (text) =>
  expect(isPermanent(pull(text))).toBe(true),
);

it('of a crash only the last three lines of its log count, each for itself, and of others none', () => {
  const lines = ['exec format error', 'a', 'b'];
  expect([
    isPermanent(crash('x', lines)),
    isPermanent(crash('x', [...lines, 'c'])),
    isPermanent({ ...other('x'), lines }),
  ]).toEqual([true, false, false]);
  expect(isPermanent(crash('x', ['exec format ', 'error']))).toBe(false);
  expect(isPermanent(crash('x', ['/bin/sh: Executable file not found']))).toBe(true);
});

it('a signature has # where tasks differ, and the rest as it is', () => {
  const signature = (text: string) => failureSignature(other(text));
  expect(signature('id 7c1b1a3e-0000-4000-8000-0123456789AB.')).toBe('rollout-failed id #.');
  expect(signature('task 0123456789ab, 0123456789a')).toBe('rollout-failed task #, 0123456789a');
  expect(signature('from 10.0.3.4:40312 to 10.0.3.5, port 8080 of 443')).toBe('rollout-failed from # to #, port # of 443');
  expect(signature('x1234 and 123x')).toBe('rollout-failed x1234 and 123x');
});

it('identical failures differ only in ids, addresses and ports', () => {
  const text = (id: string, port: number) =>
    `ResourceInitializationError: AccessDeniedException (Request ID: ${id}) from 10.0.3.${port % 200}:${port} in 0123456789abcdef0123456789abcdef`;
  const one = init(text('7c1b1a3e-0000-4000-8000-0123456789ab', 40312));
  const other = init(text('00000000-0000-4000-8000-ffffffffffff', 51007));
  expect(failureSignature(one)).toBe(failureSignature(other));
  expect(failureSignature(crash('The container app ended with exit code 1.'))).not.toBe(
    failureSignature(crash('The container app ended with exit code 3.')),
  );
});
