import { readEnvironment, type ReadEnvironment } from '../src/environment/read-environment';
import { readRelease, type ReadRelease } from '../src/release/read';

/** The first line of a release.yaml, which the cases of a spec continue. */
export const HEAD = 'platform: {repo: kdcube-ai-app, ref: "2026.7.20.444"}\n';

/** So many lines. */
export function keys(size: number, line: (index: number) => string): string {
  return Array.from({ length: size }, (_, index) => line(index)).join('');
}

export function release(text: string): ReadRelease {
  return readRelease(text, 'release.yaml');
}

/** Reads an environment that consists of its required keys and this text. */
export function environment(text: string): ReadEnvironment {
  return readEnvironment('prod', {
    list: () => ['prod.yaml'],
    read: (path) => (path === 'environments/prod.yaml' ? `target: ecs\ntenant: a\nproject: b\n${text}` : undefined),
  });
}
