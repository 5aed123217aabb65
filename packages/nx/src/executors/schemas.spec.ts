import * as fs from 'node:fs';
import * as path from 'node:path';
import { schemaText } from '../schema-json';
import { verbEntry } from '../verbs';
import { DockerPushOptions } from './docker-push/schema';
import { EXECUTORS, executorSchema, executorsText, targetDocsText } from './schemas';

const PACKAGE = path.join(__dirname, '../..');

describe('printed files of executors', () => {
  const files = new Map<string, string>([
    ...EXECUTORS.map((each) => [path.join(__dirname, each.name, 'schema.json'), schemaText(executorSchema(each))] as const),
    [path.join(PACKAGE, 'executors.json'), executorsText()],
    [path.join(__dirname, '../graph/target-docs.json'), targetDocsText()],
  ]);

  for (const [file, text] of files) {
    it(`${path.relative(PACKAGE, file)} is printed from schema.ts and verbs.ts`, () => {
      if (process.env.KD_UPDATE) fs.writeFileSync(file, text);
      expect(fs.readFileSync(file, 'utf8')).toBe(text);
    });
  }

  it('has a description and an example for every option', () => {
    for (const { name, options } of EXECUTORS) {
      for (const [option, schema] of Object.entries(options.shape)) {
        const meta = (schema as { meta(): Record<string, unknown> }).meta();
        expect([name, option, typeof meta?.description, Array.isArray(meta?.examples)]).toEqual([name, option, 'string', true]);
      }
    }
  });

  it('lists every folder, and a batch.ts exactly where the list says so', () => {
    const folders = fs.readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(EXECUTORS.map(({ name }) => name).sort()).toEqual(folders.map(({ name }) => name).sort());
    for (const { name } of EXECUTORS)
      expect([name, fs.existsSync(path.join(__dirname, name, 'batch.ts'))]).toEqual([name, verbEntry(name).batch === true]);
  });

  it('has options of its own for boot, not those of docker-push', () => {
    const boot = Object.keys(EXECUTORS.find(({ name }) => name === 'boot')!.options.shape);
    expect(Object.keys(DockerPushOptions.shape).filter((name) => !boot.includes(name))).toEqual([
      'format',
      'branch',
      'signingKey',
      'tagPrefix',
    ]);
  });
});
