import * as z from 'zod';
import type { ImagePlan } from '../image/image';
import type { BundlePin } from '../release/pin';
import { shownUrl } from '../release/refs';

/** An in-toto statement (v1) with SLSA provenance (v1): what was built into one image. docs/signatures.md explains it. */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** What cosign still writes: the fields that are read are the same. */
const OLDER_TYPE = 'https://in-toto.io/Statement/v0.1';
export const PREDICATE_TYPE = 'https://slsa.dev/provenance/v1';
/** What the parameters of a statement mean. Raised when they change: a statement of another build type is not read. */
export const BUILD_TYPE = 'https://github.com/kdcube/kdcube-nx/blob/main/docs/signatures.md#statement-v1';
const BUILDER = 'https://github.com/kdcube/kdcube-nx/tree/main/packages/nx';

/** What an image is, as a statement says it. */
export interface ProvenanceFacts {
  /** With its host, without tag or digest. */
  repository: string;
  digest: string;
  plan: ImagePlan;
  /** The place of each bundle in the workspace or in its repository, and its pin if it has one. */
  bundles: readonly { id: string; path: string; pin?: BundlePin }[];
  /** The folder of the image in the workspace. */
  folder: string;
  /** The commit of the workspace. */
  commit?: string;
}

/** A thing that went into the image, as in-toto describes it. */
interface Dependency {
  name: string;
  uri?: string;
  digest: Record<string, string>;
  annotations?: Record<string, string>;
}

/** The part of a statement that is read. What else a signed statement says is up to its signer. */
export const ImageStatement = z.object({
  _type: z.enum([STATEMENT_TYPE, OLDER_TYPE]),
  subject: z.array(z.object({ digest: z.object({ sha256: z.string() }) })).length(1),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.object({
    buildDefinition: z.object({
      buildType: z.literal(BUILD_TYPE),
      externalParameters: z.object({ image: z.string(), contentKey: z.string(), platform: z.string() }),
    }),
  }),
});

/** The statement about an image. It has no time and no machine: the same image gives the same statement. */
export function imageStatement(facts: ProvenanceFacts) {
  const { repository, digest, plan } = facts;
  const { image, key, platform, platformRef } = plan;
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: repository, digest: { sha256: hex(digest) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { image, contentKey: key, platform, ...(platformRef !== undefined && { platformRef }) },
        resolvedDependencies: dependenciesOf(facts),
      },
      runDetails: { builder: { id: BUILDER } },
    },
  };
}

function dependenciesOf({ plan, bundles, folder, commit }: ProvenanceFacts): Dependency[] {
  const placeOf = new Map(bundles.map((bundle) => [bundle.id, bundle]));
  return [
    ...(commit === undefined ? [] : [{ name: 'workspace', digest: { gitCommit: commit } }]),
    { name: folder, digest: { gitTree: plan.files } },
    ...plan.bundles.map(({ id, tree }) => bundleDependency(id, tree, placeOf.get(id))),
    ...Object.entries(plan.bases).map(([name, base]) => ({ name, digest: { sha256: hex(base) } })),
  ];
}

function bundleDependency(id: string, tree: string, place?: { path: string; pin?: BundlePin }): Dependency {
  const name = `bundle ${id}`;
  if (!place?.pin) return { name, digest: { gitTree: tree }, ...(place && { annotations: { path: place.path } }) };
  const { repo, ref, commit, path } = place.pin;
  return { name, uri: shownUrl(repo), digest: { gitCommit: commit, gitTree: tree }, annotations: { ref, path } };
}

function hex(digest: string): string {
  return digest.replace(/^sha256:/, '');
}
