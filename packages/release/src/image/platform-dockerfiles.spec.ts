// The Dockerfiles of the platform, at four points of its history. They are not part of this repository.
import { execFileSync } from 'node:child_process';
import type { ContextEntry } from './recipe/files/context';
import { readIgnore } from './recipe/files/ignore';
import { missingSources } from './recipe/files/missing-sources';

/** A clone of the platform's repository with its history. */
const CLONE = process.env.KDCUBE_PLATFORM_CLONE;
const CONTEXT = 'app/ai-app';
const FOLDER = 'deployment/docker/custom-ui-managed-infra';
const DOCKERFILES = [
  'Dockerfile_Chatproc',
  'Dockerfile_Exec',
  'Dockerfile_Ingress',
  'Dockerfile_Metricservice',
  'Dockerfile_PostgresSetup',
  'Dockerfile_ProxyLogin',
  'Dockerfile_ProxyOpenResty',
];

const git = (...args: string[]) => execFileSync('git', ['-C', CLONE!, ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 });

/** The files of the platform's build context; symlinks as files, because none is on the way to a source. */
function entriesAt(commit: string): ContextEntry[] {
  const paths = git('ls-tree', '-r', '-z', '--name-only', `${commit}:${CONTEXT}`).split('\0').filter(Boolean);
  return paths.map((path) => ({ path, kind: 'file', executable: false }));
}

(CLONE === undefined ? describe.skip : describe)('missing sources of the platform’s Dockerfiles', () => {
  const missingAt = (commit: string) => {
    const entries = entriesAt(commit);
    const options = { args: {}, platform: 'linux/amd64' };
    const found = DOCKERFILES.map((name) => {
      const text = git('show', `${commit}:${CONTEXT}/${FOLDER}/${name}`);
      const missing = missingSources(text, options, entries, readIgnore(''));
      return [name, missing.map(({ line, absent, similar }) => `${line}: ${absent} (${similar.join(', ')})`)] as const;
    });
    return Object.fromEntries(found.filter(([, missing]) => missing.length > 0));
  };
  const entrypoint =
    'deployment/docker/all_in_one/docker-entrypoint.sh (deployment/docker/all_in_one_kdcube/docker-entrypoint.sh, deployment/docker/custom-ui-managed-infra/docker-entrypoint.sh)';

  test.each([
    ['798742970', { Dockerfile_Chatproc: 73, Dockerfile_Ingress: 58, Dockerfile_Metricservice: 49 }],
    // The first release corrected two of the three.
    ['95de507d3', { Dockerfile_Metricservice: 49 }],
    ['eefe18532', {}],
    ['0a2b187f1', {}],
  ])('at %s', (commit, lines) => {
    expect(missingAt(commit)).toEqual(
      Object.fromEntries(Object.entries(lines).map(([name, line]) => [name, [`${line}: ${entrypoint}`]])),
    );
  });
});
