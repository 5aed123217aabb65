import * as fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundlesFromLabels } from '../../src/deploy/compare-bundles';
import { readPlan } from '../../src/deploy/plan-file';
import { printRecord, ReleaseRecord } from '../../src/deploy/record';
import { planChecksum } from '../../src/deploy/render/json';
import { renderPlanMarkdown } from '../../src/deploy/render/markdown';
import { renderPlanText } from '../../src/deploy/render/text';
import { BUNDLES_LABEL } from '../../src/image/bundles-label';
import { BundlePin, FrontendPin, ImagePin, printPin, readPin } from '../../src/release/pin';
import { BuildReceipt, DescriptorReceipt, PushReceipt, readReceipt, StageReceipt } from '../../src/release/receipts';
import { mutatedText } from './mutate-text';
import { mutatedJson, mutatedValue } from './mutate-value';
import { fuzz, inFile } from './run';

const TREE = 'a'.repeat(40);
const DIGEST = `sha256:${'b'.repeat(64)}`;
const BUNDLES = [{ id: 'a@1', folder: 'a@1', tree: TREE }];
const PINS = [
  { pin: 1, repo: 'lifts', ref: 'v1', subdir: 'bundles', commit: TREE, path: 'bundles/a@1', tree: TREE },
  { pin: 1, repo: 'git@h:o/r.git', ref: 'v1', commit: TREE, tree: TREE },
  { pin: 1, platform: '2026.7.20', bundles: ['a@1'], bases: { 'x:1': DIGEST }, salt: '2' },
];
const IMAGE = { image: 'web', key: 'c'.repeat(64), platform: 'linux/amd64', bases: { 'x:1': DIGEST }, bundles: BUNDLES };
const RECEIPTS = [
  { receipt: 'stage', version: 1, ...BUNDLES[0], files: 1, bytes: 2, pinned: { repo: 'r', ref: 'v1', commit: TREE, subdir: '' } },
  {
    receipt: 'descriptor',
    version: 1,
    kind: 'env-json',
    mode: 'baked',
    generation: '2026.3.1',
    files: ['x'],
    bundles: [{ id: 'a', folder: 'a' }],
  },
  { receipt: 'docker-build', version: 1, ...IMAGE, engine: 'docker', local: 'x' },
  {
    receipt: 'docker-push',
    version: 2,
    ...IMAGE,
    repository: 'h/x',
    digest: DIGEST,
    mediaType: 'm',
    size: 1,
    how: 'built',
    tags: ['t'],
    why: [],
  },
];
const SERVICE = {
  component: 'proc',
  serviceName: 'chat-proc',
  taskDefinition: 'arn:x:1',
  image: `r/x@${DIGEST}`,
  digest: DIGEST,
  desiredCount: 1,
};
const RECORD = {
  ...{
    record: 2,
    environment: 'prod',
    release: 'winter',
    attempt: 1,
    verdict: 'failed',
    reason: 'a task failed',
    descriptor: '{}',
  },
  ...{ startedAt: '2026-11-30T10:00:00Z', endedAt: '2026-11-30T10:05:00Z', commit: TREE, services: { 'chat-proc': SERVICE } },
  ...{ exec: { taskDefinition: 'arn:x:1', image: `r/x@${DIGEST}`, digest: DIGEST }, bundles: BUNDLES },
};
const FOLDER = join(__dirname, '../../fixtures/plans');
const PLANS = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => readFileSync(join(FOLDER, file), 'utf8'));

describe('stored files', () => {
  fuzz('pins', mutatedJson(PINS), (text) => {
    for (const schema of [BundlePin, FrontendPin, ImagePin]) {
      const pin = readPin<BundlePin | FrontendPin | ImagePin>(schema, text);
      if (pin !== undefined) expect(readPin<unknown>(schema, printPin(pin))).toEqual(pin);
    }
    return undefined;
  });

  fuzz('receipts', mutatedJson(RECEIPTS), (text) => {
    const read = [StageReceipt, DescriptorReceipt, BuildReceipt, PushReceipt].map((schema) => readReceipt<unknown>(schema, text));
    // No text is two receipts.
    expect(read.filter((receipt) => receipt !== undefined).length).toBeLessThan(2);
    return undefined;
  });

  fuzz('release records', mutatedValue([RECORD]), (value) => {
    const record = ReleaseRecord.safeParse(value);
    if (!record.success) return undefined;
    expect(JSON.parse(printRecord(record.data))).toEqual(JSON.parse(JSON.stringify(record.data)));
    return undefined;
  });

  fuzz('labels of an image', fc.oneof(mutatedJson([BUNDLES]), mutatedText(['a@1=a@1:tree', JSON.stringify(BUNDLES)])), (text) => {
    const bundles = bundlesFromLabels({ [BUNDLES_LABEL]: text });
    for (const { id, folder, tree } of bundles ?? [])
      expect([typeof id, typeof folder, typeof tree]).toEqual(['string', 'string', 'string']);
    return undefined;
  });

  fuzz('plans, edited', mutatedText(PLANS), (text) => {
    const plan = readPlan(text, 'plan.json');
    expect(planChecksum(plan)).toBe((JSON.parse(text) as { checksum: string }).checksum);
    return undefined;
  });

  fuzz('plans, edited so that the checksum fits', mutatedValue(PLANS.map((text) => JSON.parse(text) as unknown)), (value) => {
    const { checksum: _, ...plan } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
    const text = JSON.stringify({ ...plan, checksum: checksumOf(plan) });
    const read = readPlan(text, 'plan.json');
    for (const printed of [renderPlanText(read), renderPlanMarkdown(read)]) expect(printed).not.toContain('\u001b');
    return undefined;
  });
});

function checksumOf(plan: unknown): string {
  try {
    return planChecksum(plan as Parameters<typeof planChecksum>[0]);
  } catch {
    return '';
  }
}

test('inFile names a problem that has no place', () => {
  expect(() => inFile([{ code: 'wrong-type', message: 'x' }], 'a', '')).toThrow('wrong-type has no place in a');
  expect(() => inFile([{ code: 'wrong-type', message: 'x', at: { file: 'a', line: 9 } }], 'a', 'x\n')).toThrow('line 9 of 3');
});
