import { join } from 'node:path';
import { expectGolden } from '../../../../tools/testing/golden';
import { mustReadRelease } from '../release/read';
import type { Problem } from '../problem/problem';
import { formatProblem, KdcubeError } from '../problem/problem';
import { environmentOf, ENVIRONMENT_FIXTURES, IMAGES } from '../../testing/environments';
import { planDescriptor } from '../descriptor/descriptor';
import { descriptorOptions } from './bundles';
import { renderEnv } from './env';

/** The problems of rendering an environment, else its notes. */
function output(more: string, ref: string, bundles = 1): readonly Problem[] {
  const items = Array.from({ length: bundles }, (_, n) => `    - {id: "bundle-${n}@1-0", description: "${'long '.repeat(30)}"}`);
  const text = `platform: {ref: "${ref}"}\nbundles:\n  items:\n${items.join('\n')}\n`;
  const { release } = mustReadRelease(text, 'release.yaml', {});
  const environment = environmentOf(more);
  try {
    const descriptor = planDescriptor(release, new Map(), descriptorOptions(environment));
    return renderEnv({ environment, release, descriptor, images: IMAGES }).notes;
  } catch (error) {
    return (error as KdcubeError).problems;
  }
}

function inGitMode(more: string): readonly Problem[] {
  const text =
    'platform: {ref: "2026.08.19.120"}\nbundles: {items: [{id: weather@2-1, repo: "git@git.example.com:acme/bundles.git", ref: v2}]}\n';
  const { release } = mustReadRelease(text, 'release.yaml', { mode: 'git' });
  const environment = environmentOf(`bundles: {mode: git}\n${more}`);
  try {
    const descriptor = planDescriptor(release, new Map(), descriptorOptions(environment));
    return renderEnv({ environment, release, descriptor, images: IMAGES }).notes;
  } catch (error) {
    return (error as KdcubeError).problems;
  }
}

const proc = 'services: { chat-proc: { component: proc, image: kdcube-chat-proc-bundled } }';

const docker =
  'services: { chat-proc: { component: proc, image: kdcube-chat-proc-bundled, env: { GIT_SSH_COMMAND: ssh }, mounts: { /var/run/docker.sock: { host: /var/run/docker.sock } } } }';

test.each<[string, () => readonly Problem[]]>([
  ['env-in-file', () => output(proc, 'v0.3.2', 300)],
  ['env-too-large', () => output(`${proc}\nenv: { proc: { LARGE: "${'x'.repeat(70_000)}" } }`, 'v0.3.2')],
  ['git-credentials', () => inGitMode(proc)],
  ['git-exec', () => inGitMode(`${docker}\nexec: { runtime: docker, image: kdcube-exec-bundled, workspace: /opt/kdcube/exec }`)],
])('the golden text of %s', (code, provoke) => {
  const found = provoke().find((problem) => problem.code === code);
  expectGolden(join(ENVIRONMENT_FIXTURES, 'rendered', `${code}.txt`), `${formatProblem(found!)}\n`);
});
