import { LIMITS } from '../problem/limits';
import type { Files } from '../image/files';

/** Folders of other tools: nothing in them was written here. */
const SKIPPED = [
  'node_modules',
  'dist',
  'build',
  'tmp',
  'pins',
  'venv',
  'env',
  'vendor',
  'target',
  '__pycache__',
  'site-packages',
];

const MAX_DEPTH = 8;
const MAX_ENTRIES = 50_000;
const MAX_PYTHON_FILES = 1000;

/** Calls `visit` for each folder, from the top, in alphabetical order; '' is the root. `false` if there are too many. */
export function walk(files: Files, visit: (folder: string, names: readonly string[]) => 'descend' | 'skip'): boolean {
  let entries = 0;
  const enter = (folder: string, depth: number): boolean => {
    const names = files.list(folder === '' ? '.' : folder).sort();
    entries += names.length;
    if (entries > MAX_ENTRIES) return false;
    if (names.length === 0 || visit(folder, names) === 'skip') return true;
    const below = names.filter((name) => !name.startsWith('.') && !SKIPPED.includes(name));
    return depth === MAX_DEPTH || below.every((name) => enter(folder === '' ? name : `${folder}/${name}`, depth + 1));
  };
  return enter('', 0);
}

/** The Python files of a folder, by their path in it. */
export function pythonFilesOf(files: Files, folder: string): Map<string, string> {
  const found = new Map<string, string>();
  const enter = (inner: string, depth: number): void => {
    for (const name of files.list(inner === '' ? folder : `${folder}/${inner}`).sort()) {
      const path = inner === '' ? name : `${inner}/${name}`;
      if (found.size >= MAX_PYTHON_FILES) return;
      if (name.endsWith('.py')) {
        const text = textOf(files, `${folder}/${path}`);
        if (text !== undefined && text.length <= LIMITS.sourceBytes.max) found.set(path, text);
      } else if (depth < MAX_DEPTH && !name.startsWith('.') && !SKIPPED.includes(name)) enter(path, depth + 1);
    }
  };
  enter('', 0);
  return found;
}

export function textOf(files: Files, file: string): string | undefined {
  const content = files.read(file);
  return content === undefined || typeof content === 'string' ? content : new TextDecoder().decode(content);
}
