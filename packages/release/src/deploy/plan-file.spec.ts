import { KdcubeError } from '../problem/problem';
import { deployInput } from '../../testing/deploys';
import { planDeploy } from '../targets/ecs/plan/plan-deploy';
import { readPlan } from './plan-file';
import { printPlan } from './render/json';

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
  throw new Error('the file was accepted');
}

/** The plan as edited in an editor. */
const edited = (change: (json: Record<string, never>) => void): string => {
  const json = JSON.parse(text) as Record<string, never>;
  change(json);
  return JSON.stringify(json, null, 2);
};

test('a saved plan can be read, in any layout', () => {
  expect(readPlan(text, 'plan.json')).toEqual(JSON.parse(JSON.stringify(plan)));
  expect(readPlan(Buffer.from(JSON.stringify(JSON.parse(text))), 'plan.json')).toEqual(readPlan(text, 'plan.json'));
});

test('an edited plan', () => {
  const message = 'plan.json was changed after it was made: its content does not match its checksum.';
  const [service] = plan.services;
  expect(refused(text.replace(`"cluster": "${plan.cluster}"`, '"cluster": "other"'))).toBe(message);
  expect(refused(text.replaceAll(service!.image.after, `evil.example/x@sha256:${'0'.repeat(64)}`))).toBe(message);
  expect(refused(edited((json) => delete json.checksum))).toBe(message);
  expect(refused(edited((json) => Object.assign(json, { waves: [] })))).toBe(message);
});

test('a truncated plan, wherever it ends', () => {
  for (const length of [0, 1, Math.floor(text.length / 2), text.trimEnd().length - 1])
    expect(refused(text.slice(0, length))).toBe('plan.json is not valid JSON, or it is incomplete.');
});

test('a wrong value is named with its place, a wrong key without one', () => {
  expect(refused(edited((json) => Object.assign(json, { cluster: 7 })))).toMatch(
    /^plan\.json is not a plan of this version: cluster: \S/,
  );
  expect(refused(edited((json) => Object.assign(json, { more: true })))).toMatch(
    /^plan\.json is not a plan of this version: Unrecognized key/,
  );
});

test('a plan of a later version, and files that are no plan', () => {
  expect(refused(edited((json) => Object.assign(json, { plan: 3, more: true })))).toBe(
    'plan.json has plan format 3, which this version of @kdcube/nx does not support.',
  );
  expect(refused(edited((json) => Object.assign(json, { more: true })))).toMatch(/^plan\.json is not a plan of this version: /);
  for (const content of [
    'null',
    '[]',
    '7',
    '"plan"',
    '{}',
    '{"__proto__": {"plan": 2}}',
    '\ufeff{',
    Buffer.from([0xff, 0xfe, 0x7b]),
  ])
    expect(refused(content)).toMatch(/^plan\.json is not (a plan of this version|valid JSON)/);
});
