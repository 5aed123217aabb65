import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { foundInCompose, type FoundFolder } from '../src/targets/compose/import/compose';

export const COMPOSE_FIXTURES = join(__dirname, '../fixtures/compose');
/** Where compose was asked: the fixtures' relative paths start there. */
const COMPOSE_DIRECTORY = '/opt/kdcube';

/** The folders, each with what compose 2 itself made of it (`docker compose config`, recorded by e2e/compose-config.spec.ts). */
export function composeFixtures(): string[] {
  return readdirSync(COMPOSE_FIXTURES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

export function readFixture(name: string): FoundFolder {
  const folder = join(COMPOSE_FIXTURES, name);
  const files = readdirSync(folder);
  return foundInCompose(
    { list: () => files, read: (file) => (files.includes(file) ? readFileSync(join(folder, file), 'utf8') : undefined) },
    { directory: COMPOSE_DIRECTORY, files: [], profiles: [] },
  );
}
