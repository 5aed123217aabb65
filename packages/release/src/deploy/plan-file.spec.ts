import { KdcubeError } from '../problem/problem';
import { deployInput } from '../../testing/deploys';
import { planDeploy } from '../targets/ecs/plan/plan-deploy';
import { printPlan, readPlan } from './plan-file';

const { plan } = planDeploy(deployInput({ bundles: ['lifts@1-4 v1.4.0 a'] }));
const text = printPlan(plan);

function refused(content: string | Uint8Array): string {
  try {
    readPlan(content, 'plan.json');
  } catch (error) {
    const [problem] = (error as KdcubeError).problems;
    expect(problem).toMatchObject({
      code: 'plan-invalid',
      at: { file: 'plan.json' },
      hint: expect.stringContaining('release:plan'),
    });
    return problem!.message;
  }
  throw new Error('it was read');
}

/** The plan with something else in it, as an editor leaves it. */
const edited = (change: (json: Record<string, never>) => void): string => {
  const json = JSON.parse(text) as Record<string, never>;
  change(json);
  return JSON.stringify(json, null, 2);
};

test('what was saved is read, in whatever layout', () => {
  expect(readPlan(text, 'plan.json')).toEqual(JSON.parse(JSON.stringify(plan)));
  expect(readPlan(Buffer.from(JSON.stringify(JSON.parse(text))), 'plan.json')).toEqual(readPlan(text, 'plan.json'));
});

test('one that was edited', () => {
  const sum = 'plan.json was changed after it was made: what it says does not fit its sum.';
  const [service] = plan.services;
  expect(refused(text.replace(`"cluster": "${plan.cluster}"`, '"cluster": "other"'))).toBe(sum);
  expect(refused(text.replaceAll(service!.image.after, `evil.example/x@sha256:${'0'.repeat(64)}`))).toBe(sum);
  expect(refused(edited((json) => delete json.sum))).toBe(sum);
  expect(refused(edited((json) => Object.assign(json, { waves: [] })))).toBe(sum);
});

test('one of which a part is missing, wherever it ends', () => {
  for (const length of [0, 1, Math.floor(text.length / 2), text.trimEnd().length - 1])
    expect(refused(text.slice(0, length))).toBe('plan.json is no JSON, or not all of it is there.');
});

test('one of a later version, and what is no plan', () => {
  expect(refused(edited((json) => Object.assign(json, { plan: 2, more: true })))).toBe(
    'plan.json is a plan of a later version (2): this one of @kdcube/nx cannot carry it out.',
  );
  expect(refused(edited((json) => Object.assign(json, { more: true })))).toMatch(/^plan\.json is no plan of this version: it: /);
  for (const content of [
    'null',
    '[]',
    '7',
    '"plan"',
    '{}',
    '{"__proto__": {"plan": 1}}',
    '\ufeff{',
    Buffer.from([0xff, 0xfe, 0x7b]),
  ])
    expect(refused(content)).toMatch(/^plan\.json is no (plan of this version|JSON)/);
});
