import { printable } from '@kdcube/release';

/** It may not be asked: then nothing is known, neither good nor bad. */
export function isDenied(error: unknown): boolean {
  return /AccessDenied|NotAuthorized|UnauthorizedOperation|AuthorizationError/i.test((error as Error).name ?? '');
}

/** What AWS or its SDK said of a failure, in 300 characters at most. Only its first line: what follows may be what was signed, with the session's token in it. */
export function saidByAws(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const secrets = [process.env.AWS_SECRET_ACCESS_KEY, process.env.AWS_SESSION_TOKEN].filter(
    (secret) => secret !== undefined && secret !== '',
  );
  const plain = message.split('\n')[0]!.replace(/^AWS SDK error wrapper for Error: /, '');
  const line = secrets.reduce<string>((text, secret) => text.replaceAll(secret!, '…'), plain);
  return printable(line.length > 300 ? `${line.slice(0, 299)}…` : line);
}
