import { quoted } from '../../problem/problem';
import type { EnvironmentRule } from './rule';

const ANSWERS = 'https://app.example.com/admin/integrations/applications/readiness';

/** The URL can be requested, and no credential stands in it, goes over plain http, or stands in the file. */
export const readinessCanBeAsked: EnvironmentRule = ({ written }, report) => {
  const { readiness } = written;
  if (!readiness) return;
  const headers = Object.entries(readiness.headers ?? {});
  if (readiness.url === undefined && isOnEcs(written))
    report({ code: 'missing-key', message: 'On ECS, readiness has a URL: where proc answers.', hint: `url: ${ANSWERS}` }, [
      'readiness',
    ]);
  const why = readiness.url === undefined ? undefined : urlProblem(readiness.url, headers.length > 0);
  if (why !== undefined)
    report({ code: 'wrong-value', message: `readiness.url ${why}.`, hint: `url: ${ANSWERS}` }, ['readiness', 'url']);
  for (const [header, variable] of headers) {
    const path = ['readiness', 'headers', header];
    if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(header) || RESERVED.includes(header.toLowerCase()))
      report({ code: 'wrong-value', message: `${quoted(header)} is not a header that can be sent.` }, path, 'key');
    // It may be the credential itself: it is not shown.
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable))
      report(
        {
          code: 'wrong-value',
          message: `The value of the header ${header} must be the name of an environment variable of the deploy, never the credential itself.`,
          hint: `${header}: KDCUBE_READINESS_TOKEN`,
        },
        path,
      );
  }
};

/** Without a component proc, nothing is asked. */
function isOnEcs({ target, services = {} }: Parameters<EnvironmentRule>[0]['written']): boolean {
  return Object.values(services).some((service) => service.component === 'proc' && (service.target ?? target) === 'ecs');
}

/** Headers that belong to the connection. */
const RESERVED = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'keep-alive',
];

/** Without the URL itself: it may contain a password. */
function urlProblem(text: string, hasCredential: boolean): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) return 'is not a URL with http or https';
  if (url.username !== '' || url.password !== '') return 'contains a user or a password, which belong into headers';
  if (url.search !== '' || url.hash !== '') return 'has a query or a fragment: the answer is that of the whole environment';
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'http:' && hasCredential && !isLocal) return 'is plain http, over which a credential is not sent';
  return undefined;
}
