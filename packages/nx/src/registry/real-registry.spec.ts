import { getManifest, headManifest, putManifest } from './manifests/manifests';
import { getBlob, copyBlob, mountBlob } from './blobs/blobs';
import { headBlob } from './blobs/head-blob';
import { getImage } from './manifests/image';
import { connect, sha256Digest } from './transport/connect';
import { OCI_INDEX, OCI_MANIFEST } from './manifests/manifest-format';
import { deleteManifest } from './prune/delete-manifest';
import { listReferrers } from './referrers';
import { listManifests } from './prune/list-manifests';
import { uploadBlob } from './blobs/upload-blob';
import { cutter, registryProgram, runRegistry } from '../../testing/network-cuts';
import { closeAfterEach, named, open, problemOf, source } from '../../testing/push-kit';

closeAfterEach();
const program = registryProgram();

(program || process.env.KD_REQUIRE_ENGINE === '1' ? describe : describe.skip)(
  'a real registry (skipped where there is no docker-registry, on the PATH or from tools/engine)',
  () => {
    let host: string;
    beforeEach(async () => (host = await runRegistry(program ?? 'docker-registry')));

    it('is read and written by its protocol', async () => {
      const registry = connect(host, { credentials: async () => undefined });
      const layer = Buffer.from('a layer');
      const config = Buffer.from(
        JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [sha256Digest(layer)] } }),
      );
      const describeBlob = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: sha256Digest(bytes), size: bytes.length });
      const bytes = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: OCI_MANIFEST,
          config: describeBlob('application/vnd.oci.image.config.v1+json', config),
          layers: [describeBlob('application/vnd.oci.image.layer.v1.tar', layer)],
        }),
      );
      expect(await headManifest(registry, 'acme/x', 'v1')).toBeUndefined();
      for (const blob of [layer, config]) await uploadBlob(registry, 'acme/x', named(blob), source(blob).open);
      expect(await headManifest(registry, 'acme/x', 'v1')).toBeUndefined();
      expect(await putManifest(registry, 'acme/x', 'v1', bytes, OCI_MANIFEST)).toBe('written');
      expect(await putManifest(registry, 'acme/x', 'v2', bytes, OCI_MANIFEST)).toBe('written');
      const head = { digest: sha256Digest(bytes), mediaType: OCI_MANIFEST, size: bytes.length };
      for (const reference of ['v1', 'v2', head.digest]) expect(await headManifest(registry, 'acme/x', reference)).toEqual(head);
      expect((await getManifest(registry, 'acme/x', 'v2')).bytes.equals(bytes)).toBe(true);
      expect((await getBlob(registry, 'acme/x', sha256Digest(layer))).equals(layer)).toBe(true);
      expect((await getImage(registry, 'acme/x', 'v1', 'linux/amd64')).config.architecture).toBe('amd64');
      await expect(getBlob(registry, 'acme/x', sha256Digest(bytes.subarray(1)))).rejects.toThrow('image-not-found');
      await expect(getManifest(registry, 'acme/x', 'v3')).rejects.toThrow('image-not-found');
      await expect(putManifest(registry, 'acme/y', 'v1', bytes, OCI_MANIFEST)).rejects.toThrow('registry-response');
    });

    it('deletes a manifest with all its tags, and lists what is left', async () => {
      const place = { registry: connect(host, { credentials: async () => undefined }), repository: 'acme/pruned' };
      const put = async (tag: string, what: string) => {
        const bytes = Buffer.from(
          JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], annotations: { what } }),
        );
        await putManifest(place.registry, place.repository, tag, bytes, OCI_INDEX);
        return sha256Digest(bytes);
      };
      const [garbage, other] = [await put('one', 'x'), await put('three', 'y')];
      await put('two', 'x');
      const listed = async () =>
        (await listManifests(place)).manifests.map(({ digest, tags }) => [digest, [...tags].sort()]).sort();
      expect(await listed()).toEqual(
        [
          [garbage, ['one', 'two']],
          [other, ['three']],
        ].sort(),
      );
      expect(await listReferrers(place, garbage)).toEqual([]);
      expect(await deleteManifest(place, garbage, ['one', 'two'])).toBe('deleted');
      expect(await deleteManifest(place, garbage, ['one', 'two'])).toBe('missing');
      expect(await listed()).toEqual([[other, ['three']]]);
    });

    it('mounts, and takes blobs in pieces through a proxy that wants small ones', async () => {
      const proxy = await cutter(host, 300_000);
      const [direct, small] = [open(host), open(proxy.host)];
      const bytes = Buffer.alloc(1_000_000, 'a large blob ');
      const blob = named(bytes);
      await uploadBlob(small, 'acme/base', blob, source(bytes, 65_536).open);
      expect((await getBlob(direct, 'acme/base', blob.digest)).equals(bytes)).toBe(true);
      expect(await mountBlob(direct, 'acme/x', blob, 'acme/nothing')).toMatchObject({ mounted: false, upload: {} });
      expect(await mountBlob(direct, 'acme/x', blob, 'acme/base')).toEqual({ mounted: true });
      expect(await headBlob(direct, 'acme/x', blob)).toBe(true);
      const other = await copyBlob({ registry: direct, repository: 'acme/x' }, { registry: small, repository: 'acme/z' }, blob);
      expect(other).toBe('copied');
      const changed = uploadBlob(direct, 'acme/x', named(Buffer.from('as it was')), source(Buffer.from('as it is!')).open);
      expect((await problemOf(changed)).code).toBe('file-error');
      expect(await headBlob(direct, 'acme/x', named(Buffer.from('as it is!')))).toBe(false);
    });
  },
);
