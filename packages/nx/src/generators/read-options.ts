import { KdcubeError } from '@kdcube/release/internal';
import type * as z from 'zod';

/** The options of a generator with their defaults. Nx has checked them against schema.json; a caller from code has not. */
export function readGeneratorOptions<T extends z.ZodObject>(schema: T, raw: z.input<T>): z.output<T> {
  const read = schema.safeParse(raw);
  if (read.success) return read.data;
  throw new KdcubeError(
    read.error.issues.map(({ path, message }) => ({
      code: 'wrong-option' as const,
      message: path.length > 0 ? `--${path.join('.')}: ${message}.` : `${message}.`,
    })),
  );
}
