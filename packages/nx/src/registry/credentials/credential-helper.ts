import { KdcubeError, quoted, printable } from '@kdcube/release/internal';
import type { Credentials } from './credentials';
import { run, tail } from '../../system/programs/exec';
import { isInterrupted } from '../../system/programs/signals';

/** Runs `docker-credential-<name> get`. A helper without credentials for this host exits with 1 and a known message: that is no error. */
export async function runCredentialHelper(
  name: unknown,
  key: string,
  file: string,
  environment: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw invalidConfig(file, `names a credential helper ${quoted(name)}`);
  const program = `docker-credential-${name}`;
  const failed = (why: string, cause?: unknown) =>
    new KdcubeError(
      {
        code: 'registry-denied',
        message: `${program}, which ${file} names for ${key}, gave no credentials: ${why}`,
        hint: `printf %s ${key} | ${program} get    shows the error, or the password`,
      },
      { cause },
    );
  const result = await run(program, ['get'], { input: key, timeout: 60_000, maxBuffer: 1024 * 1024, env: environment }).catch(
    (error) => {
      if (isInterrupted(error)) throw error;
      throw failed(error instanceof KdcubeError ? (error.problems[0]?.message ?? 'it failed.') : 'it failed.', error);
    },
  );
  const output = result.stdout.toString('utf8').trim();
  if (result.exitCode !== 0) {
    // Helpers put their reason on stdout, and this one is fixed by their protocol.
    const reason = `${output}\n${result.stderr}`.trim();
    if (/credentials not found/i.test(reason)) return undefined;
    throw failed(`it exited with code ${result.exitCode}. ${printable(tail(reason, 3)).slice(0, 500)}`);
  }
  const answer = parseJson(output);
  if (!isRecord(answer) || typeof answer.Username !== 'string' || typeof answer.Secret !== 'string') {
    throw failed('its output is not the JSON of a credential helper.');
  }
  const { Username: username, Secret: secret } = answer;
  if (secret === '') return undefined;
  return username === '<token>' ? { kind: 'identity', token: secret } : { kind: 'password', username, password: secret };
}

export function invalidConfig(file: string, what: string, hint?: string): KdcubeError {
  return new KdcubeError({
    code: 'file-error',
    message: `${file} ${what}.`,
    hint: hint ?? 'fix the file, or run docker login again',
  });
}

/** undefined for what is not JSON. The parser's own message would quote the text around, and that is a password here. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
