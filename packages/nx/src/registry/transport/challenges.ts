import type { HttpResponse } from './types';

/** One element of a WWW-Authenticate header; names in lower case. */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

/** The challenges of a response (RFC 7235): several in one header, quoted strings, any order. The list ends at the first invalid character. */
export function parseChallenges(answer: HttpResponse): Challenge[] {
  const header = answer.headers['www-authenticate'] ?? '';
  const found: Challenge[] = [];
  const parameter = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
  const scheme = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?=[\s,]|$)/y;
  for (let at = 0; at < header.length;) {
    parameter.lastIndex = scheme.lastIndex = at;
    const pair = parameter.exec(header);
    const name = pair ? null : scheme.exec(header);
    if (pair) {
      const parameters = found.at(-1)?.parameters;
      const key = pair[1]!.toLowerCase();
      if (parameters && !Object.hasOwn(parameters, key)) parameters[key] = pair[3] ?? pair[2]!.replace(/\\(.)/g, '$1');
    } else if (name) {
      found.push({ scheme: name[1]!.toLowerCase(), parameters: Object.create(null) as Record<string, string> });
    } else break;
    at = pair ? parameter.lastIndex : scheme.lastIndex;
  }
  return found;
}

/** The scope of a challenge is about the request that was refused, not about the next one. */
export function withoutScope({ scheme, parameters }: Challenge): Challenge {
  const { scope: _, ...others } = parameters;
  return { scheme, parameters: others };
}
