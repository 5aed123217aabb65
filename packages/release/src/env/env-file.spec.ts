import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HARD_VALUES as VALUES } from '../../testing/hard-values';
import { envFile } from './env-file';

test('only values that need quotes get them', () => {
  expect(envFile({ A: 'x', B: 'a b', C: "a'b$" })).toBe(`A=x\nB='a b'\nC="a'b\\$"\n`);
});

const NO_COMPOSE = spawnSync('docker', ['compose', 'version']).status !== 0;
const testWithCompose = NO_COMPOSE ? test.skip : test;

testWithCompose(`compose reads every value unchanged${NO_COMPOSE ? ' (skipped: docker compose is not installed)' : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kdcube-env-file-'));
  writeFileSync(join(folder, 'all.env'), envFile(VALUES));
  writeFileSync(join(folder, 'compose.yaml'), 'services:\n  one:\n    image: x\n    env_file: [all.env]\n');
  const { stdout, stderr } = spawnSync('docker', ['compose', '-f', join(folder, 'compose.yaml'), 'config', '--format', 'json'], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  expect(stderr).toBe('');
  const { services } = JSON.parse(stdout) as { services: { one: { environment: Record<string, string> } } };
  // `config` prints a compose file again, in which a dollar is written twice.
  const read = Object.entries(services.one.environment).map(([name, value]) => [name, value.replaceAll('$$', '$')]);
  expect(Object.fromEntries(read)).toEqual(VALUES);
});
