import * as z from 'zod';
import { readPin } from './pin';

/**
 * The output of a finished step for the next one, under dist/. Receipts of cached steps (stage, descriptor, docker-build) contain nothing
 * that can change while their inputs do not; a receipt of a push may name the commit.
 */
const tree = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const key = z.string().regex(/^[0-9a-f]{64}$/);

/** The content of one bundle: its id, its folder in the image, and its git tree. */
export const BundleContent = z.strictObject({ id: z.string(), folder: z.string(), tree });
export type BundleContent = z.infer<typeof BundleContent>;

/** What `stage` wrote: the files of one bundle, with their number and total size in bytes. */
export const StageReceipt = z.strictObject({
  receipt: z.literal('stage'),
  version: z.literal(1),
  ...BundleContent.shape,
  /** Undefined for a workspace bundle. */
  pinned: z.strictObject({ repo: z.string(), ref: z.string(), commit: tree, subdir: z.string() }).optional(),
  files: z.number(),
  bytes: z.number(),
});
export type StageReceipt = z.infer<typeof StageReceipt>;

/** What `descriptor` wrote: the descriptor’s kind and mode, its files by name, and the bundles in it. */
export const DescriptorReceipt = z.strictObject({
  receipt: z.literal('descriptor'),
  version: z.literal(1),
  kind: z.enum(['env-json', 'bundles-yaml']),
  mode: z.enum(['baked', 'git']),
  generation: z.string(),
  files: z.array(z.string()),
  bundles: z.array(z.strictObject({ id: z.string(), folder: z.string(), commit: tree.optional() })),
});
export type DescriptorReceipt = z.infer<typeof DescriptorReceipt>;

const imageContent = {
  image: z.string(),
  key,
  platform: z.string(),
  platformRef: z.string().optional(),
  /** Digests; `c-<key>` of a base that is built here. */
  bases: z.record(z.string(), z.string().regex(/^(?:sha256:|c-)[0-9a-f]{64}$/)),
  bundles: z.array(BundleContent),
  /** The git tree of the frontend in the image. */
  frontend: tree.optional(),
};

/** What `docker-build` built: the image’s content key, OCI platform (`linux/amd64`) and content, and where the image is stored. */
export const BuildReceipt = z.strictObject({
  receipt: z.literal('docker-build'),
  version: z.literal(1),
  ...imageContent,
  engine: z.string(),
  /** The image's name in the engine's store; undefined if no engine was used. */
  local: z.string().optional(),
  /** The digest of the manifest in the OCI layout beside this receipt; undefined if the image is only in an engine's store. */
  digest: digest.optional(),
});
export type BuildReceipt = z.infer<typeof BuildReceipt>;

/** What `docker-push` pushed or reused: repository, digest, media type, size of the manifest in bytes, tags, and how the image got there. */
export const PushReceipt = z.strictObject({
  receipt: z.literal('docker-push'),
  version: z.literal(2),
  ...imageContent,
  /** With its host; `oci:dist/images/<image>` if no registry is configured. */
  repository: z.string(),
  digest,
  mediaType: z.string(),
  size: z.number(),
  /** `reused`: already in the registry, nothing was built or sent. `built`: in this run. `prebuilt`: by an earlier docker-build. */
  how: z.enum(['reused', 'built', 'prebuilt']),
  tags: z.array(z.string()),
  /** How the image differs from the previous one; empty if it was reused. */
  why: z.array(z.string()),
  /** Undefined if an engine sent the image without reporting. `reusedLayers`: the registry already had them. */
  sent: z.strictObject({ reusedLayers: z.number(), sentLayers: z.number(), bytes: z.number() }).optional(),
  /** The reused image is unverified: the option `trustRegistry` accepted it. */
  trustRegistry: z.literal(true).optional(),
  /** The signature of the image by the key of this job. `keyId`: SHA-256 of the public key, in base64. `digest`: of the manifest that holds the signature. */
  signature: z.strictObject({ keyId: z.string(), digest }).optional(),
  /** The workspace's commit, if the image's content is committed. */
  commit: tree.optional(),
});
export type PushReceipt = z.infer<typeof PushReceipt>;

/** What `docker-push` copied or found of a published image of the platform. `size`: of the top manifest, in bytes. */
export const MirrorReceipt = z.strictObject({
  receipt: z.literal('mirror'),
  version: z.literal(1),
  image: z.string(),
  /** platform.ref, and the repository that it was copied from. */
  ref: z.string(),
  source: z.string(),
  /** With its host. */
  repository: z.string(),
  digest,
  mediaType: z.string(),
  size: z.number(),
  how: z.enum(['reused', 'copied']),
  tags: z.array(z.string()),
  /** Undefined if the image was there. `reusedBlobs`: the registry already had them. */
  sent: z.strictObject({ reusedBlobs: z.number(), sentBlobs: z.number(), bytes: z.number() }).optional(),
});
export type MirrorReceipt = z.infer<typeof MirrorReceipt>;

/** Where each step writes its output, relative to the workspace. */
export const OUT = {
  stage: (id: string) => `dist/stage/${id}`,
  build: (image: string) => `dist/build/${image}`,
  push: (image: string) => `dist/push/${image}`,
  /** One OCI layout for each image, named after it. It contains no receipt, so that other tools can read it. */
  images: 'dist/images',
  env: (environment: string) => `dist/env/${environment}`,
  /** The last plan of an environment: a deploy can execute it. */
  plan: (environment: string) => `dist/plan/${environment}.json`,
  /** The last good record of an environment that this checkout has read: for an offline plan. */
  record: (environment: string) => `dist/record/${environment}.json`,
  release: 'dist/release',
};

export function printReceipt(receipt: StageReceipt | DescriptorReceipt | BuildReceipt | PushReceipt | MirrorReceipt): string {
  return `${JSON.stringify(receipt, null, 2)}\n`;
}

/** Parses a receipt. Returns undefined if it is missing, incomplete, invalid, or of another version: the step then runs again. */
export function readReceipt<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  return readPin(schema, text);
}
