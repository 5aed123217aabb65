import * as fs from 'node:fs';
import { sandbox, type Sandbox } from '../../../testing/git-kit';
import { makeLayer, layerKey } from './layer';
import { verifiedLayerBytes, verifiedLayerFile } from './verified-layer';
import type { TarEntry } from './tar';

let box: Sandbox;
beforeEach(() => (box = sandbox()));
afterEach(() => box.end());

async function* entries(): AsyncGenerator<TarEntry> {
  yield { kind: 'folder', path: 'a', mode: 0o755, uid: 0, gid: 0 };
}

it('rebuilds a layer that was damaged in the cache, and reuses an intact one', async () => {
  let made = 0;
  const make = async () =>
    (await makeLayer(layerKey('a'), () => {
      made += 1;
      return entries();
    }))!;
  const { file, digest, size } = await make();
  const layer = { descriptor: { mediaType: '', digest, size }, make };
  const bytes = fs.readFileSync(file);
  expect([await verifiedLayerFile(layer), made]).toEqual([file, 1]);
  expect(await verifiedLayerBytes(layer)).toEqual(bytes);
  fs.writeFileSync(file, Buffer.from(bytes).fill(0, 12, 14));
  expect(await verifiedLayerBytes(layer)).toBeUndefined();
  expect(fs.readFileSync(await verifiedLayerFile(layer))).toEqual(bytes);
  expect([fs.readFileSync(file), made]).toEqual([bytes, 2]);
});
