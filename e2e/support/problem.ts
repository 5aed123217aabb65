import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Ran } from './run';
import type { Workspace } from './workspace';

/** The codes of the problems that a command printed, in their order, each once. */
export function codesOf({ output }: Pick<Ran, 'output'>): string[] {
  return [...new Set([...plain(output).matchAll(/^.*?\[([a-z]+(?:-[a-z]+)*)\]$/gm)].map(([, code]) => code!))];
}

/**
 * What every failure that a person caused looks like: exit code 1, these problems, no stack trace, and nothing that names a bug of ours.
 * `names`: words that must be there, such as the file.
 */
export function expectProblem(ran: Ran, codes: string[], ...names: (string | RegExp)[]): void {
  const said = plain(ran.output);
  expect({ exitCode: ran.exitCode, codes: codesOf(ran), said }).toEqual({ exitCode: 1, codes, said });
  for (const name of names)
    expect(said).toEqual(typeof name === 'string' ? expect.stringContaining(name) : expect.stringMatching(name));
  expect(said).not.toMatch(/^\s+at .*(?::\d+:\d+\)?|\(<anonymous>\)|native)$/m);
  expect(said).not.toMatch(/node:internal|TypeError|ReferenceError|UnhandledPromise|undefined/);
}

/** Everything that a command could have changed here: what git says, and each file that git does not look at. */
export function stateOf(workspace: Pick<Workspace, 'dir' | 'git'>, ...folders: string[]): Record<string, string> {
  const state: Record<string, string> = { status: workspace.git('status', '--porcelain', '--untracked-files=all') };
  const head = workspace.git('rev-parse', 'HEAD');
  for (const folder of ['dist', ...folders]) Object.assign(state, filesIn(path.join(workspace.dir, folder), folder));
  for (const file of workspace.git('ls-files', '--others', '--modified', '--exclude-standard').split('\n').filter(Boolean))
    state[file] = hashOf(path.join(workspace.dir, file));
  return { ...state, head };
}

/** Path → hash of its content, of everything below a folder; a folder and a link too. */
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

/** What was left half-written below a folder. */
export function leftovers(folder: string): string[] {
  return Object.keys(filesIn(folder)).filter((file) => /\.tmp\/?$|\.lock$/.test(file));
}

function hashOf(file: string): string {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stat) return 'gone';
  if (stat.isSymbolicLink()) return `link to ${fs.readlinkSync(file)}`;
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex').slice(0, 16);
}

/** Nx colours its own lines even when it is asked not to. */
function plain(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}
