import * as z from 'zod';
import { nxSchema, schemaText } from './schema-json';

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
    expect(JSON.parse(schemaText(schema))).toEqual(schema);
  });

  it('refuses an option without a description, and an id that would hide every option from Nx', () => {
    expect(() => nxSchema('thing', z.strictObject({ a: z.string() }), 'A thing.', [])).toThrow('Option a of thing');
    expect(() => nxSchema('thing', Options.meta({ id: 'thing' }), 'A thing.', [])).toThrow('$ref');
    expect(() =>
      nxSchema('thing', z.strictObject({ a: z.strictObject({}).describe('x').meta({ id: 'inner' }) }), 'A thing.', []),
    ).toThrow('$ref');
  });
});
