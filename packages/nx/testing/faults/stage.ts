import * as fs from 'node:fs';
import * as path from 'node:path';
import { printPin } from '@kdcube/release/internal';
import type { ImageJob } from '../../src/images/job';
import { type Acme, DOCKERFILE } from '../acme-kit';
import { onClose, serve } from '../push-kit';
import { registryDouble } from '../registry-kit';
import { makeBase, putBase, putManifest } from './base';
import { type Ended, forgetImages, pushed } from './kit';
import type { StoredRegistry, Row, Stage } from './row';

const NAME = 'kdcube-chat-proc';
const REF = '2026.7.20.444';
const DOCKERFILE_PATH = 'images/proc/Dockerfile_ChatProcBundled';

/** Commits the pin of a base and a Dockerfile, where they are not as they should be. */
export function pinBase(ours: Acme, digest: string, dockerfile = DOCKERFILE): boolean {
  const pin = printPin({
    pin: 1,
    platform: REF,
    bundles: ['here@1-0', 'there@2-0'],
    bases: { [`\${KDCUBE_PLATFORM_REGISTRY}/${NAME}:${REF}`]: digest },
  });
  const wanted = { 'pins/images/proc/pin.json': pin, [DOCKERFILE_PATH]: dockerfile };
  if (Object.entries(wanted).every(([file, text]) => fs.readFileSync(path.join(ours.root, file), 'utf8') === text)) return false;
  ours.commit(wanted);
  return true;
}

/** A registry double that keeps its content in a folder, until the end of the test. */
async function storedRegistry(
  ours: Acme,
  name: string,
  options: object,
  fill: (host: string) => Promise<void>,
): Promise<StoredRegistry> {
  const dir = ours.box.folder(name);
  // Filled before its doors are closed.
  const open = await registryDouble({ dir });
  await fill(open.host);
  await open.close();
  const registry = (await registryDouble({ dir, ...options })) as StoredRegistry;
  onClose(() => registry.close());
  return Object.assign(registry, { dir });
}

export type Performance = Stage & { job: ImageJob; run(): Promise<Ended> };

/** Sets a row's stage: two registries, another host, what docker keeps; nothing of the rows before. */
export async function stageOf(ours: Acme, row: Row, job: ImageJob, commit: string): Promise<Performance> {
  const base = await (row.base ?? makeBase)();
  const pinned = row.pinned?.(base);
  const cache = process.env.KDCUBE_CACHE_DIR!;
  if (fs.existsSync(cache)) forgetImages(cache);
  const platform = await storedRegistry(ours, 'platform', row.platform ?? {}, async (host) => {
    await putBase(host, NAME, base);
    if (pinned?.mediaType.includes('index')) await putManifest(host, NAME, pinned);
  });
  const registry = await storedRegistry(ours, 'registry', row.registry ?? {}, async () => undefined);
  const other: Stage['other'] = { host: '', body: Buffer.alloc(0), asked: [] };
  other.host = await serve(({ method, headers }, response) => {
    other.asked.push({ method: method!, authorization: headers.authorization });
    response.writeHead(method === 'GET' ? 200 : 404).end(method === 'GET' ? other.body : '');
  });
  logIn(ours, row.login ? [registry.host, platform.host] : []);
  const stage: Performance = {
    ...{ job, registry, platform, base, other, cache, commit, names: {}, root: ours.root, key: job.plan.tag },
    run: () =>
      pushed(job, { root: ours.root, registry: `${stage.names.registry ?? registry.host}/acme`, platform: platform.host }),
    push: () => stage.run(),
  };
  await row.arrange?.(stage);
  registry.journal.length = 0;
  return stage;
}

function logIn({ box }: Acme, hosts: string[]): void {
  const auth = Buffer.from('ann:her-password').toString('base64');
  const config = path.join(box.dir, 'docker-config');
  fs.mkdirSync(config, { recursive: true });
  const auths = Object.fromEntries(hosts.map((host) => [host, { auth }]));
  fs.writeFileSync(path.join(config, 'config.json'), JSON.stringify({ auths }));
  process.env.DOCKER_CONFIG = config;
}
