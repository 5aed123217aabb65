// Base images of a frontend: an nginx of Debian, and what has `npm` for a build.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Engine } from './engine';
import { freshFolder, must } from './run';

const SCRIPT = path.resolve(__dirname, '../../tools/engine/engine.sh');

// npm itself is not what is tested: this one insists on a lock file, and runs the script of package.json.
const NPM = `#!/bin/sh
set -e
case "$*" in
  ci) test -s package-lock.json ;;
  'run build') sh -c "$(python3 -c 'import json; print(json.load(open("package.json"))["scripts"]["build"])')" ;;
  *) exit 2 ;;
esac
`;

const NGINX_DOCKERFILE = `FROM scratch
ADD root.tar /
COPY nginx/ /
RUN --network=none mkdir -p /run /var/log/nginx /var/lib/nginx /usr/share/nginx/html && echo page > /usr/share/nginx/html/index.html \\
  && echo nobody:x:65534:65534::/:/bin/sh >> /etc/passwd && echo nogroup:x:65534: >> /etc/group
`;

/** Pushes <prefix>/node:22 and <prefix>/nginx:1. */
export async function pushFrontendBases(engine: Engine, prefix: string): Promise<void> {
  const nginx = nginxFolder();
  const context = freshFolder('frontend-bases');
  fs.cpSync(nginx, path.join(context, 'nginx'), { recursive: true });
  fs.copyFileSync(engine.pythonRoot, path.join(context, 'root.tar'));
  fs.writeFileSync(path.join(context, 'npm'), NPM, { mode: 0o755 });
  fs.writeFileSync(path.join(context, 'Dockerfile.nginx'), NGINX_DOCKERFILE);
  fs.writeFileSync(path.join(context, 'Dockerfile.node'), 'FROM scratch\nADD root.tar /\nCOPY npm /usr/bin/npm\n');
  const push = async (name: 'node' | 'nginx', tag: string): Promise<void> => {
    const file = path.join(context, `Dockerfile.${name}`);
    await must('docker', ['buildx', 'build', '--push', '--provenance=false', '-f', file, '-t', tag, context], engine);
  };
  await push('node', `${prefix}/node:22`);
  await push('nginx', `${prefix}/nginx:1`);
}

function nginxFolder(): string {
  try {
    return execFileSync('bash', [SCRIPT, 'nginx'], { encoding: 'utf8' }).trim();
  } catch {
    throw new Error('There is no nginx for containers: tools/engine/engine.sh install unpacks it.');
  }
}
