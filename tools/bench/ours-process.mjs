// docker-push as a library call: what the executor does, without Nx around it. One task from the command line, or, as a forked child, one for each message.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

async function push({ root, image, options, plugin }) {
  const startedAt = performance.now();
  const need = createRequire(path.join(root, 'package.json'));
  const home = path.dirname(need.resolve('@kdcube/nx/package.json'));
  const execute = need(path.join(home, 'dist/executors/docker-push/executor.js')).default;
  const nxJsonConfiguration = { plugins: [{ plugin: '@kdcube/nx', options: plugin ?? {} }] };
  const { success } = await execute(
    { args: {}, offline: false, dryRun: false, json: false, ...options },
    { root, projectName: image, nxJsonConfiguration },
  );
  if (!success) throw new Error(`docker-push of ${image} failed.`);
  const own = performance.now() - startedAt;
  // Its place as docs/architecture.md says it: loading the package that knows it would be measured too.
  const { digest } = JSON.parse(fs.readFileSync(path.join(root, 'dist/push', image, 'receipt.json'), 'utf8'));
  return { digest, own, rss: process.resourceUsage().maxRSS * 1024 };
}

if (process.send) {
  process.on('message', (job) =>
    push(job).then(
      (result) => process.send(result),
      (error) => process.send({ failed: String(error) }),
    ),
  );
  process.on('disconnect', () => process.exit(0));
} else {
  const result = await push(JSON.parse(process.argv[2]));
  // Beside what the executor printed.
  fs.writeFileSync(process.argv[3], JSON.stringify(result));
}
