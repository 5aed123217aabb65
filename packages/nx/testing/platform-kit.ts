import * as path from 'node:path';
import { commit, gitSync, newRepo, type Sandbox } from './git-kit';

const OWN = 'app/ai-app/deployment/docker/custom-ui-managed-infra';
const ALL_IN_ONE = 'app/ai-app/deployment/docker/all_in_one_kdcube';

/** A repository with the platform's layout and small Dockerfiles. */
export interface PlatformRepo {
  dir: string;
  url: string;
  /** The repository that ProxyLogin's Dockerfile clones. */
  login: string;
  /** Writes files, commits and tags. Returns the commit. */
  release(tag: string, files?: Record<string, string | null>): string;
}

/** `base`: the image that every Dockerfile is based on. Only ProxyLogin's RUN wants a network, as in the platform. */
export function platformRepo(box: Sandbox, base: string, tag: string): PlatformRepo {
  const login = newRepo(box.folder('ProxyLogin'), { 'login.txt': 'login\n' });
  gitSync(login, 'branch', 'master');
  const service = (requirements: string, more = '') =>
    `FROM ${base} AS builder
COPY services/kdcube-ai-app/${requirements} requirements.txt
RUN --network=none cat requirements.txt
FROM ${base}
COPY --from=builder requirements.txt /requirements.txt
COPY services/kdcube-ai-app/ /app
${more}`;
  const entrypoint = 'COPY deployment/docker/custom-ui-managed-infra/docker-entrypoint.sh /docker-entrypoint.sh\n';
  const files = {
    'README.md': 'the platform\n',
    [`${OWN}/Dockerfile_Ingress`]: service('requirements-chat-ingress.txt', entrypoint),
    [`${OWN}/Dockerfile_Chatproc`]: service('requirements-chat-processor.txt', entrypoint),
    [`${OWN}/Dockerfile_Metricservice`]: service('requirements-metric-service.txt', entrypoint),
    [`${OWN}/Dockerfile_PostgresSetup`]: `FROM ${base}\nCOPY services/kdcube-ai-app/requirements-dbdeploy.txt .\nRUN --network=none true\n`,
    [`${OWN}/Dockerfile_Exec`]: service('requirements-chat.txt'),
    [`${OWN}/Dockerfile_ProxyLogin`]: `FROM ${base} AS builder\nWORKDIR /build\nARG GIT_BRANCH=master\n\nRUN git clone --branch \${GIT_BRANCH} --single-branch file://${login} .\nRUN --network=none true\nFROM ${base}\nCOPY --from=builder /build/login.txt .\n`,
    [`${OWN}/Dockerfile_ProxyOpenResty`]: `FROM ${base}\nARG NGINX_CONFIG_FILE_PATH\nCOPY \${NGINX_CONFIG_FILE_PATH} /nginx.conf\nRUN --network=none true\n`,
    [`${ALL_IN_ONE}/Dockerfile_UI`]: `FROM ${base}\nARG UI_SOURCE_PATH\nCOPY \${UI_SOURCE_PATH}/package*.json ./\nRUN --network=none true\nCOPY \${UI_SOURCE_PATH} .\nARG NGINX_UI_CONFIG_FILE_PATH\nCOPY \${NGINX_UI_CONFIG_FILE_PATH} /nginx.conf\n`,
    [`${ALL_IN_ONE}/Dockerfile_Secrets`]: `FROM ${base}\nCOPY deployment/docker/all_in_one_kdcube/secrets/secrets_server.py /app/\nRUN --network=none true\n`,
    [`${OWN}/docker-entrypoint.sh`]: '#!/bin/sh\nexec "$@"\n',
    [`${OWN}/nginx/conf/nginx_proxy.conf`]: 'events {}\n',
    [`${ALL_IN_ONE}/nginx/conf/nginx_ui.conf`]: 'events {}\n',
    [`${ALL_IN_ONE}/secrets/secrets_server.py`]: 'print("secrets")\n',
    'app/ai-app/.dockerignore': '**/node_modules\n',
    'app/ai-app/ui/chat-web-app/package.json': '{}\n',
    'app/ai-app/ui/chat-web-app/src/main.ts': 'export {};\n',
    'app/ai-app/services/kdcube-ai-app/kdcube_ai_app/__init__.py': '',
    'app/ai-app/docs/README.md': 'docs\n',
    ...Object.fromEntries(
      ['chat-ingress', 'chat-processor', 'metric-service', 'dbdeploy', 'chat'].map((name) => [
        `app/ai-app/services/kdcube-ai-app/requirements-${name}.txt`,
        `# ${name}\n`,
      ]),
    ),
  };
  const dir = newRepo(box.folder('kdcube'), files);
  gitSync(dir, 'tag', tag);
  return {
    dir,
    url: `file://${dir}`,
    login,
    release(name, changed = {}) {
      const made = commit(
        dir,
        Object.fromEntries(Object.entries(changed).map(([file, text]) => [path.posix.join('app/ai-app', file), text])),
      );
      gitSync(dir, 'tag', name);
      return made;
    },
  };
}
