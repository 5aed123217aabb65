import type { Files } from '../image/files';
import { discover } from './discover';

/** A table of files as a disk has it: a folder lists files and folders. */
function files(table: Record<string, string>): Files {
  return {
    read: (path) => table[path],
    list: (folder) => {
      const prefix = folder === '.' ? '' : `${folder}/`;
      const inside = Object.keys(table).filter((path) => path.startsWith(prefix));
      return [...new Set(inside.map((path) => path.slice(prefix.length).split('/')[0]!))];
    },
  };
}

const ENTRYPOINT =
  'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow\n\n@agentic_workflow(name="x")\nclass X:\n    pass\n';
const DOCKERFILE = 'ARG VERSION=1\nFROM registry.example/kdcube-chat-proc:$VERSION\nRUN pip install x\nCOPY ./bundles /bundles\n';

it('finds bundles at any depth, with a decorator that the platform finds, and nothing inside them', () => {
  const found = discover(
    files({
      'bundles/first/entrypoint.py': ENTRYPOINT,
      'bundles/first/inner/entrypoint.py': ENTRYPOINT,
      'service/deep/second@2.0/entrypoint.py': 'from .flow import Flow\n',
      'service/deep/second@2.0/flow.py': ENTRYPOINT.replace('class X', 'class Flow'),
      'third/entrypoint.py': ENTRYPOINT,
      'docker/entrypoint.py': 'import sys\nsys.exit(0)\n',
      'docker/app/entrypoint.py': ENTRYPOINT,
      'node_modules/x/entrypoint.py': ENTRYPOINT,
      '.cache/x/entrypoint.py': ENTRYPOINT,
      'entrypoint.py': ENTRYPOINT,
    }),
  );
  expect(found).toEqual({
    bundles: [
      { id: 'first', subdir: 'bundles' },
      { id: 'app', subdir: 'docker' },
      { id: 'second@2.0', subdir: 'service/deep' },
      { id: 'third', subdir: '' },
    ],
    images: {},
    deployments: [],
    notes: [],
  });
});

it('names what it does not add', () => {
  const { bundles, notes } = discover(
    files({
      'a/one/entrypoint.py': ENTRYPOINT,
      'b/One/entrypoint.py': ENTRYPOINT,
      'b/con/entrypoint.py': ENTRYPOINT,
      'b/constructor/entrypoint.py': ENTRYPOINT,
      'b/two classes/entrypoint.py': ENTRYPOINT,
      'b/twice/entrypoint.py': `${ENTRYPOINT}\n${ENTRYPOINT.split('\n').slice(2).join('\n').replace('class X', 'class Y')}`,
    }),
  );
  expect(bundles).toEqual([{ id: 'one', subdir: 'a' }]);
  expect(notes).toEqual([
    'b/One is not added: a/one has this id already.',
    expect.stringMatching(/^b\/con is not added: .*Windows/),
    expect.stringMatching(/^b\/constructor is not added: "constructor" is reserved/),
    expect.stringMatching(/^b\/twice is not added: .*class X, b.*class Y$/),
    expect.stringMatching(/^b\/two classes is not added: /),
  ]);
});

it('finds the Dockerfiles of the two bundled images outside images/, and says why another is not used', () => {
  const { images, notes } = discover(
    files({
      'images/x/Dockerfile_ExecBundled': DOCKERFILE,
      'ops/prod/Dockerfile_ChatProcBundled': DOCKERFILE,
      'ops/prod/Dockerfile_UI': 'FROM nginx\n',
      'ops/prod/Dockerfile_ExecBundled': 'FROM py-code-exec\n',
      'ops/staging/Dockerfile_ChatProcBundled': DOCKERFILE,
      'ops/staging/Dockerfile_ExecBundled': 'COPY x\n',
      Dockerfile_ExecBundled: DOCKERFILE,
    }),
  );
  expect(images).toEqual({ 'kdcube-chat-proc-bundled': 'ops/prod/Dockerfile_ChatProcBundled' });
  expect(notes).toEqual([
    expect.stringContaining('Dockerfile_ExecBundled is not used: it is at the root'),
    'ops/prod/Dockerfile_ExecBundled is not used: it does not copy ./bundles.',
    'ops/staging/Dockerfile_ChatProcBundled is not used: "kdcube-chat-proc-bundled" is made by ops/prod/Dockerfile_ChatProcBundled.',
    'ops/staging/Dockerfile_ExecBundled is not used: ops/staging/Dockerfile_ExecBundled has no FROM.',
  ]);
});

it('finds folders to import', () => {
  const table = {
    'deploy/ec2/.env.proc': '',
    'deploy/ec2/docker-compose-x.yaml': '',
    'compose.yaml': '',
    '.env': '',
    'web/.env.local': '',
  };
  expect(discover(files(table)).deployments).toEqual(['.', 'deploy/ec2']);
});

it('ends in a folder that contains itself', () => {
  const loop: Files = { read: () => undefined, list: () => ['a', 'b'] };
  expect(discover(loop).bundles).toEqual([]);
  const wide: Files = { read: () => undefined, list: () => Array.from({ length: 500 }, (_, index) => `f${index}`) };
  expect(discover(wide).notes).toEqual([expect.stringContaining('not all folders were searched')]);
});
