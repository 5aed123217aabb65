import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkBundleSource } from '../../src/bundle/source/source';
import { planStage } from '../../src/bundle/stage/stage';
import { parseImageReference } from '../../src/release/reference';
import { parseRepo } from '../../src/release/repo-url';
import { shownUrl, withoutSecrets } from '../../src/release/refs';
import { secretsInFile } from '../../src/secrets/check-file';
import { mutatedText } from './mutate-text';
import { fuzz } from './run';

const TEMPLATE = readFileSync(join(__dirname, '../../../nx/src/generators/bundle/files/entrypoint.py.template'), 'utf8');
const PYTHON = [
  TEMPLATE,
  'from __future__ import annotations\nimport os, sys as s\nfrom . import x\nfrom ..y import (a, b as c,)\ntry:\n    import json\nexcept ImportError:\n    json = None\nif TYPE_CHECKING:\n    from z import *\n',
  '@agentic_workflow(name="x", version=f"{1+1!r:>{w}}")\nclass Flow(Base[int]):\n\tasync def run(self, *a, k: int = (3 if x else 4), **kw) -> "y":\n\t\t"""doc\n\\"""\n\t\treturn [q async for q in z if (n := 3)] + rb\'\\x00\'\n',
  'match p:\n    case {"a": [1, *_], **r} if r: pass\nx = 0x_ff + 1_0.e-5j; y = lambda *a: a\nwith (open(a) as f, g()): del f\n',
];

describe('content of bundles', () => {
  fuzz('almost right Python', mutatedText(PYTHON), (text) => {
    const files = new Map([
      ['entrypoint.py', text],
      ['services/x.py', text],
      ['__init__.py', ''],
    ]);
    return checkBundleSource(files, { id: 'my-bundle@1-0', folder: 'bundles/my-bundle@1-0' });
  });

  fuzz(
    'files with and without secrets',
    mutatedText([
      ...PYTHON,
      'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz\npassword: "q8Zk3vR1pW7tYx5uBn2mL9cD"\n-----BEGIN PRIVATE KEY-----\nx\n',
    ]),
    (text) => {
      secretsInFile('a/config.yaml', Buffer.from(text));
      return undefined;
    },
  );

  const PART = fc.constantFrom(
    'a',
    'A',
    'b',
    '.',
    '..',
    '',
    'link',
    'deep',
    'con',
    'aux.py',
    'é',
    'e\u0301',
    'x '.repeat(2),
    '\u0001',
    ':',
    '.git',
    'a'.repeat(260),
  );
  const PATH = fc.array(PART, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const ENTRY = fc.record({
    mode: fc.constantFrom('100644', '100755', '120000', '120000', '160000', '040000', ''),
    oid: fc.constant('a'.repeat(40)),
    path: PATH,
    text: PATH,
  });
  fuzz(
    'links of a tree never lead out of it',
    fc.uniqueArray(ENTRY, { selector: ({ path }) => path, maxLength: 6 }),
    (entries) => {
      const plan = planStage(entries, 'the bundle');
      if (Array.isArray(plan)) return plan;
      const links = new Map(plan.links.map(({ path, target }) => [path, target]));
      for (const { path, target } of plan.links) expect(isInside(path, target, links)).toBe(true);
      return undefined;
    },
  );
});

/** Follows a link as a kernel does, one name after another. */
function isInside(path: string, target: string, links: ReadonlyMap<string, string>): boolean {
  const rest = target.split('/');
  let here = path.split('/').slice(0, -1);
  if (target.startsWith('/')) return false;
  for (let steps = 0; rest.length > 0 && steps < 1000; steps += 1) {
    const part = rest.shift()!;
    if (part === '' || part === '.') continue;
    if (part === '..' && here.length === 0) return false;
    if (part === '..') here = here.slice(0, -1);
    else {
      const next = [...here, part];
      const link = links.get(next.join('/'));
      if (link?.startsWith('/')) return false;
      if (link === undefined) here = next;
      else rest.unshift(...link.split('/'));
    }
  }
  return true;
}

describe('names of images and repositories', () => {
  const SEPARATOR = fc.constantFrom(
    '',
    '@',
    ':',
    '/',
    '?',
    '#',
    '%',
    '%40',
    '%2F',
    '\\',
    ' ',
    '[',
    ']',
    '//',
    '@@',
    '?x=',
    '&',
    '\t',
    '\n',
    '\u0000',
    'é',
    ';',
    '=',
    '~',
    '../',
  );
  const SCHEME = fc.constantFrom(
    'https://',
    'http://',
    'ssh://',
    'git://',
    'git+https://',
    'HTTPS://',
    'https:/',
    'https:',
    'ftp://',
  );

  fuzz(
    'of a password in a URL nothing is shown',
    fc.tuple(SCHEME, SEPARATOR, SEPARATOR, SEPARATOR),
    ([scheme, one, two, three]) => {
      for (const url of [
        `${scheme}user:Qv7first${one}Qv7second${two}Qv7third@h.example${three}/p.git`,
        `${scheme}x:Qv7token${one}@h.example/p.git`,
      ]) {
        expect(shownUrl(url)).not.toContain('Qv7');
        // What is no URL is not written anywhere.
        if (/^[a-z+]+:\/\/[^/?#\\]*@[^@]*$/i.test(url)) expect(withoutSecrets(url)).not.toContain('Qv7');
      }
      return undefined;
    },
  );

  fuzz(
    'addresses of repositories',
    mutatedText(['git@github.com:org/repo.git', 'https://git.example.com/a/b.git', 'ssh://git@h:22/x', 'file:///srv/x', 'lifts']),
    (text) => {
      const place = parseRepo(text);
      return 'kind' in place ? undefined : [place];
    },
  );

  fuzz(
    'references of images',
    mutatedText([`r.example.com:5000/a/b:v1@sha256:${'a'.repeat(64)}`, 'ubuntu', 'ghcr.io/x/y:1', '[::1]:5000/x']),
    (text) => {
      parseImageReference(text);
      return undefined;
    },
  );
});
