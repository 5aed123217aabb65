import * as fs from 'node:fs';
import * as path from 'node:path';
import { deflateSync } from 'node:zlib';
import { gitSync, newRepo, problemOf, sandbox, type Sandbox } from '../../testing/git-kit';
import { listTree } from './tree';

let box: Sandbox;
beforeAll(() => (box = sandbox()));
afterAll(() => box.end());

it('does not read a tree whose content was replaced', async () => {
  const cwd = newRepo(box.folder('repo'), { 'a.py': 'A = 1\n' });
  const tree = gitSync(cwd, 'rev-parse', 'HEAD^{tree}');
  const blob = gitSync(cwd, 'rev-parse', 'HEAD:a.py');
  expect((await listTree({ context: { cwd } }, tree)).map((entry) => entry.path)).toEqual(['a.py']);
  const content = Buffer.concat([Buffer.from('100644 foreign.py\0'), Buffer.from(blob, 'hex')]);
  const file = path.join(cwd, '.git/objects', tree.slice(0, 2), tree.slice(2));
  fs.chmodSync(file, 0o644);
  fs.writeFileSync(file, deflateSync(Buffer.concat([Buffer.from(`tree ${content.length}\0`), content])));
  expect(await problemOf(listTree({ context: { cwd } }, tree))).toMatchObject({ code: 'command-failed' });
});
