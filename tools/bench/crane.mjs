// crane, of one version, from the Go module registry.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const VERSION = 'v0.20.6';

/** The program, built into the folder once; undefined where there is no Go or no module registry, and says so. */
export function findCrane(dir, say) {
  const program = path.join(dir, VERSION, 'crane');
  if (fs.existsSync(program)) return program;
  say(`building crane ${VERSION}`);
  const env = { ...process.env, GOBIN: path.dirname(program), GOFLAGS: '-trimpath' };
  const { status, error, stderr } = spawnSync('go', ['install', `github.com/google/go-containerregistry/cmd/crane@${VERSION}`], {
    env,
    encoding: 'utf8',
  });
  if (status === 0) return program;
  say(`crane is left out: ${error ? 'there is no go on this machine' : stderr.trim().split('\n').at(-1)}`);
  return undefined;
}
