// Two suites run at once, and a long one that starts last leaves one core idle. In a fresh clone, jest does not know which suites are long.
const { basename } = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

const LONGEST = [
  'affected',
  'bad-release',
  'commands',
  'images',
  'batch',
  'affected-versions',
  'bad-machine',
  'dockerfiles',
  'demo',
  'oci-parity',
];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const at = LONGEST.indexOf(basename(path, '.spec.ts'));
      return at === -1 ? LONGEST.length : at;
    };
    return [...tests].sort((one, other) => rank(one) - rank(other) || (one.path < other.path ? -1 : 1));
  }
};
