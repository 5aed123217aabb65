import { createRequire } from 'node:module';
import { entryText, loadSchemas, type SchemaModule } from '../schema-json';

/** Every generator, in the order in which a customer meets them, with further keys of its entry in generators.json. A new generator is its folder and its line here. */
const ENTRIES = {
  init: { aliases: ['ng-add'], hidden: true },
  // Without the standalone layout, Nx itself would add empty folders apps and libs to what a preset makes.
  preset: { hidden: true, 'x-use-standalone-layout': true },
  release: {},
  bundle: {},
  image: {},
  environment: {},
  bump: {},
  ci: {},
  pins: { hidden: true },
} satisfies Record<string, Record<string, unknown>>;

export type GeneratorName = keyof typeof ENTRIES;

/** Every generator with its schema.ts. Only for printing: the schema.json files, generators.json and docs/generators.md. */
export const GENERATORS: (SchemaModule & { name: GeneratorName })[] = loadSchemas(
  Object.keys(ENTRIES) as GeneratorName[],
  createRequire(__filename),
);

/** generators.json. */
export function generatorsText(): string {
  const entries = GENERATORS.map(({ name, description }) => {
    const folder = `./dist/generators/${name}`;
    return [name, { factory: `${folder}/generator`, schema: `${folder}/schema.json`, description, ...ENTRIES[name] }];
  });
  return entryText('generators', Object.fromEntries(entries));
}
