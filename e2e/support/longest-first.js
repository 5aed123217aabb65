// Two suites run at once. Begun last, a long one would leave the other core idle to the end; and a fresh clone has nothing from which jest could know which are long.
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
