import { z } from 'zod';
import { WrittenRelease } from './model/release';

/**
 * schema.json: what editors check release.yaml with while it is typed (its first line names this file). Draft 7 is the draft that the YAML language
 * server knows best. It knows the form that people write, `bundles.items`; reading also accepts the other forms of the platform's descriptors.
 * WrittenRelease must carry no `id` in its `.meta()`: zod would print a root `$ref`, and some editors would check nothing.
 */
export function printSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(WrittenRelease, { target: 'draft-7', io: 'input', unrepresentable: 'throw' });
  const titled = { $schema, title: 'release.yaml', ...schema };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
