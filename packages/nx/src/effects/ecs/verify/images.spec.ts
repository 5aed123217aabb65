import { pythonAnswer } from './images';

const IMAGE = 'registry.example/acme/proc@sha256:1';

it.each([
  [{ Env: ['PATH=/usr/bin', 'PYTHON_VERSION=3.12.4'] }, 'PYTHON_VERSION=3.12.4'],
  [{ Entrypoint: ['/usr/bin/tini', '--'], Cmd: ['/usr/local/bin/python3.12', 'app.py'] }, '/usr/local/bin/python3.12'],
  [{ Entrypoint: ['python3'] }, 'python3'],
])('an image that says that it has Python: %j', (config, found) => {
  expect(pythonAnswer('acme/proc', IMAGE, config)).toMatchObject({ verdict: 'good', said: expect.stringContaining(found) });
});

it.each([
  undefined,
  {},
  { Env: null },
  { Env: ['PYTHON_VERSION=', 'PYTHONPATH=/app'] },
  { Cmd: 'python3' },
  { Cmd: ['python'] },
  { Cmd: ['mypython3'] },
])('one that does not is not known, and it is said how to find out: %j', (config) => {
  expect(pythonAnswer('acme/proc', IMAGE, config as never)).toMatchObject({
    verdict: 'unknown',
    said: expect.stringContaining(`docker run --rm --entrypoint python3 ${IMAGE} --version`),
  });
});
