import { environmentText, textFiles } from '../../../testing/environments';
import { readEnvironment } from '../read-environment';

function read(readiness: string) {
  return readEnvironment('one', textFiles({ one: environmentText(`readiness: ${readiness}`) }));
}

test.each([
  ['{ url: "https://app.example.com/admin/integrations/applications/readiness" }'],
  ['{ url: "http://proc.internal:8020/monitoring/applications", wait: required }'],
  ['{ url: "http://127.0.0.1:8020/monitoring/applications", headers: { Authorization: KD_TOKEN } }'],
  ['{ url: "https://app.example.com/x", headers: { Authorization: KD_TOKEN, X-ID-Token: KD_ID_TOKEN } }'],
])('%s', (text) => {
  expect(read(text).problems).toEqual([]);
});

test.each([
  ['no URL', '{ url: "app.example.com" }', 'readiness.url', /not a URL with http or https/],
  ['a file', '{ url: "file:///etc/passwd" }', 'readiness.url', /not a URL with http or https/],
  ['a password', '{ url: "https://me:s3cr3t@app.example.com/x" }', 'readiness.url', /contains a user or a password/],
  ['a query', '{ url: "https://app.example.com/x?token=s3cr3t" }', 'readiness.url', /has a query/],
  [
    'a credential over http',
    '{ url: "http://app.example.com/x", headers: { Authorization: KD_TOKEN } }',
    'readiness.url',
    /plain http/,
  ],
  [
    'the credential itself',
    '{ url: "https://a.example/x", headers: { Authorization: "Bearer s3cr3t" } }',
    'readiness.headers.Authorization',
    /never the credential/,
  ],
  [
    'a header of the connection',
    '{ url: "https://a.example/x", headers: { Host: KD_TOKEN } }',
    'readiness.headers.Host',
    /not a header that can be sent/,
  ],
  ['no header', '{ url: "https://a.example/x", headers: { "a b": KD_TOKEN } }', 'readiness.headers."a b"', /not a header/],
])('%s is refused, and no secret is shown', (_, text, at, message) => {
  const { problems } = read(text);
  const ours = problems.find((problem) => message.test(problem.message));
  expect(ours).toMatchObject({ code: 'wrong-value' });
  expect(ours!.at!.path).toBe(at);
  expect(`${ours!.message} ${ours!.hint}`).not.toContain('s3cr3t');
});

test('on ECS, proc is asked by a URL; on a host, in its container', () => {
  const onEcs = read('{ wait: required }').problems.filter(({ at }) => at?.path?.startsWith('readiness'));
  expect(onEcs).toMatchObject([
    { code: 'missing-key', at: { path: 'readiness' }, hint: expect.stringContaining('url: https://') },
  ]);
  const onHost = readEnvironment('one', textFiles({ one: environmentText('readiness: { wait: required }', 'compose') }));
  expect(onHost.problems.filter(({ at }) => at?.path?.startsWith('readiness'))).toEqual([]);
  expect(onHost.environment?.readiness).toEqual({ headers: {}, wait: 'required' });
});
