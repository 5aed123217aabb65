import type { Problem } from '../../problem/problem';
import { quoted } from '../../problem/problem';
import type { Venv } from '../source/venv';
import { readRequirements, type Requirement, type RequirementsFile } from './read-requirements';

export interface RequirementsInput {
  id: string;
  /** The path of the bundle's folder for messages. */
  folder: string;
  venvs: readonly Venv[];
  /** The content of a file of the bundle; undefined if it has none. */
  read: (path: string) => string | undefined;
  /** Whether the platform's image of proc has git. */
  gitInImage: boolean;
  /** Whether the platform knows `@venv`. */
  hasVenvs: boolean;
}

export interface RequirementsCheck {
  problems: Problem[];
  notes: string[];
  /** The files that `@venv` names, without those that they include. */
  installed: string[];
}

/** Names in a note. */
const MAX_NAMES = 8;
const MAX_INCLUDES = 50;

/** Checks what the platform installs for the functions of a bundle with `@venv`: when such a function is first called, it runs `pip install --target … -r <file>` in proc. */
export function checkRequirements(input: RequirementsInput): RequirementsCheck {
  const named = [...new Map(input.venvs.map((venv) => [venv.requirements, venv])).values()];
  const check: RequirementsCheck = { problems: [], notes: [], installed: [] };
  const [first] = input.venvs;
  if (first && !input.hasVenvs)
    check.notes.push(
      `${input.id}: ${first.file}:${first.line} uses @venv, which the platform has since 2026-04-10 only: an older one cannot import it.`,
    );
  for (const venv of named) {
    const { requirements: path } = venv;
    if (path === undefined) {
      check.notes.push(
        `${input.id}: ${venv.file}:${venv.line} computes the requirements of its @venv, so they are not checked here.`,
      );
      continue;
    }
    const problem = pathProblem(path, venv, input);
    if (problem) {
      check.problems.push(problem);
      continue;
    }
    check.installed.push(path);
    checkFile(path, input, check);
  }
  return check;
}

function pathProblem(path: string, { file, line }: Venv, { id, folder, read }: RequirementsInput): Problem | undefined {
  const at = { file: `${folder}/${file}`, line };
  if (path.startsWith('/') || path.split('/').includes('..'))
    return {
      code: 'requirements-invalid',
      message: `The @venv of ${id} names ${quoted(path)}, which is not a file of the bundle.`,
      hint: '@venv(requirements="requirements.txt")',
      at,
    };
  if (read(path) !== undefined) return undefined;
  return {
    code: 'requirements-invalid',
    message: `The @venv of ${id} names ${quoted(path)}, which the bundle does not have: the platform makes an empty environment, without a word.`,
    hint: `create ${folder}/${path}`,
    at,
  };
}

function checkFile(path: string, input: RequirementsInput, check: RequirementsCheck): void {
  const files = readAll(path, input, check.problems);
  const all = [...files].flatMap(([file, { requirements }]) => requirements.map((requirement) => ({ file, requirement })));
  const at = (file: string, line: number) => ({ file: `${input.folder}/${file}`, line });
  for (const [file, { invalid }] of files)
    for (const { line, message } of invalid)
      check.problems.push({
        code: 'requirements-invalid',
        message: `${message}: the platform cannot install the packages of ${input.id}.`,
        hint: 'httpx==0.27.2',
        at: at(file, line),
      });
  for (const { file, requirement } of all)
    if (requirement.kind === 'path' || requirement.editable)
      check.problems.push({
        code: 'requirements-invalid',
        message: `${quoted(requirement.text)} is ${requirement.editable ? 'an editable package' : 'a path'}: pip looks for it below the working folder of proc, not in the bundle.`,
        hint: 'put the code into the bundle and import it, or publish it as a package',
        at: at(file, requirement.line),
      });
  const required = [...files.values()].some(({ requiresHashes }) => requiresHashes);
  const unhashed = all.filter(({ requirement }) => !requirement.hashed);
  if ((required || unhashed.length < all.length) && unhashed.length > 0) {
    const { file, requirement } = unhashed[0]!;
    check.problems.push({
      code: 'requirements-invalid',
      message: `${quoted(requirement.text)} has no hash, and other lines have one: then pip wants one for every package, and installs nothing.`,
      hint: `pip-compile --generate-hashes --output-file ${path} …`,
      at: at(file, requirement.line),
    });
  }
  const listed = all.map(({ requirement }) => requirement);
  check.notes.push(`${input.id}: ${describe(path, listed, files, input)}`);
}

/** The file and those that it includes, by their path in the bundle. */
function readAll(first: string, { id, folder, read }: RequirementsInput, problems: Problem[]): Map<string, RequirementsFile> {
  const files = new Map<string, RequirementsFile>();
  const queue = [{ path: first, from: first, line: 1 }];
  for (let entry = queue.shift(); entry && files.size < MAX_INCLUDES; entry = queue.shift()) {
    const { path, from, line } = entry;
    if (files.has(path)) continue;
    const text = read(path);
    if (text === undefined) {
      problems.push({
        code: 'requirements-invalid',
        message: `${quoted(path)} is not in the bundle ${id}: pip cannot read it, and installs nothing.`,
        hint: `create ${folder}/${path}`,
        at: { file: `${folder}/${from}`, line },
      });
      continue;
    }
    const file = readRequirements(text);
    files.set(path, file);
    for (const include of file.includes)
      if (!/^[a-z]+:\/\//i.test(include.path) && include.kind === 'requirements')
        queue.push({ path: relativeTo(path, include.path), from: path, line: include.line });
  }
  return files;
}

/** pip reads an included file relative to the file that includes it. */
function relativeTo(file: string, path: string): string {
  const steps = file.split('/').slice(0, -1);
  for (const step of path.split('/')) {
    if (step === '..' && steps.length > 0 && steps.at(-1) !== '..') steps.pop();
    else if (step !== '.' && step !== '') steps.push(step);
  }
  return steps.join('/');
}

/** What is installed, when, and how reproducible it is. */
function describe(
  path: string,
  requirements: readonly Requirement[],
  files: ReadonlyMap<string, RequirementsFile>,
  { gitInImage }: RequirementsInput,
): string {
  const count = requirements.length === 1 ? '1 package' : `${requirements.length} packages`;
  const unpinned = requirements.filter(({ pinned }) => !pinned).map(({ text }) => text);
  const fromGit = requirements.filter(({ git }) => git).map(({ text }) => text);
  const options = [...new Set([...files.values()].flatMap(({ sources }) => sources.map(({ option }) => option)))];
  return [
    `${path} has ${count} that the platform installs when a function with @venv is first called`,
    ...(unpinned.length > 0
      ? [`not pinned: ${listed(unpinned)}, so another day gives other versions; name one version (==) or a commit`]
      : [requirements.every(({ hashed }) => hashed) ? 'all with hashes' : 'all pinned, without hashes']),
    ...(fromGit.length > 0 && !gitInImage ? [`the image of proc has no git: ${listed(fromGit)} cannot be cloned`] : []),
    ...(options.length > 0 ? [`${options.join(', ')} names another index, which proc must be able to reach`] : []),
  ].join('; ');
}

function listed(names: readonly string[]): string {
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return `${names.slice(0, MAX_NAMES).join(', ')}${more}`;
}
