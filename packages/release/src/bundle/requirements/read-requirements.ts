/** One package of a requirements file, as pip reads it. */
export interface Requirement {
  /** Counted from 1: where its logical line begins. */
  line: number;
  /** Without comment and options, for messages. */
  text: string;
  /** `package`: a name and versions. `url`: an archive or a repository. `path`: a file or folder. */
  kind: 'package' | 'url' | 'path';
  editable: boolean;
  /** Names one version (`==1.2`), one commit of a repository, or has a hash. */
  pinned: boolean;
  hashed: boolean;
  /** A repository that git clones. */
  git: boolean;
}

export interface RequirementsFile {
  requirements: Requirement[];
  /** Files that it includes (`-r`, `-c`), relative to its folder. Constraints install nothing. */
  includes: { line: number; path: string; kind: 'requirements' | 'constraints' }[];
  /** Other sources of packages: `--index-url`, `--extra-index-url`, `--find-links`. Without their value, which may hold a password. */
  sources: { line: number; option: string }[];
  requiresHashes: boolean;
  /** What pip refuses. */
  invalid: { line: number; message: string }[];
}

const SPECIFIER = String.raw`(?:===|~=|==|!=|<=|>=|<|>)\s*[^\s,;()]+`;
/** PEP 508: a name, extras, versions and a marker. Each part once, so that the time is linear. */
const PACKAGE = new RegExp(
  String.raw`^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[\w\s,.-]*\])?\s*(\(?\s*(?:${SPECIFIER}(?:\s*,\s*${SPECIFIER})*\s*,?)?\s*\)?)\s*(?:;.+)?$`,
);
const NAMED_URL = /^[A-Za-z0-9][\w.-]*\s*(?:\[[\w\s,.-]*\])?\s*@\s*(\S.*)$/;
const URL_START = /^(?:(?:git|hg|svn|bzr)\+\S+|https?|file|ftp):/i;
const LOCAL = /^(?:\.{0,2}\/|\.{1,2}$|~|[^\s=<>!~;[\]@]*\/|[^\s=<>!~;[\]@]+\.(?:whl|zip|tar\.gz|tar\.bz2|tgz)(?:$|[\s;[]))/i;
const COMMIT = /@[0-9a-f]{40}(?:[0-9a-f]{24})?(?:#|$)/;

/** Options with a value that name something to read or to ask. */
const VALUE_OPTIONS: Readonly<Record<string, 'requirements' | 'constraints' | 'editable' | 'source' | 'other'>> = {
  '-r': 'requirements',
  '--requirement': 'requirements',
  '-c': 'constraints',
  '--constraint': 'constraints',
  '-e': 'editable',
  '--editable': 'editable',
  '-i': 'source',
  '--index-url': 'source',
  '--extra-index-url': 'source',
  '-f': 'source',
  '--find-links': 'source',
  '--no-binary': 'other',
  '--only-binary': 'other',
  '--trusted-host': 'other',
  '--use-feature': 'other',
};
const FLAGS = ['--no-index', '--prefer-binary', '--require-hashes', '--pre'];
const PACKAGE_OPTIONS = ['--hash', '--config-settings', '--config-setting', '--global-option'];

/** Reads a requirements file as pip does (https://pip.pypa.io/en/stable/reference/requirements-file-format/). Never throws. */
export function readRequirements(text: string): RequirementsFile {
  const file: RequirementsFile = { requirements: [], includes: [], sources: [], requiresHashes: false, invalid: [] };
  for (const { line, text: content } of logicalLines(text)) readLine(file, line, content);
  return file;
}

/** Lines joined at a backslash, without comments and empty lines. */
function logicalLines(text: string): { line: number; text: string }[] {
  const lines: { line: number; text: string }[] = [];
  let open: { line: number; parts: string[] } | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const isComment = /^\s*#/.test(raw);
    const continues = raw.endsWith('\\') && !isComment;
    open ??= { line: index + 1, parts: [] };
    open.parts.push(continues ? raw.slice(0, -1) : isComment ? '' : raw);
    if (continues) continue;
    lines.push({ line: open.line, text: open.parts.join('') });
    open = undefined;
  }
  if (open) lines.push({ line: open.line, text: open.parts.join('') });
  return lines
    .map(({ line, text: joined }) => ({ line, text: withoutComment(joined) }))
    .filter(({ text: joined }) => joined !== '');
}

/** With single spaces: the expressions below try each of them more than once. */
function withoutComment(text: string): string {
  const start = /(?:^|\s)#/.exec(text)?.index ?? text.length;
  return text.slice(0, start).replace(/\s+/g, ' ').trim();
}

function readLine(file: RequirementsFile, line: number, text: string): void {
  if (text.startsWith('-')) return readOption(file, line, text);
  const [requirement = '', ...options] = text.split(/\s(?=--)/);
  const names = options.map((option) => option.trim().split(/[\s=]/)[0]!);
  const unknown = names.find((name) => !PACKAGE_OPTIONS.includes(name));
  if (unknown !== undefined) return void file.invalid.push({ line, message: `pip has no option ${unknown} here` });
  addRequirement(file, line, requirement.trim(), { editable: false, hashed: names.includes('--hash') });
}

function readOption(file: RequirementsFile, line: number, text: string): void {
  const [, name = '', value = ''] = /^(--[\w-]+|-[a-z])\s*=?\s*(.*)$/.exec(text) ?? [];
  const kind = Object.hasOwn(VALUE_OPTIONS, name) ? VALUE_OPTIONS[name] : undefined;
  if (kind === undefined) {
    const flags = text.split(/\s+/);
    const unknown = flags.find((flag) => !FLAGS.includes(flag));
    if (unknown !== undefined) return void file.invalid.push({ line, message: `pip has no option ${name || unknown} here` });
    if (flags.includes('--require-hashes')) file.requiresHashes = true;
    return;
  }
  if (value === '') return void file.invalid.push({ line, message: `${name} needs a value` });
  if (kind === 'requirements' || kind === 'constraints') file.includes.push({ line, path: value, kind });
  else if (kind === 'editable') addRequirement(file, line, value, { editable: true, hashed: false });
  else if (kind === 'source') file.sources.push({ line, option: name });
}

function addRequirement(
  file: RequirementsFile,
  line: number,
  text: string,
  options: Pick<Requirement, 'editable' | 'hashed'>,
): void {
  const address = NAMED_URL.exec(text)?.[1] ?? text;
  const shared = { line, text, ...options };
  if (URL_START.test(address)) {
    const isHashed = options.hashed || /#(?:.*&)?sha(?:256|384|512)=/.test(address);
    const git = /^git\+/i.test(address);
    const pinned = isHashed || COMMIT.test(address.replace(/\s*;.*$/, ''));
    file.requirements.push({ ...shared, hashed: isHashed, kind: 'url', pinned, git, text: withoutPassword(text) });
  } else if (LOCAL.test(address) || options.editable)
    file.requirements.push({ ...shared, kind: 'path', pinned: true, git: false });
  else {
    const versions = PACKAGE.exec(text)?.[2];
    if (versions === undefined || isOpen(versions))
      file.invalid.push({ line, message: `pip does not read ${JSON.stringify(shorten(text))} as a package` });
    else file.requirements.push({ ...shared, kind: 'package', pinned: isOneVersion(versions), git: false });
  }
}

/** A bracket without its other half. */
function isOpen(versions: string): boolean {
  return versions.includes('(') !== versions.includes(')');
}

function isOneVersion(versions: string): boolean {
  return versions
    .replace(/[()\s]/g, '')
    .split(',')
    .some((part) => /^===?[^*]+$/.test(part));
}

/** A URL may hold a password. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/, '//…@');
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
