// Registries that a company runs for others.
import {
  ABSENT,
  BEARER,
  deletes,
  hasLogin,
  IMMUTABLE,
  movesTag,
  NO_REFERRERS_API,
  type Product,
  reads,
  refuse,
  wantsPush,
} from './product';

const UNSUPPORTED = () => refuse(405, 'UNSUPPORTED', 'The operation is unsupported.');

export const HOSTED: Product[] = [
  {
    name: 'Docker Hub',
    options: BEARER,
    immutable: 'immutable tags',
    habits: [
      {
        short: 'look-ups denied at first',
        what: 'A repository that does not exist yet may not be read: 401. The first push creates it.',
        source: 'https://github.com/docker/build-push-action/issues/160',
        answer: (asked, { created }) => {
          const repository = wantsPush(asked);
          if (repository !== undefined) created.add(repository);
          const isDenied = reads(asked) && hasLogin(asked) && !created.has(asked.name ?? '');
          return isDenied ? refuse(401, 'UNAUTHORIZED', 'authentication required') : undefined;
        },
      },
      {
        short: '403',
        what: 'It refuses to move an immutable tag with 403, as it refuses a login without the right to push.',
        source: 'https://github.com/docker/hub-feedback/issues/2466',
        answer: (asked, world) =>
          movesTag(asked, world) ? refuse(403, 'DENIED', 'requested access to the resource is denied') : undefined,
      },
      {
        short: '405',
        what: 'It does not delete through the registry protocol.',
        source: 'https://github.com/docker/hub-feedback/issues/2360',
        answer: (asked) => (deletes(asked) ? UNSUPPORTED() : undefined),
      },
      { ...NO_REFERRERS_API, source: 'https://github.com/docker/roadmap/issues/724' },
    ],
  },
  {
    name: 'Amazon ECR',
    options: { immutable: [IMMUTABLE], referrers: true, uploads: { mount: false } },
    immutable: 'tag immutability',
    mustExist: 'repository',
    habits: [
      {
        short: 'not created by a push',
        what: 'A repository must be created first: 404 `NAME_UNKNOWN`.',
        source: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-push-ecr-image.html',
        concerns: ['absent'],
      },
      {
        short: 'not even the same image again',
        what: 'An immutable tag is refused even for the image that it names: 400 `TAG_INVALID`.',
        source: 'https://github.com/moby/buildkit/issues/3776',
        concerns: ['immutable'],
      },
      {
        short: 'no mounts',
        what: 'It mounts no layers of other repositories until the account allows it, and then only those of an image.',
        source: 'https://github.com/aws/containers-roadmap/issues/2860',
        concerns: ['mount'],
      },
      {
        short: 'through the API of AWS',
        what: 'Images are deleted with `ecr:BatchDeleteImage`.',
        source: 'https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html',
        concerns: ['delete'],
      },
    ],
  },
  {
    name: 'GitHub (GHCR)',
    options: BEARER,
    habits: [
      {
        short: 'look-ups denied at first',
        what: 'A package that does not exist yet may not be read: 403 `DENIED`. The first push creates it.',
        source: 'https://github.com/docker/build-push-action/issues/981',
        answer: (asked, { created }) => {
          if (asked.method === 'POST' && asked.kind === 'uploads' && hasLogin(asked)) created.add(asked.name!);
          const isDenied = reads(asked) && hasLogin(asked) && !created.has(asked.name ?? '');
          return isDenied ? refuse(403, 'DENIED', 'denied') : undefined;
        },
      },
      {
        short: '405',
        what: 'It does not delete through the registry protocol.',
        source: 'https://github.com/podman-container-tools/skopeo/issues/1880',
        answer: (asked) => (deletes(asked) ? UNSUPPORTED() : undefined),
      },
      { ...NO_REFERRERS_API, source: 'https://github.com/dataaxiom/ghcr-cleanup-action/issues/13' },
    ],
  },
  {
    name: 'Azure (ACR)',
    options: { ...BEARER, referrers: true },
    immutable: 'locked tags',
    habits: [
      {
        short: 'only access_token',
        what: 'Its token endpoint gives an `access_token` and no `token`.',
        source: 'https://github.com/containerd/overlaybd/issues/35',
        change: ({ kind }, answer) => {
          if (kind !== 'token' || answer.status !== 200) return undefined;
          const { token: _, ...body } = JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>;
          return { ...answer, body: Buffer.from(JSON.stringify(body)) };
        },
      },
      {
        short: '405',
        what: 'A locked tag is refused with 405 `REGISTRY_DISALLOWED_OPERATION`.',
        source: 'https://github.com/Azure/azure-sdk-for-net/issues/22827',
        answer: (asked, world) =>
          movesTag(asked, world)
            ? refuse(405, 'REGISTRY_DISALLOWED_OPERATION', 'The operation is disallowed on this registry, repository or image.')
            : undefined,
      },
    ],
  },
  {
    name: 'Google (GAR)',
    options: BEARER,
    immutable: 'immutable tags',
    mustExist: 'repository',
    habits: [
      {
        short: 'denied, not missing',
        what: 'A repository that does not exist is denied, for reading and for writing: 403 "… (or it may not exist)".',
        source: 'https://github.com/google-github-actions/auth/issues/50',
        answer: ({ name, ...asked }) =>
          name === ABSENT && hasLogin(asked)
            ? refuse(
                403,
                'DENIED',
                'Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "projects/acme/locations/europe/repositories/other" (or it may not exist)',
              )
            : undefined,
      },
      {
        short: 'tags first',
        what: 'A manifest that has tags cannot be deleted: its tags are deleted first.',
        source: 'https://github.com/InftyAI/alphatrion/issues/14',
        answer: (asked, { registry }) => {
          const { name = '', reference = '' } = asked;
          const tags = registry.images(name).find(({ digest }) => digest === reference)?.tags ?? [];
          return deletes(asked) && tags.length > 0
            ? refuse(400, 'GOOGLE_MANIFEST_DANGLING_TAG', `Manifest is still referenced by tag: ${tags[0]}`)
            : undefined;
        },
      },
      {
        short: '400',
        what: 'An immutable tag does not move. The status is not documented: played as 400 `FAILED_PRECONDITION`.',
        source: 'https://github.com/stackshy/cloudemu/pull/1037',
        answer: (asked, world) =>
          movesTag(asked, world) ? refuse(400, 'FAILED_PRECONDITION', 'the request violates a precondition') : undefined,
      },
      { ...NO_REFERRERS_API, source: 'https://github.com/actions/attest-build-provenance/issues/80' },
    ],
  },
];
