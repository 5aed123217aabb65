// docker-push in a process of its own, from the sources. It says `ready`, waits for a line, pushes, and prints { ends, lines, receipt, peak } (bytes of memory).
//   node push-process.cjs ROOT REGISTRY PLATFORM
require('../typescript.cjs');
const { withSnapshot } = require('../../src/git/snapshot/snapshot.ts');
const { planImageJob } = require('../../src/images/plan-job.ts');
const { silentLog } = require('../../src/system/log.ts');
const { openRelease } = require('../../src/workspace/workspace.ts');
const { pushed } = require('./kit.ts');

const [root, registry, platform] = process.argv.slice(2);

async function main() {
  console.log('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  process.stdin.destroy();
  const release = await openRelease(root);
  const ended = await withSnapshot(root, async (snapshot) => {
    const job = await planImageJob(release, 'proc', snapshot, { args: {}, offline: false }, silentLog);
    return pushed(job, { root, registry, platform });
  });
  console.log(JSON.stringify({ ...ended, peak: process.resourceUsage().maxRSS * 1024 }));
}

void main();
