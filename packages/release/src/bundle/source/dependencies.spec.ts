import { dependencyNote, isDependencyFile } from './dependencies';

const note = (files: Record<string, string>) => dependencyNote('weather@2-1', Object.keys(files), new Map(Object.entries(files)));

test.each([
  ['requirements.txt', ''],
  ['Requirements.TXT', ''],
  ['requirements-prod.txt', ''],
  ['requirements.in', ''],
  ['Pipfile', ''],
  ['Pipfile.lock', ''],
  ['poetry.lock', ''],
  ['uv.lock', ''],
  ['setup.py', ''],
  ['environment.yml', ''],
  ['pyproject.toml', '[project]\nname = "x"\ndependencies = ["httpx"]\n'],
  ['pyproject.toml', '[tool.poetry.dependencies]\npython = "^3.11"\n'],
  ['setup.cfg', '[options]\ninstall_requires =\n    httpx\n'],
])('%s is reported', (path, text) => {
  expect(note({ 'entrypoint.py': '', [path]: text })).toContain(`weather@2-1: ${path} is not installed`);
});

test.each([
  ['requirements-dev.txt', ''],
  ['dev-requirements.txt', ''],
  ['requirements.test.txt', ''],
  ['pyproject.toml', '[tool.ruff]\nline-length = 120\n'],
  ['setup.cfg', '[flake8]\n'],
  ['lib/requirements.txt', ''],
  ['package.json', '{"dependencies": {}}'],
])('%s is not reported', (path, text) => expect(note({ 'entrypoint.py': '', [path]: text })).toBeUndefined());

test('reports all of them in one note', () => {
  expect(note({ 'requirements.txt': '', 'poetry.lock': '', 'a.py': '' })).toContain(
    'requirements.txt, poetry.lock are not installed',
  );
  expect(isDependencyFile('pyproject.toml')).toBe('settings');
});
