import { join } from 'node:path';
import { parse } from 'yaml';
import { expectGolden } from '../../../../../../tools/testing/golden';
import { HARD_VALUES } from '../../../../testing/hard-values';
import { BASE, Play } from '../../../../testing/compose-rollouts/play';
import { renderPlanMarkdown } from '../../../deploy/render/markdown';
import { renderPlanText } from '../../../deploy/render/text';
import { KdcubeError } from '../../../problem/problem';
import { dependenciesOf, escapeDollars, readBaseConfig, unescapeDollars } from './base-config';
import { overrideText } from './override-text';

const GOLDENS = join(__dirname, '../../../../fixtures/compose-release');
const MORE = `secrets: { proc: { OPENAI_API_KEY: "file:/etc/kdcube/openai.env", BRAVE_API_KEY: "file:/etc/kdcube/openai.env" } }
env: { ingress: { LOG_LEVEL: "a'b $HOME #x" } }
`;
interface Mounted {
  services: Record<string, { volumes?: unknown[] }>;
}
const content = (more = MORE, base: object = BASE) => new Play().plan({ name: 'one', more, base }).plan.content;

test('our compose file: images by digest, no build, no bundles of the host over those of the image, env files by their content', () => {
  const { compose } = content();
  expectGolden(join(GOLDENS, 'compose.yaml'), compose);
  expect(parse(compose, { logLevel: 'silent' })).toMatchObject({ services: { 'chat-proc': { stop_grace_period: '120s' } } });
});

test('the plan as text and as Markdown', () => {
  const play = new Play();
  const { plan } = play.plan({ name: 'one', more: MORE });
  expectGolden(join(GOLDENS, 'plan.txt'), `${renderPlanText(plan).join('\n')}\n`);
  expectGolden(join(GOLDENS, 'plan.md'), renderPlanMarkdown(plan));
});

test('the same release renders to the same bytes; another variable changes one service', () => {
  expect(content()).toEqual(content());
  const [before, after] = [content(), content(MORE.replace('#x', '#y'))];
  const changed = Object.keys(before.services).filter((name) => before.services[name]!.hash !== after.services[name]!.hash);
  expect(changed).toEqual(['chat-ingress']);
});

test('another configuration of the proxy restarts the proxy alone, and nothing if it is the same', () => {
  const nginx = (text: string) => new Play().plan({ name: 'one', more: 'proxy: {}\n', nginx: text }).plan.content;
  const [before, after] = [nginx('http { }\n'), nginx('http { } # other\n')];
  const changed = Object.keys(before.services).filter((name) => before.services[name]!.hash !== after.services[name]!.hash);
  expect(changed).toEqual(['web-proxy']);
  expect(nginx('http { }\n')).toEqual(before);
  const [mount] = (parse(before.compose, { logLevel: 'silent' }) as Mounted).services['web-proxy']!.volumes!;
  expect(mount).toEqual({
    type: 'bind',
    source: expect.stringMatching(/^\/opt\/kdcube\/\.kdcube\/files\/\w{32}\/nginx\.conf$/),
    target: '/usr/local/openresty/nginx/conf/nginx.conf',
    read_only: true,
  });
});

test('what does not reach a container is not in the hash', () => {
  const { services } = BASE;
  const other = { ...services.metrics, command: null, build: { context: '/x' }, depends_on: { redis: {} }, container_name: 'm' };
  expect(content(MORE, { services: { ...services, metrics: other } }).services.metrics!.hash).toBe(
    content().services.metrics!.hash,
  );
});

test('a variable of the compose file that the environment sets in another way: the environment counts, and the plan says so', () => {
  const base = { services: { ...BASE.services, metrics: { image: 'm', environment: { TENANT_ID: 'x', METRICS_PORT: '1$$2' } } } };
  const { plan } = new Play().plan({ name: 'one', more: 'env: { metrics: { METRICS_PORT: "8090" } }\n', base });
  expect(plan.notes).toContainEqual(expect.stringContaining('docker-compose.yaml sets METRICS_PORT of metrics to another value'));
  expect(plan.content.compose).toContain('METRICS_PORT: "8090"');
});

test('a variable that the compose file lists without a value would hide ours too', () => {
  const base = { services: { ...BASE.services, metrics: { image: 'm', environment: { TENANT_ID: 'x', METRICS_PORT: null } } } };
  const { plan } = new Play().plan({ name: 'one', more: 'env: { metrics: { METRICS_PORT: "8090" } }\n', base });
  expect(plan.content.compose).toContain('METRICS_PORT: "8090"');
});

test('a service that the compose file does not have', () => {
  const { metrics: _, ...services } = BASE.services;
  expect(() => content(MORE, { services })).toThrow(/no service "metrics".*\n.*service_name: one of redis, postgres-setup/);
});

test.each(['', '[]', '{}', '{"services": []}', '{"services": {"a": 1}}', 'services: {}'])(
  'not the output of compose: %s',
  (text) => {
    expect(() => readBaseConfig(text, 'docker-compose.yaml')).toThrow(KdcubeError);
  },
);

test('what a service depends on, in the order of their start, circles included', () => {
  const config = {
    services: { a: { depends_on: { b: {}, gone: {} } }, b: { depends_on: { c: {} } }, c: { depends_on: { a: {} } } },
  };
  expect(dependenciesOf(readBaseConfig(JSON.stringify(config), 'f'), ['a'])).toEqual(['c', 'b']);
});

test('every odd value goes through YAML and the escape of dollars', () => {
  const values = Object.fromEntries(Object.entries(HARD_VALUES).map(([name, value]) => [name, escapeDollars(value)]));
  const read = parse(overrideText(new Map([['a', [{ key: 'environment', how: 'merge', value: values }]]])));
  const found = Object.entries(read.services.a.environment as Record<string, string>);
  expect(Object.fromEntries(found.map(([name, value]) => [name, unescapeDollars(value)]))).toEqual(HARD_VALUES);
});
