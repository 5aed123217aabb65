import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Ran } from './run';
import type { Workspace } from './workspace';

/** The codes of the problems that a command printed, in order, without duplicates. */
export function codesOf({ output }: Pick<Ran, 'output'>): string[] {
  return [...new Set([...plain(output).matchAll(/^.*?\[([a-z]+(?:-[a-z]+)*)\]$/gm)].map(([, code]) => code!))];
}

/**
 * Expects a failure that a user caused: exit code 1, these problems, no stack trace, and no sign of a bug in the plugin.
 * `names`: texts that the output must contain, such as the file.
 */
export function expectProblem(ran: Ran, codes: string[], ...names: (string | RegExp)[]): void {
  const output = plain(ran.output);
  expect({ exitCode: ran.exitCode, codes: codesOf(ran), output }).toEqual({ exitCode: 1, codes, output });
  for (const name of names)
    expect(output).toEqual(typeof name === 'string' ? expect.stringContaining(name) : expect.stringMatching(name));
  expect(output).not.toMatch(/^\s+at .*(?::\d+:\d+\)?|\(<anonymous>\)|native)$/m);
  expect(output).not.toMatch(/node:internal|TypeError|ReferenceError|UnhandledPromise|undefined/);
}

/** The state of a workspace: git's status, HEAD, and the content of untracked and modified files. */
export function stateOf(workspace: Pick<Workspace, 'dir' | 'git'>, ...folders: string[]): Record<string, string> {
  const state: Record<string, string> = { status: workspace.git('status', '--porcelain', '--untracked-files=all') };
  const head = workspace.git('rev-parse', 'HEAD');
  for (const folder of ['dist', ...folders]) Object.assign(state, filesIn(path.join(workspace.dir, folder), folder));
  for (const file of workspace.git('ls-files', '--others', '--modified', '--exclude-standard').split('\n').filter(Boolean))
    state[file] = hashOf(path.join(workspace.dir, file));
  return { ...state, head };
}

/** The hash of every file, folder and symlink below a folder, by path. */
export function filesIn(folder: string, as = ''): Record<string, string> {
  if (!fs.existsSync(folder)) return {};
  const entries = fs.readdirSync(folder, { withFileTypes: true });
  return Object.assign(
    {},
    ...entries.map((entry) => {
      const at = path.posix.join(as, entry.name);
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return { [`${at}/`]: '', ...filesIn(file, at) };
      return { [at]: hashOf(file) };
    }),
  ) as Record<string, string>;
}

/** Temporary files and locks that were left below a folder. */
export function leftovers(folder: string): string[] {
  return Object.keys(filesIn(folder)).filter((file) => /\.tmp\/?$|\.lock$/.test(file));
}

function hashOf(file: string): string {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stat) return 'gone';
  if (stat.isSymbolicLink()) return `link to ${fs.readlinkSync(file)}`;
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex').slice(0, 16);
}

/** Nx colors its lines even with NO_COLOR. */
function plain(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}
