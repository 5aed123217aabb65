import { join } from 'node:path';
import { expectGolden } from '../../../../../tools/testing/golden';
import { bundlesOf, deployed, deployInput, hex, prod } from '../../../testing/deploys';
import type { DeployFixture } from '../../../testing/deploys';
import { IMAGES } from '../../../testing/environments';
import type { DeployInput } from '../../targets/ecs/plan/deploy-input';
import { planDeploy } from '../../targets/ecs/plan/plan-deploy';
import { renderPlanText } from './text';
import { renderPlanMarkdown } from './markdown';
import type { DeployPlan } from '../deploy-plan';
import { estimateSeconds } from '../waves';
import { COLUMNS } from './wrap-line';

const GOLDENS = join(__dirname, '../../../fixtures/plans');
const fifty = Array.from({ length: 50 }, (_, index) => `bundle-${index}@1-0 v1.${index}.0 ${index}`);
const small = ['lifts@1-4 v1.4.0 a', 'huts@1-0 v1.0.0 h', 'pass@1-0 v1.0.0 p'];

function other(...names: string[]): Map<string, string> {
  return new Map([...IMAGES].map(([name, image]) => [name, names.includes(name) ? image.replace(/a1/g, 'b2') : image]));
}

function after(first: DeployFixture, then: DeployFixture, more: Partial<DeployInput> = {}) {
  return planDeploy({ ...deployInput({ ...first, running: deployed(first), before: bundlesOf(first), ...then }), ...more });
}

const BAKED = ['kdcube-chat-proc-bundled', 'kdcube-exec-bundled'];
const louder = {
  ...prod,
  services: prod.services.map((service) =>
    service.name === 'metrics' ? { ...service, env: { ...service.env, LOG_LEVEL: 'DEBUG' } } : service,
  ),
};

const CASES = {
  first: () => planDeploy(deployInput({ bundles: small })),
  empty: () => after({ bundles: small }, { name: 'prod-2026-11-24' }),
  bundle: () =>
    after(
      { bundles: small },
      { bundles: ['lifts@1-4 v1.5.0 b', 'huts@1-0 v1.0.1 h', 'tours@1-0 v0.1.0 t'], images: other(...BAKED) },
      {
        subjects: new Map([
          [hex('v1.5.0b'), 'Correct the price of a day pass'],
          [hex('v0.1.0t'), 'Tours: | a <b>first</b> one, for @everybody'],
        ]),
        imageReasons: new Map(
          BAKED.map((name) => [other(...BAKED).get(name)!, ['lifts@1-4 changed', 'tours@1-0 added', 'pass@1-0 removed']]),
        ),
      },
    ),
  file: () =>
    after(
      { bundles: small, platform: '2026.7.20.444' },
      { bundles: ['lifts@1-4 v1.5.0 b', ...small.slice(1), 'tours@1-0 v0.1.0 t'], images: other(...BAKED) },
    ),
  env: () => after({ bundles: small }, { environment: louder }),
  image: () => after({ bundles: small }, { images: other('kdcube-web-ui') }),
  fifty: () =>
    after(
      { bundles: fifty },
      {
        bundles: fifty.map((line, index) => (index < 20 ? `bundle-${index}@1-0 v2.${index}.0 n${index}` : line)),
        images: other(...IMAGES.keys()),
        environment: louder,
      },
    ),
};

test.each(Object.entries(CASES))('%s: as text, as Markdown and as JSON', (name, make) => {
  const { plan, values } = make();
  expectGolden(join(GOLDENS, `${name}.txt`), `${renderPlanText(plan, name === 'env' ? values : undefined).join('\n')}\n`);
  expectGolden(join(GOLDENS, `${name}.md`), renderPlanMarkdown(plan));
  expectGolden(join(GOLDENS, `${name}.json`), `${JSON.stringify(plan, null, 2)}\n`);
});

test('50 bundles and 8 services are one screen', () => {
  const { plan } = CASES.fifty();
  const withSubjects = { ...plan, bundles: plan.bundles.map((bundle) => ({ ...bundle, subject: 'a word '.repeat(30) })) };
  expect(plan.services).toHaveLength(9 - 1);
  expect(renderPlanText(plan).length).toBeLessThanOrEqual(40);
  expect(renderPlanText(withSubjects)).toHaveLength(renderPlanText(plan).length);
});

test.each(Object.entries(CASES))('%s: no line is longer than a screen is wide', (_, make) => {
  const { plan } = make();
  expect(renderPlanText(plan).filter((line) => [...line].length > COLUMNS)).toEqual([]);
});

test('a new bundle version, a variable, an image: one line each', () => {
  const bumped = after({ bundles: small }, { bundles: ['lifts@1-4 v1.5.0 b', ...small.slice(1)], images: other(...BAKED) }).plan;
  const changes = (plan: DeployPlan) => renderPlanText(plan).filter((line) => /^ {2}wave|^ {11}[~+-] /.test(line));
  expect(changes(bumped)).toEqual([
    expect.stringMatching(/^ {11}~ lifts@1-4 {3}v1\.4\.0 \S+ → v1\.5\.0 \S+$/),
    expect.stringMatching(/^ {2}wave 1 {3}chat-proc {3}/),
  ]);
  expect(changes(CASES.env().plan)).toEqual(['  wave 1   metrics   1 task   image a1a1a1a1a1a1   env: ~LOG_LEVEL']);
  expect(changes(CASES.image().plan)).toEqual(['  wave 1   web-ui   1 task   image a1a1a1a1a1a1 → b2b2b2b2b2b2   another image']);
});

test('a name or a commit subject makes no markup, no mention and no terminal control sequence', () => {
  const { plan } = after(
    { bundles: small },
    { bundles: ['lifts@1-4 v1.5.0 b', ...small.slice(1)], images: other(...BAKED) },
    {
      subjects: new Map([[hex('v1.5.0b'), 'x\u001b[2J | [click](javascript:x) <img src=x> @team #12 `y`']]),
    },
  );
  const text = renderPlanText(plan).join('\n');
  const markdown = renderPlanMarkdown(plan);
  expect(text).not.toContain('\u001b');
  expect(markdown).toContain('\\[click\\]\\(javascript:x\\) &lt;img src=x> @&#8203;team #&#8203;12 \\`y\\`');
  expect(
    markdown
      .split('\n')
      .find((line) => line.includes('click'))!
      .match(/(?<!\\)\|/g),
  ).toHaveLength(5);
});

test('a comment of 500 services and 500 bundles fits on GitHub: what is removed comes first, the rest is counted', () => {
  const { plan } = after({ bundles: small }, { bundles: ['lifts@1-4 v1.5.0 b', ...small.slice(1)], images: other(...BAKED) });
  const [step] = plan.services.filter(({ change }) => change === 'update');
  const [bundle] = plan.bundles;
  const long = '@a'.repeat(5_000);
  const services = Array.from({ length: 500 }, (_, index) => ({ ...step!, service: `service-${index}`, reasons: [long] }));
  const bundles = Array.from({ length: 500 }, (_, index) => ({
    ...bundle!,
    id: `bundle-${index}`,
    change: index === 499 ? ('removed' as const) : ('changed' as const),
    subject: long,
  }));
  const waves = [{ name: 'rest', services: services.slice(0, 400).map(({ service }) => service) }];
  const markdown = renderPlanMarkdown({ ...plan, services, bundles, waves, notes: Array.from({ length: 99 }, () => long) });
  expect(markdown.length).toBeLessThan(65_536);
  const lines = markdown.split('\n');
  expect(lines.find((line) => line.startsWith('| `bundle-'))).toContain('removed');
  const counted = [...markdown.matchAll(/\*\*(\d+) more rows are not shown: the plan file has them all\.\*\*/g)].map(
    ([, count]) => Number(count),
  );
  const rows = (prefix: string) => lines.filter((line) => line.includes(prefix)).length;
  expect(counted).toEqual([500 - rows('| `bundle-'), 400 - rows('| 1 | `service-')]);
  expect(markdown).toContain('`service-449`, and 50 more.');
  expect(markdown).toContain('and 89 more\n');
});

test('the estimate adds up the slowest service of each wave; an empty plan takes no time', () => {
  expect(estimateSeconds(CASES.empty().plan)).toBe(0);
  expect(estimateSeconds(CASES.image().plan)).toBe(90 + 30);
  // The descriptor changes, so proc takes two steps.
  expect(estimateSeconds(CASES.bundle().plan)).toBe(2 * (90 + 120));
});
