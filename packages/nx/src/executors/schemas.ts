import { createRequire } from 'node:module';
import { entryText, lenient, loadSchemas, nxSchema, type NxSchema, type SchemaModule } from '../schema-json';
import { VERB_NAMES, verbEntry, type Verb } from '../verbs';

export type ExecutorSchema = SchemaModule & { name: Verb };

/** Every executor with its schema.ts. Only for printing: the schema.json files, executors.json, the graph's docs and docs/executors.md. */
export const EXECUTORS: ExecutorSchema[] = loadSchemas(
  VERB_NAMES.filter((name) => !verbEntry(name).command),
  createRequire(__filename),
);

/** schema.json of an executor. One that checks its options itself must not be checked by Nx first. */
export function executorSchema({ name, options, description, examples }: ExecutorSchema): NxSchema {
  const { batch, checksOptions } = verbEntry(name);
  const schema = nxSchema(name, options, description, examples);
  return batch || checksOptions ? lenient(schema) : schema;
}

/** executors.json. */
export function executorsText(): string {
  const entries = EXECUTORS.map(({ name, description }) => {
    const folder = `./dist/executors/${name}`;
    const batch = verbEntry(name).batch ? { batchImplementation: `${folder}/batch`, preferBatch: true } : {};
    return [name, { implementation: `${folder}/executor`, schema: `${folder}/schema.json`, ...batch, description }];
  });
  return entryText('executors', Object.fromEntries(entries));
}

/** graph/target-docs.json: what `nx show project` prints of each target. The graph is loaded at every Nx command, and JSON costs it nothing. */
export function targetDocsText(): string {
  const docs = EXECUTORS.map((executor) => [executor.name, docOf(executor)]);
  return `${JSON.stringify(Object.fromEntries(docs), undefined, 2)}\n`;
}

function docOf(executor: ExecutorSchema): object {
  const options = Object.entries(executorSchema(executor).properties).map(([name, property]) => {
    const {
      description,
      default: fallback,
      examples,
    } = property as { description: string; default?: unknown; examples?: unknown[] };
    return [name, { description, ...(fallback !== undefined && { default: fallback }), example: examples?.[0] }];
  });
  return { description: executor.description, command: executor.examples[0]!.command, options: Object.fromEntries(options) };
}
