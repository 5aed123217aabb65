import type { Files } from './git';

/** Values for the arguments of a Dockerfile without a default. */
export function given(text: string): Record<string, string> {
  const names = [...text.matchAll(/^\s*ARG\s+(\w+)\s*$/gim)].map(([, name]) => name!);
  return Object.fromEntries(
    names.filter((name) => !/^(?:TARGET|BUILD)/.test(name)).map((name) => [name, `given/${name.toLowerCase()}`]),
  );
}

/** The Dockerfile with every external image replaced by `base`, and without a syntax line, which an engine would download. */
export function onOurBase(text: string): string {
  const stages = [...text.matchAll(/^\s*FROM\s.*\sAS\s+(\S+)\s*$/gim)].map(([, stage]) => stage!.toLowerCase());
  return text
    .replace(/^(\s*FROM\s+)(?:--platform=\S+\s+)?(\S+)/gim, (line, from: string, image: string) =>
      image === 'scratch' || stages.includes(image.toLowerCase()) ? line : `${from.replace(/\s+$/, ' ')}base`,
    )
    .replace(/^# *syntax=.*$/m, '#');
}

/** The Dockerfile without lines that need an engine: RUN, files of other images, owners by name. */
export function withoutPrograms(text: string): string {
  return instructions(text)
    .filter((lines) => !/^\s*(?:RUN|ONBUILD)\b/i.test(lines) && !/^\s*(?:COPY|ADD)\b.*--from=/is.test(lines))
    .map((lines) => lines.replace(/--mount=\S+ |--chown=[a-z]\S* /gi, ''))
    .join('\n');
}

/** Made-up sources for its COPY and ADD lines: a source with an extension, or with the same name as its destination, is a file; any other is a folder. */
export function contextFor(text: string, args: Readonly<Record<string, string>>): Files {
  const defaults = [...text.matchAll(/^\s*(?:ARG|ENV)\s+(\w+)[= ]"?([^\s"]*)"?/gim)].map(([, name, value]) => [name!, value!]);
  const known: Record<string, string> = {
    TARGETARCH: 'amd64',
    TARGETOS: 'linux',
    TARGETPLATFORM: 'linux/amd64',
    ...Object.fromEntries(defaults),
    ...args,
  };
  const files: Files = {};
  for (const lines of instructions(text)) {
    const [, rest] = /^\s*(?:COPY|ADD)\s+([^]*)$/i.exec(lines) ?? [];
    if (!rest || /--from=|https?:/.test(rest)) continue;
    const paths = rest.trim().startsWith('[') ? (JSON.parse(rest) as string[]) : rest.replace(/\\\n/g, ' ').trim().split(/\s+/);
    for (const written of paths.filter((each) => !each.startsWith('--')).slice(0, -1)) {
      const source = expandArgs(expandArgs(written, known), known)
        .replace(/["']/g, '')
        .replace(/^(?:\.?\/)+/, '')
        .replace(/\*+/g, '-star-')
        .replace(/\/$/, '');
      const nameOf = (place: string): string => place.slice(place.lastIndexOf('/') + 1);
      const isFile = /\.\w+$/.test(source) || nameOf(source) === nameOf(paths.at(-1)!);
      if (source === '' || source === '.') files['own/some/file.txt'] = 'some\n';
      else if (isFile) files[`own/${source}`] = { content: `${source}\n`, mode: source.endsWith('.sh') ? 0o755 : 0o644 };
      else
        Object.assign(files, {
          [`own/${source}/one.py`]: '1\n',
          [`own/${source}/sub/run.sh`]: { content: '#!/bin/sh\n', mode: 0o755 },
        });
    }
  }
  return files;
}

function expandArgs(word: string, known: Readonly<Record<string, string>>): string {
  return word.replace(/\$\{?(\w+)(?::-([^}]*))?\}?/g, (_, name: string, other = '') => known[name] ?? (other as string));
}

/** Its instructions with their continuation lines, including comments in between. */
function instructions(text: string): string[] {
  const found: string[] = [];
  let open = false;
  for (const line of text.split('\n')) {
    const isComment = /^\s*(?:#|$)/.test(line);
    if (open) found.push(`${found.pop()!}\n${line}`);
    else found.push(line);
    if (!isComment) open = /\\\s*$/.test(line);
  }
  return found;
}
