import * as z from 'zod';
import { WrittenEnvironment, WrittenService } from './environment/written';
import { WrittenRelease } from './release/release';

/**
 * schema.json and environment.schema.json: what editors check release.yaml and environments/*.yaml with while they are typed (the first line of each names
 * its file). Draft 7 is the draft that the YAML language server knows best. The first knows the form that people write, `bundles.items`; reading also
 * accepts the other forms of the platform's descriptors. The roots must carry no `id` in their `.meta()`: zod would print a root `$ref`, and some editors
 * would check nothing.
 */
export function printSchema(): string {
  return printed('release.yaml', WrittenRelease);
}

/** Nothing is required in it: an environment can have from the one it extends whatever it does not say. */
export function printEnvironmentSchema(): string {
  const { services } = WrittenEnvironment.shape;
  const service = WrittenService.partial().describe(WrittenService.description!);
  const partly = z.record(z.string(), service).optional().describe(services.description!);
  return printed('environments/<name>.yaml', WrittenEnvironment.partial().extend({ services: partly }));
}

function printed(title: string, root: z.ZodType): string {
  const { $schema, ...schema } = z.toJSONSchema(root, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'throw',
    override: ({ jsonSchema }) => withoutLimitsOfNumbers(jsonSchema),
  });
  return `${JSON.stringify({ $schema, title, ...schema }, null, 2)}\n`;
}

/** That a whole number has at most 53 bits is no rule of ours, only zod's. */
function withoutLimitsOfNumbers(schema: { minimum?: number; maximum?: number }): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
