import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { ReleaseRecord } from '@kdcube/release/internal';
import { silentLog } from '../../system/log';
import { getManifest } from '../../registry/manifests/manifests';
import { type Double, registryDouble } from '../../../testing/registry-kit';
import { knownRecord } from './known-record';
import { lastGoodRecord, listRecords, recordsOf, recordTags, RECORD_TYPE, writeRecord } from './records';

let registry: Double;
const started: Double[] = [];
const open = async (options: object = {}) => {
  started.push((registry = await registryDouble(options)));
  return recordsOf({ host: registry.host, prefix: 'acme' }, silentLog);
};
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

function draft(release: string, minute: number, verdict: ReleaseRecord['verdict'] = 'succeeded', environment = 'prod') {
  const time = (second: number) => new Date(Date.UTC(2026, 1, 2, 3, minute, second)).toISOString();
  const digest = `sha256:${'a'.repeat(64)}`;
  const proc = { component: 'proc', serviceName: 'proc', image: `r/proc@${digest}`, digest, desiredCount: 1 };
  return {
    record: 2 as const,
    environment,
    release,
    verdict,
    reason: '',
    startedAt: time(0),
    endedAt: time(30),
    services: { proc },
    bundles: [],
    descriptor: '{}',
  };
}

it('one artifact an attempt, in order, and those of other environments are not among them', async () => {
  const place = await open();
  expect(await listRecords(place, 'prod', silentLog)).toEqual([]);
  expect(await writeRecord(place, draft('2026/02 β', 1))).toMatch(/^prod\.2026-02__-[0-9a-f]{8}\.1$/);
  expect(await writeRecord(place, draft('two', 2))).toBe('prod.two.1');
  expect(await writeRecord(place, draft('two', 3, 'failed'))).toBe('prod.two.2');
  expect(await writeRecord(place, draft('two', 4, 'succeeded', 'prod-eu'))).toBe('prod-eu.two.1');
  const all = await listRecords(place, 'prod', silentLog);
  expect(all.map(({ release, attempt, verdict }) => [release, attempt, verdict])).toEqual([
    ['two', 2, 'failed'],
    ['two', 1, 'succeeded'],
    ['2026/02 β', 1, 'succeeded'],
  ]);
  expect((await lastGoodRecord(place, 'prod', silentLog))?.attempt).toBe(1);
  const { json, mediaType } = await getManifest(place.registry, 'acme/releases', 'prod.two.1');
  expect([mediaType, json]).toMatchObject([
    'application/vnd.oci.image.manifest.v1+json',
    { artifactType: RECORD_TYPE, config: { mediaType: 'application/vnd.oci.empty.v1+json', size: 2 } },
  ]);
});

it('two that end in the same moment have two records: none is written over', async () => {
  const place = await open({ immutable: true });
  const both = await Promise.all([writeRecord(place, draft('two', 1)), writeRecord(place, draft('two', 2, 'failed'))]);
  expect(both.sort()).toEqual(['prod.two.1', 'prod.two.2']);
  expect((await listRecords(place, 'prod', silentLog)).map(({ attempt }) => attempt).sort()).toEqual([1, 2]);
});

it('more tags than one answer has, and somebody else’s artifact under a tag that looks like ours', async () => {
  const place = await open();
  for (let number = 1; number <= 3; number += 1) await writeRecord(place, draft('many', number));
  const { bytes, mediaType } = await getManifest(place.registry, 'acme/releases', 'prod.many.1');
  const other = Buffer.from(bytes.toString().replaceAll(RECORD_TYPE, 'application/vnd.other'));
  await fetch(`http://${registry.host}/v2/acme/releases/manifests/prod.other.1`, {
    method: 'PUT',
    body: other,
    headers: { 'content-type': mediaType },
  });
  const notes: string[] = [];
  const log = { ...silentLog, note: (text: string) => void notes.push(text) };
  expect((await listRecords(place, 'prod', log)).map(({ attempt }) => attempt)).toEqual([3, 2, 1]);
  expect(notes).toEqual([
    'the record prod.other.1 cannot be read: acme/releases:prod.other.1 is no release record of this version.',
  ]);
  expect(await recordTags(place, 'prod')).toHaveLength(4);
});

it.each([401, 403])(
  'a plan before the first deploy: a registry may deny (%d) what does not exist yet; that is said',
  async (status) => {
    const place = await open();
    registry.faults = () => ({ status });
    const notes: string[] = [];
    const log = { ...silentLog, note: (text: string) => void notes.push(text) };
    const root = fs.mkdtempSync(path.join(os.tmpdir(), 'kd-records-'));
    try {
      expect(await knownRecord(root, 'prod', { host: place.registry.host, prefix: 'acme' }, log)).toBeUndefined();
      expect(notes).toEqual([expect.stringContaining('no release record was read, as before the first deploy: Could not list')]);
      registry.faults = () => ({ status: 418 });
      await expect(knownRecord(root, 'prod', { host: place.registry.host, prefix: 'acme' }, log)).rejects.toThrow('418');
    } finally {
      fs.rmSync(root, { recursive: true });
    }
  },
);
