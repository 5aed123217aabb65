import type { Reason } from './reason';

/** A registry or a network that does not respond right now, a rate limit, a full disk: the next try may succeed. */
const TRANSIENT =
  /time[sd]?[ -]?out|deadline exceeded|too ?many ?requests|rate exceeded|throttl|pull rate limit|temporar|try again later|connection (?:refused|reset)|\bEOF\b|TLS handshake|\b(?:429|50\d)\b|internal (?:server )?error|service unavailable|bad gateway|no space left|unreachable|broken pipe|server misbehaving/i;

/** What the next task of the same revision meets too. */
const PERMANENT = [
  /CannotPull\w*/,
  /CannotStartContainerError|CannotCreateContainerError/,
  /ResourceInitializationError/,
  /exec format error|executable file not found/i,
  /unable to assume (?:the )?role/i,
  /because of the service deployment configuration/,
  /Invalid(?:Subnet|SecurityGroup|Parameter)\w*|(?:subnet|security group|target group|log group|file system)\b.* (?:does not|doesn't) exist/i,
  /not authorized to perform|AccessDenied/i,
];

/** Exit codes of a shell: the command cannot be executed, or does not exist. */
const PERMANENT_EXIT = /ended with exit code 12[67]\b/;

/** Whether a failure cannot heal on its own: the image, a role, a secret or the command has to change first. A crash may heal: what it needs may come up later. */
export function isPermanent({ code, text, lines = [] }: Pick<Reason, 'code' | 'text' | 'lines'>): boolean {
  // A crashed container explains itself in the last lines of its log.
  const tail = code === 'container-crashed' ? lines.slice(-3).join('\n') : '';
  if (PERMANENT_EXIT.test(text) || /exec format error|executable file not found/i.test(tail)) return true;
  return PERMANENT.some((pattern) => pattern.test(text)) && !TRANSIENT.test(text);
}

/** What identical failures have in common: the text without what differs from task to task. */
export function failureSignature({ code, text }: Pick<Reason, 'code' | 'text'>): string {
  const stable = text
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '#')
    .replace(/\b[0-9a-f]{12,}\b/gi, '#')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '#')
    .replace(/\b\d{4,}\b/g, '#');
  return `${code} ${stable}`;
}
