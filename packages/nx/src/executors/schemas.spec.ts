import * as fs from 'node:fs';
import * as path from 'node:path';
import { lenient, nxSchema, schemaText } from '../schema-json';
import { EXECUTORS } from './schemas';

describe('printed files of executors', () => {
  const files = new Map<string, string>(
    EXECUTORS.map(({ name, options, description, examples, batched, checksItself }) => {
      const strict = nxSchema(name, options, description, examples);
      return [path.join(__dirname, name, 'schema.json'), schemaText(batched || checksItself ? lenient(strict) : strict)];
    }),
  );
  files.set(
    path.join(__dirname, '../../executors.json'),
    `${JSON.stringify(
      {
        $schema: 'https://json-schema.org/schema',
        executors: Object.fromEntries(EXECUTORS.map((executor) => [executor.name, entryOf(executor)])),
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
    for (const { name, options } of EXECUTORS) {
      for (const [option, schema] of Object.entries(options.shape)) {
        const meta = (schema as { meta(): Record<string, unknown> }).meta();
        expect([name, option, typeof meta?.description, Array.isArray(meta?.examples)]).toEqual([name, option, 'string', true]);
      }
    }
  });
});

function entryOf({ name, description, batched }: (typeof EXECUTORS)[number]): object {
  const at = `./dist/executors/${name}`;
  const batch = batched ? { batchImplementation: `${at}/batch`, preferBatch: true } : {};
  return { implementation: `${at}/executor`, schema: `${at}/schema.json`, ...batch, description };
}
