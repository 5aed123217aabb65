// Amazon's own command line as a client of a double: awscli from PyPI, a client that we did not write.
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** @import { AwsCliTools } from '../state/types.d.ts' */

/**
 * Runs `aws`. Its waiters ask every 15 seconds of the machine's time; here 15 seconds of virtual time pass with each question instead (auto), so a
 * copy of its own waiters without the pause saves the test that time. Nothing else of them is changed. `folder` is its home.
 * @param {AwsCliTools} options
 * @param {{ folder: string, url: string }} options
 * @param {string[]} args
 */
export async function runAws({ aws: program, python }, { folder, url }, args) {
  const find =
    'import importlib, os\nfor name in ("awscli.botocore", "botocore"):\n  try: print(os.path.dirname(importlib.import_module(name).__file__)); break\n  except ImportError: pass';
  const botocore = execFileSync(python, ['-c', find], { encoding: 'utf8' }).trim();
  const own = path.join(folder, 'data/ecs/2014-11-13');
  fs.mkdirSync(own, { recursive: true });
  const waiters = fs.readFileSync(path.join(botocore, 'data/ecs/2014-11-13/waiters-2.json'), 'utf8');
  fs.writeFileSync(path.join(own, 'waiters-2.json'), waiters.replaceAll(/"delay" ?: ?\d+/g, '"delay": 0'));
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_ENDPOINT_URL: url,
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'none',
    AWS_DATA_PATH: path.join(folder, 'data'),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return promisify(execFile)(program, [...args, '--output', 'json'], { env }).then(
    ({ stdout }) => ({ code: 0, output: stdout ? JSON.parse(stdout) : undefined }),
    ({ code, stderr }) => ({ code, output: stderr }),
  );
}
