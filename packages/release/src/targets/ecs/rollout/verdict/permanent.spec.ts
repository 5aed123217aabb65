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
