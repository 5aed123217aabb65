import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

const TOOL = pathToFileURL(path.join(__dirname, '../../../../../tools/ecs-double/python.mjs')).href;

export interface AwsCli {
  python?: string;
  aws?: string;
  reason?: string;
  broken?: boolean;
}

/** Where awscli is, or why it is not. Found in a process of its own: a test's name must be known before anything can be awaited. */
export function findAwsCli(): AwsCli {
  return JSON.parse(inNode(`import { awsCli } from ${JSON.stringify(TOOL)}; console.log(JSON.stringify(awsCli()));`)) as AwsCli;
}

/** What botocore's models find in a journal of the double: no line where it is sound. */
export function checkJournal(tools: AwsCli, file: string): { passed: boolean; lines: string[] } {
  const code = `import { checkJournal } from ${JSON.stringify(TOOL)}; console.log(JSON.stringify(checkJournal(${JSON.stringify(tools)}, ${JSON.stringify(file)})));`;
  return JSON.parse(inNode(code)) as { passed: boolean; lines: string[] };
}

function inNode(code: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
