import { KdcubeError } from '@kdcube/release/internal';
import type * as z from 'zod';

/** The validated options of a generator, with defaults. Nx validates them against schema.json, but a generator can also be called from code. */
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
