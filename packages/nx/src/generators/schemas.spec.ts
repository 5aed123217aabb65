import * as fs from 'node:fs';
import * as path from 'node:path';
import { nxSchema, schemaText } from '../schema-json';
import { GENERATORS } from './schemas';

describe('printed files of generators', () => {
  const files = new Map<string, string>(
    GENERATORS.map(({ name, options, description, examples }) => [
      path.join(__dirname, name, 'schema.json'),
      schemaText(nxSchema(name, options, description, examples)),
    ]),
  );
  files.set(
    path.join(__dirname, '../../generators.json'),
    `${JSON.stringify(
      {
        $schema: 'https://json-schema.org/schema',
        generators: Object.fromEntries(
          GENERATORS.map(({ name, description, entry }) => [
            name,
            {
              factory: `./dist/generators/${name}/generator`,
              schema: `./dist/generators/${name}/schema.json`,
              description,
              ...entry,
            },
          ]),
        ),
      },
      null,
      2,
    )}\n`,
  );

  for (const [file, text] of files) {
    it(`${path.relative(path.join(__dirname, '../..'), file)} says what its schema.ts says`, () => {
      if (process.env.KD_UPDATE) fs.writeFileSync(file, text);
      expect(fs.readFileSync(file, 'utf8')).toBe(text);
    });
  }

  it('every option has a description and an example', () => {
    for (const { name, options } of GENERATORS) {
      for (const [option, schema] of Object.entries(options.shape)) {
        const meta = (schema as { meta(): Record<string, unknown> }).meta();
        expect([name, option, typeof meta?.description, Array.isArray(meta?.examples)]).toEqual([name, option, 'string', true]);
      }
    }
  });

  it('every generator has a factory that can be called, and a migrations file is there', () => {
    for (const { name } of GENERATORS) {
      const { default: factory } = jest.requireActual<{ default: unknown }>(path.join(__dirname, name, 'generator'));
      expect([name, typeof factory]).toEqual([name, 'function']);
    }
    expect(JSON.parse(fs.readFileSync(path.join(__dirname, '../../migrations.json'), 'utf8'))).toEqual({
      $schema: 'https://json-schema.org/schema',
      generators: {},
      packageJsonUpdates: {},
    });
  });
});
