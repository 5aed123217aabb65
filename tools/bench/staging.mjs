// 50 pinned bundles of one repository with 10 000 commits: staged by us in one process, beside `git archive | tar` for each.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';
import { bundleFiles, bundleIds, PLATFORM_REF } from './shop.mjs';
import { random } from './text.mjs';

const COMMITS = 10_000;
export const STAGING = path.join(import.meta.dirname, 'staging-process.mjs');

/**
 * `home`: a folder in which @kdcube/nx is installed. Interleaved rounds; what both wrote is compared byte for byte. Nothing is deleted before the last round: a
 * file system that has just deleted a thousand files takes several times as long to make others, and whose turn that hits is chance.
 */
export async function staging({ dir, home, rounds, say, count }) {
  const place = path.join(dir, 'staging');
  fs.rmSync(place, { recursive: true, force: true });
  fs.mkdirSync(place, { recursive: true });
  const upstream = path.join(place, 'upstream');
  const pins = makeUpstream(upstream, count);
  const root = path.join(place, 'shop');
  writeShop(root, upstream, pins);
  const aside = path.join(place, 'aside');
  fs.mkdirSync(aside);
  let moved = 0;
  const away = (folder) => {
    if (fs.existsSync(folder)) fs.renameSync(folder, path.join(aside, String((moved += 1))));
  };
  const archived = path.join(place, 'archived');
  const list = path.join(place, 'list');
  fs.writeFileSync(list, pins.map(({ id, commit, path: at }) => `${id} ${commit} ${at}\n`).join(''));
  const out = path.join(place, 'measured.json');
  const archive =
    'while read -r id commit at; do mkdir -p "$2/$id" && git archive "$commit" "$at" | tar -x -C "$2/$id" || exit 1; done <"$1"';
  const results = [
    { key: 'archive', name: 'git archive | tar, one after the other', samples: [] },
    { key: 'stage', name: 'ours, one process', samples: [] },
    { key: 'first', name: 'ours, one process, nothing fetched yet', samples: [] },
  ];
  const stage = async (cache) => {
    away(path.join(root, 'dist'));
    const { ms } = await run(process.execPath, [STAGING, home, root, out], { env: { KDCUBE_CACHE_DIR: cache } });
    compare(archived, root, pins);
    return { ms, ...JSON.parse(fs.readFileSync(out, 'utf8')) };
  };
  for (let round = 0; round <= rounds; round += 1) {
    away(archived);
    const one = await run('sh', ['-c', archive, 'sh', list, archived], { cwd: upstream });
    const other = await stage(path.join(place, 'cache'));
    const first = path.join(place, 'cache-first');
    away(first);
    const samples = [one, other, await stage(first)];
    const timings = samples.map(
      ({ ms, own }) => `${Math.round(ms)} ms${own === undefined ? '' : ` (own ${Math.round(own)} ms)`}`,
    );
    say(
      `${round === 0 ? 'warm-up' : `round ${round}`}  git archive ${timings[0]}, ours ${timings[1]}, with nothing fetched yet ${timings[2]}`,
    );
    if (round > 0) samples.forEach(({ ms, own, rss }, index) => results[index].samples.push({ ms, own, rss }));
  }
  fs.rmSync(place, { recursive: true });
  return results;
}

/** A repository in which each commit changes one file of one bundle, and each bundle is tagged where it changed last. Returns the pins. */
export function makeUpstream(dir, count) {
  const git = (...args) => execFileSync('git', args, { cwd: dir, encoding: 'utf8' }).trim();
  fs.mkdirSync(dir);
  git('init', '-q', '-b', 'main');
  const ids = bundleIds(count);
  const next = random(1);
  const lines = [];
  const data = (text) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const commit = (number, changes) => {
    lines.push(
      `commit refs/heads/main\ncommitter A <a@example.com> ${1_700_000_000 + number * 60} +0000\n${data(`Commit ${number}`)}`,
    );
    for (const [name, text] of changes) lines.push(`M 100644 inline ${name}\n${data(text)}`);
  };
  commit(
    0,
    ids.flatMap((id, index) =>
      [...bundleFiles(index + 1)].map(([name, bytes]) => [`bundles/${id}/${name}`, bytes.toString('utf8')]),
    ),
  );
  for (let number = 1; number < COMMITS; number += 1) {
    const id = ids[Math.floor(next() * count)];
    commit(number, [[`bundles/${id}/README.md`, `# ${id}\n\nCommit ${number}.\n`]]);
    lines.push(`reset refs/tags/${id}-v1\nfrom refs/heads/main\n\n`);
  }
  const { status, stderr } = spawnSync('git', ['fast-import', '--quiet'], { cwd: dir, input: lines.join('') });
  if (status !== 0) throw new Error(`git fast-import: ${stderr}`);
  git('repack', '-adq');
  return ids.map((id) => {
    const at = `bundles/${id}`;
    const ref = `${id}-v1`;
    return { id, ref, path: at, commit: git('rev-parse', `${ref}^{commit}`), tree: git('rev-parse', `${ref}:${at}`) };
  });
}

/** A repository with a release.yaml of pinned bundles, and their pins. */
export function writeShop(root, upstream, pins) {
  fs.mkdirSync(root);
  const repo = `file://${upstream}`;
  const items = pins.map(({ id, ref }) => `    - { id: ${id}, repo: "${repo}", ref: "${ref}", subdir: bundles }\n`);
  fs.writeFileSync(
    path.join(root, 'release.yaml'),
    `platform:\n  repo: kdcube-ai-app\n  ref: "${PLATFORM_REF}"\nbundles:\n  items:\n${items.join('')}`,
  );
  for (const { id, ref, commit, path: at, tree } of pins) {
    const file = path.join(root, 'pins/bundles', id, 'pin.json');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `${JSON.stringify({ pin: 1, repo, ref, subdir: 'bundles', commit, path: at, tree }, null, 2)}\n`);
  }
  const git = (...args) => execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], { cwd: root });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'Pin them');
}

function compare(archived, root, pins) {
  for (const { id, path: at } of pins) {
    const expected = filesOf(path.join(archived, id, at));
    const found = filesOf(path.join(root, 'dist/stage', id, 'bundles', id));
    if (expected.size === 0 || expected.size !== found.size)
      throw new Error(`${id} was staged with ${found.size} files instead of ${expected.size}.`);
    for (const [name, bytes] of expected)
      if (!found.get(name)?.equals(bytes)) throw new Error(`${id} was staged with another ${name}.`);
  }
}

function filesOf(dir) {
  const names = fs.readdirSync(dir, { recursive: true }).filter((name) => fs.statSync(path.join(dir, name)).isFile());
  return new Map(names.map((name) => [name, fs.readFileSync(path.join(dir, name))]));
}
