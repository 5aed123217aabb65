import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPOSE_FIXTURES, composeFixtures, readFixture } from '../../../../testing/compose';
import { configured, foundAsConfigured } from '../../../../testing/compose-config';

test.each(composeFixtures())('%s is read as compose itself reads it', (name) => {
  const composeOutput = configured(readFileSync(join(COMPOSE_FIXTURES, `${name}.config.json`), 'utf8'));
  const found = foundAsConfigured(readFixture(name));
  // Without a project name compose uses the name of the folder.
  expect({ ...found, name: found.name || composeOutput.name }).toEqual({
    ...composeOutput,
    services: Object.fromEntries(
      Object.entries(composeOutput.services).map(([key, service]) => [
        key,
        { ...service, image: expect.stringContaining(bare(service.image)) as string },
      ]),
    ),
  });
});

/** Without its tag: an import has a placeholder for the digest instead. */
function bare(image: string): string {
  return image.includes('@') ? image : image.replace(/:[^:/]+$/, '');
}
