import * as fs from 'node:fs';
import * as path from 'node:path';
import { nxSchema, schemaText } from '../schema-json';
import { GENERATORS, generatorsText } from './schemas';

describe('printed files of generators', () => {
  const files = new Map<string, string>(
    GENERATORS.map(({ name, options, description, examples }) => [
      path.join(__dirname, name, 'schema.json'),
      schemaText(nxSchema(name, options, description, examples)),
    ]),
  );
  files.set(path.join(__dirname, '../../generators.json'), generatorsText());

  for (const [file, text] of files) {
    it(`${path.relative(path.join(__dirname, '../..'), file)} is printed from schema.ts`, () => {
      if (process.env.KD_UPDATE) fs.writeFileSync(file, text);
      expect(fs.readFileSync(file, 'utf8')).toBe(text);
    });
  }

  it('has a description and an example for every option', () => {
    for (const { name, options } of GENERATORS) {
      for (const [option, schema] of Object.entries(options.shape)) {
        const meta = (schema as { meta(): Record<string, unknown> }).meta();
        expect([name, option, typeof meta?.description, Array.isArray(meta?.examples)]).toEqual([name, option, 'string', true]);
      }
    }
  });

  it('lists every folder', () => {
    const folders = fs.readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(GENERATORS.map(({ name }) => name as string).sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  it('has a factory for every generator, and a migrations file', () => {
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
