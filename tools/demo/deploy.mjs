// npm run demo -- --deploy: from the two images of the main job to a rollout, a failed deploy, and a rollback, on a stand-in for Amazon ECS.
import fs from 'node:fs';
import path from 'node:path';
import { PLACE, startCloud } from './cloud.mjs';
import { PLATFORM_REF } from './main-job.mjs';
import { pushStandIns } from './platform.mjs';
import { title } from './shop.mjs';

const BUNDLE = 'bundles/hello@1-0-0/entrypoint.py';
const OTHER_IMAGES = ['kdcube-postgres-setup', 'kdcube-chat-ingress', 'kdcube-metrics'];

/** `registry` runs in this process until the demo ends. */
export async function deployStory(shop, registry) {
  const { place, env, nx, failingNx, commit } = shop;
  const journal = path.join(place, 'aws-calls.ndjson');
  const cloud = await startCloud({ registry, journal, isWatched: process.stdout.isTTY });
  // On a terminal, a deploy shows the live board; other commands print lines.
  const deployed = { CI: process.stdout.isTTY ? '' : 'true' };
  Object.assign(env, cloud.env, { KDCUBE_REGISTRY: registry }, deployed);
  try {
    title('A place to deploy to: the cloud is a stand-in');
    console.log(`(No AWS account is used. packages/ecs-double, a program on this machine, implements the protocol of Amazon ECS. It starts no container, and its
clock is virtual: a rollout of minutes takes seconds. Its cluster ${PLACE.cluster} runs an earlier release that was set up by hand.
Images are deployed from the demo's registry on ${registry}.)`);
    await makeEnvironment(shop, registry);

    title('Push the images, verify the environment, and show the plan');
    release(shop, 'prod-1');
    await commit('Release prod-1');
    await nx('run-many', '-t', 'docker-push', '--output-style=static');
    console.log('\n(The stand-in has no roles, secrets and network: their checks are "unknown".)');
    await nx('run', 'release:verify:prod');
    await nx('run', 'release:plan:prod');

    title('Deploy: one environment needs no name');
    await nx('run', 'release:deploy-ecs');

    title('Change one bundle: one service restarts');
    shop.edit(BUNDLE, (text) => `${text}\n\nGREETING = "Good morning"\n`);
    release(shop, 'prod-2');
    await commit('Greet in the morning');
    await nx('affected', '-t', 'docker-push', '--base=HEAD~1', '--output-style=static');
    await nx('run', 'release:plan:prod');
    await nx('run', 'release:deploy-ecs');

    title('Break it: a failed deploy');
    const ended = await breakIt(shop, cloud, failingNx);
    console.log(
      `\n(Nx ended with ${ended.status}, as for every task that fails. The deploy's own exit code is in the last object of --json:)\n${ended.last}`,
    );

    title('Status, history, and a rollback');
    await nx('run', 'release:status:prod');
    await nx('run', 'release:history:prod');
    console.log('\n(prod-2 still runs. A rollback to prod-1 works on any machine, without a build:)');
    await nx('run', 'release:rollback:prod', '--to=prod-1');
    await nx('run', 'release:status:prod');

    title('Done');
    console.log(`The ${cloud.calls()} calls to the stand-in and its responses are in
  ${journal}
The workspace is ${shop.dir}; its registry and the stand-in have ended with the demo. On an account of your own:

  npx nx g @kdcube/nx:environment prod --target=ecs     # or, from what runs: npx nx run release:import-ecs
  npx nx run release:verify:prod                        # what is missing
  npx nx run release:deploy-ecs:prod

More in docs/deploying.md: verdicts, exit codes, Ctrl-C, and what to do at 2 a.m.`);
  } finally {
    await cloud.close();
  }
}

async function makeEnvironment({ nx, edit, commit }, registry) {
  const options = { ...PLACE, registry, tenant: 'acme', project: 'demo' };
  await nx(
    'g',
    '@kdcube/nx:environment',
    'prod',
    '--target=ecs',
    ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
  );
  const digests = await pushStandIns(registry, PLATFORM_REF, OTHER_IMAGES);
  const values = { '<SUBNET>': 'subnet-0a1b2c3d', '<POSTGRES_HOST>': 'db.acme.example', '<BUCKET>': 'acme-prod' };
  edit('environments/prod.yaml', (text) => {
    const named = Object.entries(values).reduce((all, [placeholder, value]) => all.replace(placeholder, value), text);
    return OTHER_IMAGES.reduce(
      (all, name) => all.replace(`docker.io/kdcube/${name}@sha256:<DIGEST>`, `${registry}/${name}@${digests[name]}`),
      named,
    );
  });
  console.log(
    `(Values that only a customer knows are placeholders. Filled in: ${Object.keys(values).join(', ')} and three digests.)`,
  );
  await commit('Add the environment prod');
}

function release({ edit }, name) {
  edit('release.yaml', (text) => text.replace(/^(?:# )?release_name: .*$/m, `release_name: "${name}"`));
}

/** Pushes a real image, and configures the stand-in, which starts no container, to let it fail. */
async function breakIt(shop, cloud, failingNx) {
  shop.edit(BUNDLE, (text) => `import os\n${text.replace('"Good morning"', 'os.environ["GREETING"]')}`);
  release(shop, 'prod-3');
  await shop.commit('Take the greeting from the environment');
  await shop.nx('affected', '-t', 'docker-push', '--base=HEAD~1', '--output-style=static');
  const { digest } = JSON.parse(fs.readFileSync(shop.file('dist/push/kdcube-chat-proc-bundled/receipt.json'), 'utf8'));
  const lines = [
    'Traceback (most recent call last):',
    '  File "/bundles/hello@1-0-0/entrypoint.py", line 40, in <module>',
    '    GREETING = os.environ["GREETING"]',
    "KeyError: 'GREETING'",
  ];
  await cloud.setBehavior({ image: digest }, { exit: { code: 1, after: 6, lines } });
  console.log('\n(In the stand-in, containers of this image now exit with code 1 after six seconds.)');
  return failingNx('run', 'release:deploy-ecs');
}
