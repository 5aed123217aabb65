import { z } from 'zod';

/** A command that a person can type, shown in `nx g … --help`, in `nx show project` and on the docs page. */
export interface Example {
  command: string;
  description: string;
}

/** What Nx reads as `schema.json` of a generator or an executor. */
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

/** A schema as its file holds it. */
export function schemaText(schema: NxSchema): string {
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
