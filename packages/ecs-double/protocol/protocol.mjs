// The two wire formats that Amazon's clients speak here.
// AWS JSON 1.1 (ECS, CloudWatch Logs): https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
// Query and XML (STS, ELBv2): https://smithy.io/2.0/aws/protocols/aws-query-protocol.html

import { fail } from './aws-error.mjs';

/** @import { Call, Reply, Request } from '../state/types.d.ts' */

/** @type {Record<string, string>} */
const TARGETS = {
  AmazonEC2ContainerServiceV20141113: 'ecs',
  Logs_20140328: 'logs',
  secretsmanager: 'secretsmanager',
  AnyScaleFrontendService: 'application-autoscaling',
  ServiceQuotasV20190624: 'service-quotas',
};
/** @type {Record<string, string>} */
const VERSIONS = { '2011-06-15': 'sts', '2015-12-01': 'elbv2' };
/** @type {Record<string, string>} */
const NAMESPACES = {
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  elbv2: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
};

/**
 * What a request asks for: { service, op, request, wire, region, accessKey, signedAt }, or undefined. Throws for a body that is no JSON.
 * @param {import('node:http').IncomingHttpHeaders} headers
 * @param {Buffer} body
 * @returns {Call | undefined}
 */
export function readCall(headers, body) {
  const scope = /Credential=([^/,\s]+)\/\d+\/([^/]+)\//.exec(headers.authorization ?? '');
  // 20260302T090000Z
  const signed = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'] ?? ''));
  const signedAt = signed ? signatureTime(signed.slice(1).map(Number)) : undefined;
  const who = { accessKey: scope?.[1], region: scope?.[2], signedAt };
  const target = headers['x-amz-target'];
  if (target) {
    const [prefix = '', op = ''] = String(target).split('.');
    const service = TARGETS[prefix];
    if (!service) return undefined;
    try {
      return { service, op, wire: 'json', request: body.length > 0 ? JSON.parse(body.toString()) : {}, ...who };
    } catch {
      throw fail('SerializationException', 'The body is no JSON.');
    }
  }
  const form = new URLSearchParams(body.toString());
  const service = VERSIONS[form.get('Version') ?? ''];
  return service ? { service, op: form.get('Action') ?? '', wire: 'query', request: fromForm(form), ...who } : undefined;
}

/** @param {number[]} parts */
function signatureTime([year = 0, month = 0, ...rest]) {
  return Date.UTC(year, month - 1, ...rest);
}

/**
 * Members of a list come as Name.member.N, of a structure as Name.Part.
 * @param {URLSearchParams} form
 */
function fromForm(form) {
  /** @type {Request} */
  const request = {};
  for (const [key, value] of form) {
    if (key === 'Action' || key === 'Version') continue;
    const parts = key.split('.');
    let at = request;
    parts.forEach((part, index) => {
      if (part === 'member') return;
      const last = index === parts.length - 1;
      const list = parts[index + 1] === 'member';
      const name = /^\d+$/.test(part) ? Number(part) - 1 : part;
      at[name] ??= last ? value : list ? [] : {};
      at = at[name];
    });
  }
  return request;
}

/**
 * @param {Call} call
 * @param {{ response: unknown, text: string }} body The response, and the same as JSON.
 * @param {string} requestId
 */
export function successResponse(call, { response, text }, requestId) {
  const headers = { 'x-amzn-requestid': requestId };
  if (call.wire === 'json')
    return {
      status: 200,
      headers: { ...headers, 'content-type': 'application/x-amz-json-1.1' },
      body: text,
    };
  const inner = `<${call.op}Result>${xml(response)}</${call.op}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  const body = `<${call.op}Response xmlns="${NAMESPACES[call.service]}">${inner}</${call.op}Response>`;
  return { status: 200, headers: { ...headers, 'content-type': 'text/xml' }, body };
}

/**
 * @param {Call | undefined} call
 * @param {{ type: string, message: string, status: number }} options
 * @param {string} requestId
 */
export function errorResponse(call, { type, message, status }, requestId) {
  const headers = { 'x-amzn-requestid': requestId };
  if (call?.wire === 'query') {
    const error = `<Error><Type>${status >= 500 ? 'Receiver' : 'Sender'}</Type><Code>${type}</Code><Message>${escape(message)}</Message></Error>`;
    const body = `<ErrorResponse xmlns="${NAMESPACES[call.service]}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { status, headers: { ...headers, 'content-type': 'text/xml' }, body };
  }
  // A client takes the part after "#" (smithy.io, "Operation error serialization").
  const body = JSON.stringify({ __type: type, message });
  return { status, headers: { ...headers, 'content-type': 'application/x-amz-json-1.1' }, body };
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function xml(value) {
  if (Array.isArray(value)) return value.map((one) => `<member>${xml(one)}</member>`).join('');
  if (value !== null && typeof value === 'object')
    return Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => `<${name}>${xml(part)}</${name}>`)
      .join('');
  return escape(String(value));
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
