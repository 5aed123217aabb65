import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPOSE_FIXTURES, composeFixtures, readFixture } from '../../../../testing/compose';
import { configured, foundAsConfigured } from '../../../../testing/compose-config';

test.each(composeFixtures())('%s is read as compose itself reads it', (name) => {
  const composeOutput = configured(readFileSync(join(COMPOSE_FIXTURES, `${name}.config.json`), 'utf8'));
  const found = foundAsConfigured(readFixture(name));
  // The project's name is the folder's where nobody says it.
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

/** Without what the import leaves to a person: the digest in place of a tag. */
function bare(image: string): string {
  return image.includes('@') ? image : image.replace(/:[^:/]+$/, '');
}
