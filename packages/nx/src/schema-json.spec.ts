import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { nxSchema, schemaText } from './schema-json';
import type { NxSchema } from './schema-json';

const EXAMPLES = [{ command: 'nx g @kdcube/nx:bundle my-bundle', description: 'Adds a bundle.' }];

describe('nxSchema', () => {
  const Options = z.strictObject({
    name: z
      .string()
      .describe('A name.')
      .meta({ $default: { $source: 'argv', index: 0 }, 'x-prompt': 'Which name?' }),
    count: z.number().default(3).describe('A count.').meta({ alias: 'c' }),
    kind: z.enum(['a', 'b']).optional().describe('A kind.'),
  });

  it('keeps the keys of Nx, requires what has no default, and refuses what it does not know', () => {
    const schema = nxSchema('thing', Options, 'A thing.', EXAMPLES);
    expect(schema).toMatchObject({ $id: 'thing', cli: 'nx', type: 'object', required: ['name'], additionalProperties: false });
    expect(schema.properties.name).toEqual({
      type: 'string',
      description: 'A name.',
      $default: { $source: 'argv', index: 0 },
      'x-prompt': 'Which name?',
    });
    expect(schema.properties.count).toEqual({ type: 'number', default: 3, description: 'A count.', alias: 'c' });
    expect(schema.properties.kind).toEqual({ type: 'string', enum: ['a', 'b'], description: 'A kind.' });
    expect(schema.examples).toEqual(EXAMPLES);
  });

  it('refuses an option that nobody explained, and an id that would hide every option from Nx', () => {
    expect(() => nxSchema('thing', z.strictObject({ a: z.string() }), 'A thing.', [])).toThrow('Option a of thing');
    expect(() => nxSchema('thing', Options.meta({ id: 'thing' }), 'A thing.', [])).toThrow('$ref');
    expect(() =>
      nxSchema('thing', z.strictObject({ a: z.strictObject({}).describe('x').meta({ id: 'inner' }) }), 'A thing.', []),
    ).toThrow('$ref');
  });
});

// Every schema.json of this package is printed from the schema.ts beside it (`json`). KD_UPDATE=1 writes them.
describe('the printed schemas', () => {
  const folders = ['generators', 'executors'].flatMap((kind) => {
    const base = path.join(__dirname, kind);
    if (!fs.existsSync(base)) return [];
    return fs
      .readdirSync(base)
      .map((name) => path.join(base, name))
      .filter((folder) => fs.existsSync(path.join(folder, 'schema.ts')));
  });

  for (const folder of folders) {
    it(`${path.relative(__dirname, folder)}/schema.json is what its schema.ts says`, () => {
      const { json } = jest.requireActual<{ json: NxSchema }>(path.join(folder, 'schema.ts'));
      const file = path.join(folder, 'schema.json');
      if (process.env.KD_UPDATE === '1') fs.writeFileSync(file, schemaText(json));
      expect(fs.readFileSync(file, 'utf8')).toBe(schemaText(json));
      expect(json.examples).not.toHaveLength(0);
    });
  }

  it.each(['generators', 'executors'])('%s.json names a schema and a factory that exist', (kind) => {
    const file = path.join(__dirname, '..', `${kind}.json`);
    if (!fs.existsSync(file)) return;
    const listed = JSON.parse(fs.readFileSync(file, 'utf8'))[kind] as Record<string, Record<string, string>>;
    for (const entry of Object.values(listed)) {
      const source = (place: string, ext: string) =>
        path.join(__dirname, '..', `${place.replace('/dist/', '/src/').replace(/\.js(on)?$/, '')}${ext}`);
      expect(fs.existsSync(source(entry.schema!, '.json'))).toBe(true);
      expect(fs.existsSync(source((entry.factory ?? entry.implementation)!, '.ts'))).toBe(true);
      expect(entry.description).toBeTruthy();
    }
  });
});
