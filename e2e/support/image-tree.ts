import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Engine } from './engine';
import { freshFolder, must } from './run';

/** The files of a container by path: `100755 0:0 <sha256>`, `40755 0:0`, `120777 0:0 -> target`. Without those that the engine adds. */
export type ImageFiles = Record<string, string>;

/** The files of an image in the engine's store, in a container. */
export async function imageFiles(engine: Engine, image: string): Promise<ImageFiles> {
  const { stdout } = await must('docker', ['create', '--network', 'none', image, 'none'], engine);
  const container = stdout.trim();
  const file = path.join(freshFolder('export'), 'tree.tar');
  try {
    await must('docker', ['export', '-o', file, container], engine);
  } finally {
    await must('docker', ['rm', '-v', container], engine);
  }
  return Object.fromEntries(
    tarMembers(fs.readFileSync(file))
      .filter(({ name }) => !/^(?:\.dockerenv|dev\/.*|proc\/|sys\/|etc\/(?:hosts|hostname|resolv\.conf|mtab))$/.test(name))
      .map(({ name, type, mode, owner, target, content }) => {
        const shown =
          { '5': `40${mode} ${owner}`, '2': `120777 ${owner} -> ${target}` }[type] ?? `100${mode} ${owner} ${content}`;
        return [name.replace(/\/$/, ''), type === '1' ? `= ${target}` : shown];
      }),
  );
}

interface Member {
  name: string;
  type: string;
  mode: string;
  owner: string;
  target: string;
  /** SHA-256. */
  content: string;
}

/** The members of a tar, read without code of the packages. */
function tarMembers(tar: Buffer): Member[] {
  const members: Member[] = [];
  let long: Record<string, string> = {};
  const text = (at: number, length: number): string => tar.toString('utf8', at, at + length).split('\0')[0]!;
  for (let at = 0; at < tar.length && tar[at] !== 0;) {
    const size = Number(long.size ?? parseInt(text(at + 124, 12), 8));
    const type = text(at + 156, 1) || '0';
    const body = tar.subarray(at + 512, at + 512 + size);
    if (type === 'x')
      for (const [, key, value] of body.toString('utf8').matchAll(/\d+ ([^=\n]+)=([^\n]*)\n/g)) long[key!] = value!;
    else {
      const prefix = text(at + 345, 155);
      members.push({
        name: long.path ?? (prefix ? `${prefix}/` : '') + text(at, 100),
        type,
        mode: (parseInt(text(at + 100, 8), 8) & 0o7777).toString(8).padStart(3, '0'),
        owner: `${Number(long.uid ?? parseInt(text(at + 108, 8), 8))}:${Number(long.gid ?? parseInt(text(at + 116, 8), 8))}`,
        target: long.linkpath ?? text(at + 157, 100),
        content: createHash('sha256').update(body).digest('hex').slice(0, 16),
      });
      long = {};
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return members;
}
