import { KdcubeError } from '@kdcube/release/internal';
import type { NetworkError } from './types';
import { retryable } from './retries';
import { invalidResponse } from './problems';

const REASONS: Record<string, string> = {
  ENOTFOUND: 'the host does not exist',
  EAI_AGAIN: 'the name lookup failed',
  ECONNREFUSED: 'the connection was refused',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  KD_CONNECT: 'it did not accept the connection in time',
};

const CUT: Record<string, string> = {
  KD_IDLE: 'sent no data for too long',
  KD_TOTAL: 'did not finish its response in time',
};

export function connectionProblem(error: NetworkError, url: URL): KdcubeError {
  const code = error.code ?? error.message;
  const unreachable = (message: string, hint?: string) =>
    new KdcubeError({ code: 'registry-unreachable', message, hint }, { cause: error });
  const { host } = url;
  if (Object.hasOwn(REASONS, code)) {
    const message = `${host} cannot be reached: ${REASONS[code]} (${code.replace('KD_CONNECT', 'time-out')}).`;
    const failure = unreachable(message, proxyHint(url, process.env, process.versions.node));
    return code === 'EAI_AGAIN' ? retryable(failure) : failure;
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return unreachable(`${host} does not speak TLS (${code}).`, `KDCUBE_INSECURE_REGISTRIES=${host} uses plain http`);
  if (url.protocol === 'https:' && /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code)) {
    const hint = 'NODE_EXTRA_CA_CERTS=<file.pem> trusts the authority that signed it';
    return unreachable(`The certificate of ${host} is not trusted (${code}).`, hint);
  }
  if (code.startsWith('HPE_'))
    return retryable(invalidResponse(`${host} sent an invalid HTTP response (${code}).`, undefined, error));
  const what = CUT[code] ?? `closed the connection (${code})`;
  if (error.begun) return retryable(invalidResponse(`${host} ${what} in the middle of a response.`, undefined, error));
  return retryable(unreachable(`${host} ${what}.`), { stale: error.stale });
}

export function interrupted(host: string, cause: unknown): KdcubeError {
  return new KdcubeError({ code: 'interrupted', message: `The transfer to or from ${host} was interrupted.` }, { cause });
}

/** A proxy is set, and this Node does not know it. */
export function proxyHint({ protocol }: URL, env: NodeJS.ProcessEnv, node: string): string | undefined {
  const name = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find(
    (variable) => variable.toLowerCase().startsWith(protocol.replace(':', '_')) && env[variable],
  );
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const knows = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
  return name !== undefined && !knows
    ? `${name} is set, but Node ${node} ignores it: proxies work from Node 22.21 and 24.5 on`
    : undefined;
}
