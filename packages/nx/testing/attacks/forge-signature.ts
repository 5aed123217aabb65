import { signBytes } from '../../../release/src/provenance/keys';
import { BUNDLE_TYPE, preAuthEncoding, printBundle } from '../../../release/src/provenance/envelope';
import type { SigningKey } from '../../src/images/signatures/signing-key';
import { referrersTag } from '../../src/registry/referrers';
import { forger, sha256 } from './forge';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** The bundle of a statement that this key signed, whatever it says. */
export function signStatement(statement: unknown, { id, key }: SigningKey): string {
  const payload = Buffer.from(typeof statement === 'string' ? statement : JSON.stringify(statement));
  return printBundle(payload, signBytes(preAuthEncoding(payload), key), id);
}

interface PlantOptions {
  /** What the layer's descriptor says, instead of the truth. */
  size?: number;
  mediaType?: string;
  artifactType?: string;
  /** What the index says of it: any tool may write the annotations of ours. */
  annotations?: Record<string, string>;
}

/** What a person with write access to the repository can do to the signatures of an image. */
export function signatureForger(host: string, name: string) {
  const { blob, putRaw } = forger(host, name);
  const base = `http://${host}/v2/${name}`;
  const readIndex = async (subject: string): Promise<object[]> => {
    const response = await fetch(`${base}/manifests/${referrersTag(subject)}`);
    return response.ok ? ((await response.json()) as { manifests: object[] }).manifests : [];
  };
  const list = (subject: string, manifests: readonly object[]) =>
    putRaw(referrersTag(subject), INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
  return {
    list,
    readIndex,
    /** Puts a bundle as a signature of an image, and lists it. */
    async plant(subject: string, bundle: string | Uint8Array, options: PlantOptions = {}): Promise<string> {
      const { mediaType = BUNDLE_TYPE, artifactType = BUNDLE_TYPE, size, annotations } = options;
      const bytes = Buffer.from(bundle);
      const config = { mediaType: 'application/vnd.oci.empty.v1+json', ...(await blob(Buffer.from('{}'))) };
      const layer = { mediaType, ...(await blob(bytes)), ...(size !== undefined && { size }) };
      const body = {
        schemaVersion: 2,
        mediaType: MANIFEST,
        artifactType,
        config,
        layers: [layer],
        subject: { mediaType: MANIFEST, digest: subject, size: 1 },
      };
      const digest = sha256(Buffer.from(JSON.stringify(body)));
      await putRaw(digest, MANIFEST, body);
      const entry = { mediaType: MANIFEST, digest, size: JSON.stringify(body).length, artifactType, annotations };
      await list(subject, [...(await readIndex(subject)), entry]);
      return digest;
    },
    /** The bundles that are listed for an image. */
    async bundles(subject: string): Promise<string[]> {
      const texts: string[] = [];
      for (const { digest } of (await readIndex(subject)) as { digest: string }[]) {
        const { layers } = (await (await fetch(`${base}/manifests/${digest}`)).json()) as { layers: { digest: string }[] };
        texts.push(await (await fetch(`${base}/blobs/${layers[0]!.digest}`)).text());
      }
      return texts;
    },
  };
}
