import { BUNDLE_TYPE, PREDICATE_TYPE, type ProvenanceFacts, signImage } from '@kdcube/release/internal';
import type { Repository } from '../../registry/blobs/blobs';
import { OCI_MANIFEST } from '../../registry/manifests/manifest-format';
import type { ManifestHead } from '../../registry/manifests/manifests';
import { uploadImage } from '../../registry/push';
import { addReferrer } from '../../registry/referrers';
import { sha256Digest } from '../../registry/transport/connect';
import { carryOut } from '../../system/journal';
import type { ImageJob } from '../job';
import type { SigningKey } from './signing-key';
import { inOneChunk } from '../../system/chunks';

const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', bytes: Buffer.from('{}') };

/** Signs an image in the registry, and stores the signature beside it: a manifest with one bundle, whose subject is the image. Returns the digest of that manifest. */
export async function signAndStore(
  place: Repository,
  subject: ManifestHead,
  facts: ProvenanceFacts,
  { key }: SigningKey,
): Promise<string> {
  const { registry, repository } = place;
  const bundle = Buffer.from(signImage(facts, key));
  const config = describe(EMPTY.mediaType, EMPTY.bytes);
  const layer = describe(BUNDLE_TYPE, bundle);
  const { digest, mediaType, size } = subject;
  const annotations = {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': PREDICATE_TYPE,
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: BUNDLE_TYPE,
    config,
    layers: [layer],
    subject: { mediaType, digest, size },
    annotations,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const blobs = [
    { digest: layer.digest, size: layer.size, open: () => inOneChunk(bundle) },
    { digest: config.digest, size: config.size, open: () => inOneChunk(EMPTY.bytes) },
  ];
  const stored = describe(OCI_MANIFEST, bytes);
  await carryOut({ kind: 'other', text: `signed ${registry.host}/${repository}@${digest}` }, async () => {
    await uploadImage(registry, repository, { manifest: bytes, mediaType: OCI_MANIFEST, blobs });
    await addReferrer(place, digest, { ...stored, artifactType: BUNDLE_TYPE, annotations });
  });
  return stored.digest;
}

/** The provenance statement of an image. */
export function provenanceOf(
  { plan, folder, bundles }: ImageJob,
  repository: string,
  digest: string,
  commit: string | undefined,
): ProvenanceFacts {
  return {
    repository,
    digest,
    plan,
    folder: folder.path,
    bundles: bundles.map(({ content, place, pin }) => ({ id: content.id, path: place, ...(pin && { pin }) })),
    ...(commit !== undefined && { commit }),
  };
}

function describe(mediaType: string, bytes: Buffer) {
  return { mediaType, digest: sha256Digest(bytes), size: bytes.length };
}
