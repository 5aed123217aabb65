// Registries that people run themselves.
import { ABSENT, BASIC, BEARER, deletes, hasLogin, IMMUTABLE, movesTag, type Product, reads, refuse, wantsPush } from './product';

export const SELF_HOSTED: Product[] = [
  {
    name: 'GitLab',
    options: BEARER,
    immutable: 'immutable tags',
    habits: [
      {
        short: '403',
        what: 'An immutable or protected tag does not move. The status is not documented: played as 403 without a reason.',
        source: 'https://docs.gitlab.com/user/packages/container_registry/immutable_container_tags',
        answer: (asked, world) =>
          movesTag(asked, world) ? refuse(403, 'DENIED', 'requested access to the resource is denied') : undefined,
      },
    ],
  },
  {
    name: 'Harbor',
    options: { ...BEARER, referrers: true },
    immutable: 'immutability rules',
    mustExist: 'project',
    habits: [
      {
        short: 'denied, not missing',
        what: 'A project that does not exist is denied: 401 "unauthorized to access repository".',
        source: 'https://github.com/goharbor/harbor/issues/13988',
        answer: (asked) =>
          asked.name === ABSENT && hasLogin(asked)
            ? refuse(
                401,
                'UNAUTHORIZED',
                `unauthorized to access repository: ${ABSENT}, action: push: unauthorized to access repository: ${ABSENT}, action: push`,
              )
            : undefined,
      },
      {
        short: '412',
        what: 'An immutable tag is refused with 412 `PRECONDITION`.',
        source: 'https://github.com/goharbor/harbor/pull/9427',
        answer: (asked, world) =>
          movesTag(asked, world)
            ? refuse(412, 'PRECONDITION', `Failed to process request due to '${asked.reference}' configured as immutable.`)
            : undefined,
      },
    ],
  },
  {
    name: 'Quay',
    options: { ...BEARER, referrers: true },
    habits: [
      {
        short: 'look-ups denied at first',
        what: 'A repository that does not exist yet may not be read with a token that may only pull: 401. The first token that may push creates it.',
        source: 'https://github.com/helm/helm/issues/32144',
        answer: (asked, { created }) => {
          const repository = wantsPush(asked);
          if (repository !== undefined) created.add(repository);
          const isDenied = reads(asked) && hasLogin(asked) && !created.has(asked.name ?? '');
          return isDenied ? refuse(401, 'UNAUTHORIZED', 'access to the requested resource is not authorized') : undefined;
        },
      },
      {
        short: '202 to a manifest',
        what: 'A manifest is accepted with 202, not 201.',
        source: 'https://github.com/containerd/containerd/pull/3750',
        change: ({ method, kind }, answer) =>
          method === 'PUT' && kind === 'manifest' && answer.status === 201 ? { ...answer, status: 202 } : undefined,
      },
    ],
  },
  {
    name: 'Artifactory',
    options: BEARER,
    immutable: 'no permission to overwrite',
    habits: [
      {
        short: 'absent tags denied',
        what: 'In a virtual repository, a tag that does not exist is 403.',
        source: 'https://github.com/google/go-containerregistry/pull/1691',
        answer: (asked, { registry }) => {
          const { name = '', reference = '', kind } = asked;
          const exists = registry.images(name).some(({ digest, tags }) => digest === reference || tags.includes(reference));
          return reads(asked) && kind === 'manifest' && hasLogin(asked) && !exists
            ? refuse(403, 'DENIED', 'forbidden')
            : undefined;
        },
      },
      {
        short: 'layers by PATCH',
        what: 'A layer must be sent as docker sends it, with PATCH.',
        source: 'https://github.com/containerd/containerd/issues/3533',
        answer: ({ method, kind, headers }) =>
          method === 'PUT' && kind === 'upload' && headers['content-length'] !== '0'
            ? refuse(404, 'BLOB_UNKNOWN', 'blob unknown to registry')
            : undefined,
      },
      {
        short: '403',
        what: 'Who may not overwrite gets 403 `MANIFEST_INVALID`, with the reason in `detail`.',
        source: 'https://github.com/GoogleContainerTools/kaniko/issues/1095',
        answer: (asked, world) =>
          movesTag(asked, world)
            ? refuse(403, 'MANIFEST_INVALID', 'manifest invalid', { description: 'HTTP 403 Forbidden' })
            : undefined,
      },
    ],
  },
  {
    name: 'Nexus',
    options: BASIC,
    immutable: 'deployment policy "disable redeploy"',
    habits: [
      {
        short: 'one tag for each image',
        what: 'Without redeployment, an image that is there gets no further tag: 400 `BLOB_UPLOAD_INVALID`, with the reason in `detail`.',
        source: 'https://github.com/GoogleContainerTools/jib/issues/2395',
        answer: ({ method, kind, name = '' }, { registry }) =>
          method === 'PUT' && kind === 'manifest' && name === IMMUTABLE && registry.images(name).length > 0
            ? refuse(
                400,
                'BLOB_UPLOAD_INVALID',
                'blob upload invalid',
                'Repository does not allow updating assets: docker-hosted',
              )
            : undefined,
      },
      {
        short: 'tags stay',
        what: 'After a deletion, the tags of the image are still listed, and name nothing.',
        source: 'https://github.com/sonatype/nexus-public/issues/925',
        answer: (asked, { registry, deleted }) => {
          const { name = '', reference = '', kind } = asked;
          if (deletes(asked) && hasLogin(asked)) {
            if (deleted.has(reference)) return refuse(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
            deleted.add(reference);
            return { status: 202 };
          }
          const digest = registry
            .images(name)
            .find(({ digest, tags }) => digest === reference || tags.includes(reference))?.digest;
          const isGone = reads(asked) && kind === 'manifest' && digest !== undefined && deleted.has(digest);
          return isGone ? refuse(404, 'MANIFEST_UNKNOWN', 'manifest unknown') : undefined;
        },
      },
    ],
  },
];
