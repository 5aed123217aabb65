import { environmentText, textFiles } from '../../../testing/environments';
import { readEnvironment } from '../read-environment';

const read = (text: string) => readEnvironment('one', textFiles({ one: text }));
const codes = (text: string) => read(text).problems.map(({ code }) => code);
const place = (compose: string) => codes(environmentText(`compose: { ${compose} }`, 'compose'));

test.each([
  'host: "ssh://kdcube.example.com"',
  'host: "ssh://deploy@10.0.0.7:2222"',
  'host: "ssh://deploy@[2001:db8::1]"',
  'host: "ssh://my-alias"',
  'directory: /opt/kdcube, file: compose/docker-compose.yaml, project: kdcube_2, keep: 1',
])('accepted: %s', (compose) => {
  expect(place(compose)).toEqual([]);
});

test.each([
  'host: "kdcube.example.com"',
  'host: "https://kdcube.example.com"',
  'host: "ssh://"',
  'host: "ssh://-oProxyCommand=id"',
  'host: "ssh://-oProxyCommand=id@host"',
  'host: "ssh://de%20ploy@host"',
  'host: "ssh://deploy@host/opt/kdcube"',
  'host: "ssh://deploy@host?a"',
  'project: Acme',
  'project: -p',
  'directory: opt/kdcube',
  'directory: /',
  'directory: /opt/../etc',
  'directory: "/opt/a:b"',
  'file: ../docker-compose.yaml',
  'file: /etc/compose.yaml',
  'file: "-f"',
  'keep: 0',
  'keep: 51',
])('refused: %s', (compose) => {
  expect(place(compose)).toEqual(['wrong-value']);
});

test('a password in the host is never shown', () => {
  const { problems } = read(environmentText('compose: { host: "ssh://deploy:hunter2@host" }', 'compose'));
  expect(problems).toContainEqual(
    expect.objectContaining({ code: 'wrong-value', message: expect.stringContaining('contains a password') }),
  );
  expect(JSON.stringify(problems)).not.toContain('hunter2');
});

test('a secret that AWS has needs a region, or an ARN that names one', () => {
  const text = (reference: string) => environmentText(`secrets: { proc: { A: "${reference}" } }`, 'compose');
  const of = (reference: string) => codes(text(reference).replace(/,? *region: [\w-]+/, ''));
  expect(of('ssm:/kdcube/a')).toEqual(['missing-key']);
  expect(codes(text('secretsmanager:kdcube/a'))).toEqual([]);
  expect(of('arn:aws:ssm:us-east-1:999999999999:parameter/a')).toEqual([]);
  expect(of('file:/etc/kdcube/a.env')).toEqual([]);
});
