import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { connect, getBlob, getManifest, headManifest, imageConfig, putManifest } from './registry';
import { digestOf } from './registry-connect';
import { OCI_MANIFEST } from './registry-manifest';

/** Debian's docker-registry: the reference implementation, in one program that needs no root. The test engine (tools/engine) brings it too. */
const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
const engine = process.env.KD_ENGINE_DIR || path.join(cache, 'kdcube-engine');
const PROGRAMS = ['docker-registry', path.join(engine, 'root/usr/bin/docker-registry')];
const there = PROGRAMS.find((program) => spawnSync(program, ['--version']).status === 0);
const PROGRAM = there ?? 'docker-registry';
const required = process.env.KD_REQUIRE_ENGINE === '1';

(there || required ? describe : describe.skip)(
  'a real registry (skipped where there is no docker-registry, on the PATH or from tools/engine)',
  () => {
    let dir: string;
    let child: ChildProcess;
    let host: string;

    beforeAll(async () => {
      dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-registry-'));
      host = `127.0.0.1:${await freePort()}`;
      const config = {
        version: 0.1,
        log: { level: 'error' },
        storage: { filesystem: { rootdirectory: path.join(dir, 'data') } },
        http: { addr: host },
      };
      fs.writeFileSync(path.join(dir, 'config.yml'), JSON.stringify(config));
      child = spawn(PROGRAM, ['serve', path.join(dir, 'config.yml')], { stdio: 'ignore' });
      let ended: Error | undefined;
      child.on('error', (error) => (ended = error));
      child.on('exit', (code) => (ended ??= new Error(`${PROGRAM} ended with exit code ${code}`)));
      while (!(await answers(host))) {
        if (ended) throw ended;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });

    afterAll(() => {
      child.kill();
      fs.rmSync(dir, { recursive: true, force: true });
    });

    it('is read and written by its protocol', async () => {
      const registry = connect(host, { credentials: async () => undefined });
      const layer = Buffer.from('a layer');
      const config = Buffer.from(
        JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } }),
      );
      const describeBlob = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
      const bytes = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: OCI_MANIFEST,
          config: describeBlob('application/vnd.oci.image.config.v1+json', config),
          layers: [describeBlob('application/vnd.oci.image.layer.v1.tar', layer)],
        }),
      );
      expect(await headManifest(registry, 'acme/x', 'v1')).toBeUndefined();
      for (const blob of [layer, config]) await upload(host, 'acme/x', blob);
      expect(await headManifest(registry, 'acme/x', 'v1')).toBeUndefined();
      expect(await putManifest(registry, 'acme/x', 'v1', bytes, OCI_MANIFEST)).toBe('written');
      expect(await putManifest(registry, 'acme/x', 'v2', bytes, OCI_MANIFEST)).toBe('written');
      const head = { digest: digestOf(bytes), mediaType: OCI_MANIFEST, size: bytes.length };
      for (const reference of ['v1', 'v2', head.digest]) expect(await headManifest(registry, 'acme/x', reference)).toEqual(head);
      expect((await getManifest(registry, 'acme/x', 'v2')).bytes.equals(bytes)).toBe(true);
      expect((await getBlob(registry, 'acme/x', digestOf(layer))).equals(layer)).toBe(true);
      expect((await imageConfig(registry, 'acme/x', 'v1', 'linux/amd64')).config.architecture).toBe('amd64');
      await expect(getBlob(registry, 'acme/x', digestOf(bytes.subarray(1)))).rejects.toThrow('image-not-found');
      await expect(getManifest(registry, 'acme/x', 'v3')).rejects.toThrow('image-not-found');
      await expect(putManifest(registry, 'acme/y', 'v1', bytes, OCI_MANIFEST)).rejects.toThrow('registry-answer');
    });
  },
);

async function upload(host: string, repository: string, bytes: Buffer): Promise<void> {
  const begun = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const to = new URL(begun.headers.get('location')!, `http://${host}`);
  to.searchParams.set('digest', digestOf(bytes));
  await fetch(to, { method: 'PUT', body: new Uint8Array(bytes), headers: { 'content-type': 'application/octet-stream' } });
}

function answers(host: string): Promise<boolean> {
  return fetch(`http://${host}/v2/`).then(
    ({ ok }) => ok,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
