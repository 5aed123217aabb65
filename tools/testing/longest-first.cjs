// Two workers run at once, and a long suite that starts last leaves one core idle. In a fresh clone, jest does not know which suites are long.
const Sequencer = require('@jest/test-sequencer').default;

/** Those that take more than about 8 seconds, the longest first. */
const LONGEST = [
  'e2e/demo',
  'e2e/bad-release',
  'e2e/oci-parity',
  'e2e/commands',
  'e2e/batch',
  'e2e/affected',
  'e2e/images',
  'e2e/affected-versions',
  'e2e/bad-machine',
  'e2e/dockerfiles',
  'e2e/deploy',
  'e2e/boot',
  'e2e/identity',
  'nx/src/executors/canary',
  'nx/src/images/faults',
  'nx/src/executors/verify/faults',
  'nx/src/images/attacks',
  'nx/src/executors/verify/responses',
  'tools/extend/extend',
  'nx/src/targets/ecs/rollout/rollouts',
  'nx/src/images/push/push',
  'release/src/document/limits',
  'nx/src/executors/plan/executor',
  'release/src/targets/ecs/rollout/rollouts',
  'nx/src/images/push/push-oci',
  'nx/src/executors/deploy-ecs/executor',
  'release/src/bundle/source/limits',
  'nx/src/executors/canary-image',
  'nx/src/git/mirror/mirror',
  'nx/src/workspace/stage',
  'release/src/api',
  'nx/src/registry/network-cuts',
  'nx/src/oci/layer/gzip',
  'nx/src/system/files/files',
  'nx/src/git/mirror/batch-fetch',
  'nx/src/executors/changes',
].map((name) => new RegExp(`/${name}\\.spec\\.m?[jt]s$`));

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const at = LONGEST.findIndex((name) => name.test(path));
      return at === -1 ? LONGEST.length : at;
    };
    const ranks = new Map(tests.map((test) => [test, rank(test)]));
    return super.sort(tests).sort((one, other) => ranks.get(one) - ranks.get(other));
  }
};
