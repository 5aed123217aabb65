import { printable } from '@kdcube/release/internal';

/** Whether an error of AWS means missing permission. What was asked for then remains unknown. */
export function isAccessDenied(error: unknown): boolean {
  const { name = '', message = '' } = error as Partial<Error>;
  // Some actions reject a missing iam:PassRole with a ClientException or an InvalidParameterException.
  return (
    /AccessDenied|NotAuthorized|UnauthorizedOperation|AuthorizationError/i.test(name) ||
    / is not authorized to perform:? /.test(message)
  );
}

const MAX_LENGTH = 300;

/** The first line of an error of AWS or its SDK, without secrets. Further lines may contain the signed request, with its session token. */
export function awsErrorMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const secrets = [process.env.AWS_SECRET_ACCESS_KEY, process.env.AWS_SESSION_TOKEN].filter(
    (secret) => secret !== undefined && secret !== '',
  );
  const plain = message.split('\n')[0]!.replace(/^AWS SDK error wrapper for Error: /, '');
  const line = secrets.reduce<string>((text, secret) => text.replaceAll(secret!, '…'), plain);
  return printable(line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line);
}
