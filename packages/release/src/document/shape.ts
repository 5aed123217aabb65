import * as z from 'zod';
import type { Problem } from '../problem/problem';
import { quoted } from '../problem/problem';
import { shownPath } from './document';
import type { DocumentPath, ReadDocument } from './document';
import { distance } from './distance';
import { mayHoldSecret } from './values';
import { ONCE } from './once';

/** Keys that are wrong in a known way: what is made of them. */
export type KnownWrong = Record<string, { code: 'rejected-key' | 'ignored-key' | 'unknown-key'; why: string; hint?: string }>;

/** What depends on the kind of document. */
export interface ShapeText {
  /** The known wrong keys of the mapping at a place. */
  known(path: DocumentPath): KnownWrong;
  /** Whether the platform reads the keys itself: it ignores those in camelCase. */
  platformKeys: boolean;
  /** Whether the value at a place must not be shown, because it may be a secret. */
  hidden(path: DocumentPath): boolean;
}

/** What the platform does with keys of bundles, from its own code. */
const KNOWN_WRONG: KnownWrong = {
  git_url: { code: 'rejected-key', why: 'makes the platform refuse the whole descriptor', hint: 'repo:' },
  git_repo: { code: 'rejected-key', why: 'makes the platform refuse the whole descriptor', hint: 'repo:' },
  git_ref: { code: 'rejected-key', why: 'makes the platform refuse the whole descriptor', hint: 'ref:' },
  git_subdir: { code: 'rejected-key', why: 'makes the platform refuse the whole descriptor', hint: 'subdir:' },
  version: {
    code: 'ignored-key',
    why: 'is lost on the platform’s way through Redis',
    hint: 'the version is a part of the id: my-bundle@1-0-0',
  },
  bundle_version: {
    code: 'ignored-key',
    why: 'is lost on the platform’s way through Redis',
    hint: 'the version is a part of the id: my-bundle@1-0-0',
  },
  bundle_commit: { code: 'ignored-key', why: 'is read by a part of the platform only', hint: 'git_commit:' },
  key: { code: 'ignored-key', why: 'is read by a part of the platform only', hint: 'id:' },
};

const RELEASE_TEXT: ShapeText = { known: () => KNOWN_WRONG, platformKeys: true, hidden: () => false };

/**
 * Checks the value at `path` of a document against a schema and says what does not fit in words of this project, each at its place.
 * The schemas carry shapes only; what a wrong shape means for the platform is said here.
 */
export function checkShape(
  schema: z.ZodType,
  doc: ReadDocument,
  value: unknown,
  path: DocumentPath,
  text: ShapeText = RELEASE_TEXT,
): Problem[] {
  const parsed = schema.safeParse(value, ONCE);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => problemsOf(issue, schema, doc, value, path, text));
}

function problemsOf(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  doc: ReadDocument,
  value: unknown,
  base: DocumentPath,
  text: ShapeText,
): Problem[] {
  const inner = issue.path as (string | number)[];
  const path = [...base, ...inner];
  if (issue.code === 'invalid_union') {
    // The form that the value has, if something inside of it is wrong.
    const fitting = issue.errors.find((errors) => errors.every((each) => each.path.length > 0));
    if (fitting)
      return fitting.flatMap((each) =>
        problemsOf({ ...each, path: [...issue.path, ...each.path] }, schema, doc, value, base, text),
      );
  }
  if (issue.code === 'unrecognized_keys') {
    const missing = missingKeys(schema, inner, value);
    return issue.keys.map((key) => wrongKey(key, doc, path, missing, text));
  }
  const found = at(value, inner);
  if (found === undefined) {
    return [
      {
        code: 'missing-key',
        message: `${nameOf(path)} is missing${path.length > 1 ? ` in ${shownPath(path.slice(0, -1))}` : ''}.`,
        at: doc.place(path),
      },
    ];
  }
  return [wrongValue(issue, found, doc, path, text)];
}

/** The keys that the schema has at `inner` and the document has not. */
function missingKeys(schema: z.ZodType, inner: DocumentPath, value: unknown): string[] {
  const here = bare(inner.reduce<z.ZodType | undefined>((part, key) => below(bare(part), key), schema));
  const parent = at(value, inner) ?? {};
  return here instanceof z.ZodObject ? Object.keys(here.shape).filter((key) => !Object.hasOwn(parent as object, key)) : [];
}

function below(schema: z.ZodType | undefined, key: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<string, z.ZodType>)[key];
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return schema instanceof z.ZodArray ? (schema.element as z.ZodType) : undefined;
}

function bare(schema: z.ZodType | undefined): z.ZodType | undefined {
  return schema instanceof z.ZodOptional ? bare(schema.unwrap() as z.ZodType) : schema;
}

function at(value: unknown, inner: DocumentPath): unknown {
  return inner.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key as string], value);
}

function wrongKey(key: string, doc: ReadDocument, path: DocumentPath, others: string[], text: ShapeText): Problem {
  const at = doc.place([...path, key], 'key');
  // A secret that slipped to the wrong side of the colon.
  if (mayHoldSecret(key)) {
    const shown = { ...at, path: shownPath([...path, '…']) };
    return {
      code: 'unknown-key',
      message: 'This is a key that nothing reads. It looks like a secret, and is not repeated here.',
      at: shown,
    };
  }
  const wrong = text.known(path);
  const known = Object.hasOwn(wrong, key) ? wrong[key] : undefined;
  if (known) return { code: known.code, message: `${quoted(key)} ${known.why}.`, hint: known.hint, at };
  const snake = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (text.platformKeys && snake !== key && /^[a-z]/.test(key)) {
    return {
      code: 'ignored-key',
      message: `${quoted(key)} is ignored by the platform, silently: its keys are written with underscores.`,
      hint: `${snake}:`,
      at,
    };
  }
  const near = others.find((other) => other === snake || distance(other, key) <= (key.length > 4 ? 2 : 1));
  return {
    code: 'unknown-key',
    message: `${quoted(key)} is a key that nothing reads.`,
    hint: near ? `${near}:` : 'remove the line',
    at,
  };
}

function wrongValue(issue: z.core.$ZodIssue, found: unknown, doc: ReadDocument, path: DocumentPath, text: ShapeText): Problem {
  const at = doc.place(path);
  const expected = issue.code === 'invalid_type' ? issue.expected : undefined;
  if (expected === 'boolean' && typeof found === 'string') return stringBoolean(found, at, text.platformKeys);
  if (found === null)
    return {
      code: 'wrong-type',
      message: `${nameOf(path)} has no value.`,
      hint: 'give it one, or remove the line',
      at,
    };
  if (expected === 'string' && (typeof found === 'number' || typeof found === 'boolean' || found instanceof Date)) {
    const source = text.hidden(path) ? undefined : (doc.source(path) ?? String(found));
    return {
      code: 'unquoted-value',
      message: `${source === undefined ? 'This' : quoted(source)} is read as a ${typeof found}, so that it may lose zeros or change its form.`,
      hint: source === undefined ? 'put it between quotes' : `"${source}"`,
      at,
    };
  }
  const range = typeof found === 'number' ? rangeOf(issue) : undefined;
  if (range !== undefined) return { code: 'wrong-value', message: `${nameOf(path)} is ${found}, and must be ${range}.`, at };
  if (issue.code === 'invalid_value' && typeof found === 'string') {
    const choices = issue.values.map(String);
    const message = `${quoted(found)} is none of the values of ${nameOf(path)}.`;
    return { code: 'wrong-value', message, hint: `one of ${choices.join(', ')}`, at };
  }
  if (issue.code === 'too_small') return { code: 'wrong-type', message: `${nameOf(path)} is empty.`, at };
  return {
    code: 'wrong-type',
    message: `${nameOf(path)} is ${kindOf(found)} where ${expected ? (KINDS[expected] ?? expected) : 'something else'} belongs.`,
    at,
  };
}

function stringBoolean(found: string, at: Problem['at'], platformKeys: boolean): Problem {
  const meant = /^(?:true|yes|on|1)$/i.test(found);
  const why = platformKeys
    ? 'The platform takes every text but the empty one for true.'
    : 'True and false are written without quotes.';
  const hint = meant ? 'true, without quotes' : 'false, without quotes';
  return { code: 'string-boolean', message: `${quoted(found)} is text. ${why}`, hint, at };
}

function rangeOf(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === 'too_small') return `at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `at most ${issue.maximum}`;
  return issue.code === 'invalid_type' && issue.expected === 'int' ? 'a whole number' : undefined;
}

/** The last key of a path; an entry of a list has none, and is called by where it is. */
function nameOf(path: DocumentPath): string {
  const last = path[path.length - 1];
  return quoted(typeof last === 'string' ? last : shownPath(path));
}

const KINDS: Record<string, string> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
};

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return (
    { string: 'a text', number: 'a number', boolean: 'a boolean', object: 'a mapping' }[typeof value as string] ?? typeof value
  );
}
