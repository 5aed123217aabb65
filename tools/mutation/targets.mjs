// The core: what is mutated. `specs`: those that hold its rules, where they are not near it in the graph of imports (parts of paths).
const release = (folder, names, specs) => names.map((name) => ({ file: `packages/release/src/${folder}/${name}.ts`, specs }));
const nx = (folder, names, specs) => names.map((name) => ({ file: `packages/nx/src/${folder}/${name}.ts`, specs }));

export const TARGETS = [
  ...release('release', ['refs', 'repo-url', 'reference', 'edit', 'pin', 'tags']),
  ...release('release', ['read'], ['release/read.spec', 'src/fixtures.spec', 'fuzz/release.spec']),
  ...release(
    'release/rules',
    ['ids', 'sources', 'loading', 'whole'],
    ['release/read.spec', 'src/fixtures.spec', 'bundle-id.spec', 'refs.spec', 'python-names.spec', 'document/secrets.spec'],
  ),
  ...release('bundle/stage', ['stage', 'links', 'names']),
  ...release('image', ['image', 'changes', 'workspace']),
  ...release('deploy', ['plan-file', 'waves']),
  ...release('deploy', ['compare-bundles'], ['compare-bundles.spec', 'plan-deploy.spec', 'render.spec', 'stored.spec']),
  ...release('targets/ecs/rollout/verdict', ['verdict', 'timeout']),
  ...release('targets/ecs/rollout/verdict', ['permanent', 'reason'], ['permanent.spec', 'verdict/reason.spec']),
  ...release('targets/ecs/rollout', ['lock'], ['rollout/lock.spec', 'records/status.spec', 'rollout/rollouts.spec']),
  ...release(
    'targets/ecs/rollout',
    ['resume', 'register'],
    ['rollout/resume.spec', 'rollout/register.spec', 'rollouts.spec', 'repeated.spec', 'interrupted.spec'],
  ),
  ...nx('registry', ['push']),
  ...nx('registry/tags', ['set-tag', 'tag-image']),
  ...nx('registry/manifests', ['platform']),
  ...nx(
    'registry/manifests',
    ['manifests', 'manifest-format'],
    [
      'manifests/manifests.spec',
      'manifests/image.spec',
      'immutable-tags.spec',
      'manifest-format.spec',
      'platform.spec',
      'fuzz/registry.spec',
    ],
  ),
  ...nx(
    'registry/transport',
    ['auth', 'challenges'],
    ['transport/auth.spec', 'bearer-token.spec', 'challenges.spec', 'fuzz/registry.spec'],
  ),
  ...nx(
    'registry/transport',
    ['redirects', 'retries'],
    [
      ...['transport/redirects.spec', 'transport/retries.spec', 'transport/http.spec'],
      ...['auth.spec', 'connect.spec', 'registry/network-cuts.spec'],
    ],
  ),
  ...nx(
    'images/push',
    ['push', 'find'],
    ['images/push/push.spec', 'push-oci.spec', 'push/find.spec', 'previous.spec', 'images/attacks', 'signatures/signing.spec'],
  ),
  ...nx('images/push', ['tags'], ['images/push/tags.spec', 'images/push/push.spec']),
  ...nx('system/lock', ['lock', 'lock-file', 'owner'], ['system/lock/lock.spec']),
];
