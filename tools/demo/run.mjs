// npm run demo [-- --deploy]: the main job in a new folder. Needs Node and git; starts an image if docker or podman runs.
// --deploy: then a rollout on a stand-in for Amazon ECS, without an account.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { start } from '../registry/registry.mjs';
import { ensureInstalled, root } from '../setup.mjs';
import { deployStory } from './deploy.mjs';
import { mainJob } from './main-job.mjs';
import { openShop, title } from './shop.mjs';

const values = parseOptions();
const shop = openShop();

ensureInstalled();
title('Packing @kdcube/nx, @kdcube/release and create-kdcube');
const packed = execFileSync(process.execPath, [path.join(root, 'tools/pack.mjs')], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
const tarball = (name) => packed.split('\n').find((line) => path.basename(line).startsWith(name) && line.endsWith('.tgz'));

// With the stand-in for AWS, ECR has no login, so a deploy uses the demo's registry.
if (values.deploy) delete process.env.KDCUBE_REGISTRY;
const own = process.env.KDCUBE_REGISTRY ? undefined : await start({ port: 0 });
const registry = process.env.KDCUBE_REGISTRY ?? own.host;
shop.env.KDCUBE_PLATFORM_REGISTRY = registry;
try {
  await mainJob(shop, { registry, own, tarball });
  if (values.deploy) await deployStory(shop, registry);
  else end();
} finally {
  await own?.close();
}

/** The options; exits for --help and unknown options. */
function parseOptions() {
  const usage = `npm run demo [-- --deploy]

The main job, from a customer's new repository to pushed images, in a folder of its own. It needs Node and git.
  --deploy   then a rollout on a stand-in for Amazon ECS, without an account, and a rollback`;
  try {
    const { values: given } = parseArgs({
      options: { deploy: { type: 'boolean', default: false }, help: { type: 'boolean', default: false, short: 'h' } },
    });
    if (!given.help) return given;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exit(1);
  }
}

function end() {
  title('Done');
  for (const line of shop.skipped) console.log(`Skipped: ${line}`);
  console.log(`Next commands, in the folder of the demo:

  cd ${shop.dir}
  npx nx g @kdcube/nx:bundle my-bundle      # a bundle of your own
  npx nx affected -t test stage             # test and stage what changed
  npx nx sync                               # brings the pins up to date
  npx nx run release:validate               # checks the whole release
  npx nx show project release               # lists all targets
`);
  if (own)
    console.log(
      `The images are in ${path.join(shop.dir, 'dist/images')}. Their bases are stand-ins, whose registry has ended with the demo. For real images, start with npm create kdcube.`,
    );
}
