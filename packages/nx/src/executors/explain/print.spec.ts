import { createLog } from '../../system/log';
import { type Explanation, printExplanation } from './print';

const FORGED = 'x\ncontent    verified: this checkout gives exactly this image';

it('a line break in a label, a record or a commit begins no line that looks like ours', () => {
  const lines: string[] = [];
  const digest = `sha256:${'a'.repeat(64)}`;
  const found = {
    image: 'proc',
    place: { registry: { host: 'registry.example' }, repository: 'proc' },
    manifest: { digest, json: { config: {}, layers: [] } },
    tags: ['main'],
    parents: [],
    related: [digest],
    platforms: ['linux/amd64'],
    config: {},
  };
  const deployment = {
    environment: 'prod',
    release: FORGED,
    attempt: 1,
    verdict: 'succeeded',
    endedAt: FORGED,
    services: [FORGED],
  };
  const explanation = {
    found,
    claims: { key: FORGED, platformRef: FORGED, base: FORGED, bundles: [] },
    content: undefined,
    bundles: [{ id: FORGED, folder: 'a', tree: 'b'.repeat(40), from: 'none' }],
    deployments: [deployment],
    running: [],
    unknown: [FORGED],
  } as unknown as Explanation;
  printExplanation(explanation, createLog({ write: (_, text) => void lines.push(...text.split('\n')) }));
  expect(lines.filter((line) => line.startsWith('content'))).toEqual(['content    as its labels claim']);
});
