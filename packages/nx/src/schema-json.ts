import * as z from 'zod';

/** A command to type, shown in `nx g … --help`, in `nx show project` and on the docs page. */
export interface Example {
  command: string;
  description: string;
}

/** A `schema.json` of a generator or an executor, as Nx reads it. */
export type NxSchema = Record<string, unknown> & { $id: string; properties: Record<string, Record<string, unknown>> };

/**
 * The schema.json of a generator or an executor, printed from its zod object. Nx's own keys (`x-prompt`, `x-priority`, `$default`, `alias`)
 * come from each option's `.meta()`. An option with a default is not required. The zod object itself must carry no `id` in its `.meta()`:
 * zod would then print a root `$ref`, and Nx would apply no defaults and refuse no typo.
 */
export function nxSchema(name: string, options: z.ZodObject, description: string, examples: Example[]): NxSchema {
  const printed = z.toJSONSchema(options, { io: 'input', unrepresentable: 'throw' }) as Record<string, unknown>;
  if ('$ref' in printed || '$defs' in printed)
    throw new Error(`The options of ${name} print a $ref: remove id from their .meta().`);
  const properties = printed.properties as NxSchema['properties'];
  for (const [option, value] of Object.entries(properties)) {
    if (typeof value.description !== 'string') throw new Error(`Option ${option} of ${name} has no .describe().`);
  }
  const required = (printed.required as string[] | undefined) ?? [];
  return {
    $schema: 'https://json-schema.org/schema',
    $id: name,
    cli: 'nx',
    title: name,
    description,
    type: 'object',
    examples,
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** The same schema without constraints. Nx reports an invalid option of a batch executor as an unhandled rejection, so the executor checks its options itself. */
export function lenient(schema: NxSchema): NxSchema {
  const properties = Object.fromEntries(
    Object.entries(schema.properties).map(([name, property]) => [name, lenientProperty(property)]),
  );
  return { ...schema, properties, additionalProperties: true };
}

function lenientProperty({ type, enum: choices, examples, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const annotations = Object.fromEntries(
    Object.entries(rest).filter(([key]) => ['description', 'default', 'alias', '$default', 'x-priority'].includes(key)),
  );
  return {
    // With these types, Nx still parses `--dryRun=false` as a boolean.
    ...(type === 'boolean' && { type: ['boolean', 'string'] }),
    ...(type === 'number' || type === 'integer' ? { type: ['number', 'string'] } : {}),
    ...(type === 'object' && { type: 'object' }),
    ...annotations,
    examples: choices ?? examples,
  };
}

/** A schema as its file holds it. */
export function schemaText(schema: NxSchema): string {
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** What the schema.ts of an executor or a generator exports. */
export interface SchemaModule {
  description: string;
  examples: Example[];
  options: z.ZodObject;
}

/** The schema.ts of each name, loaded by the convention `./<name>/schema`: adding one is adding its folder and its name. */
export function loadSchemas<Name extends string>(
  names: readonly Name[],
  load: (file: string) => unknown,
): (SchemaModule & { name: Name })[] {
  return names.map((name) => {
    const { description, examples, ...others } = load(`./${name}/schema`) as SchemaModule;
    const objects = Object.values(others).filter((each) => each instanceof z.ZodObject);
    if (objects.length !== 1) throw new Error(`${name}/schema.ts must export one zod object, not ${objects.length}.`);
    return { name, description, examples, options: objects[0]! };
  });
}

/** executors.json or generators.json. */
export function entryText(kind: 'executors' | 'generators', entries: object): string {
  return `${JSON.stringify({ $schema: 'https://json-schema.org/schema', [kind]: entries }, undefined, 2)}\n`;
}
