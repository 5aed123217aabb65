/** A client of moto that creates and breaks resources. It shares no code with the tested client; moto does not check signatures. */
export interface Account {
  /** AWS JSON 1.1. */
  json(service: string, target: string, body: object): Promise<Record<string, unknown>>;
  /** The query protocol; the response is XML. */
  form(service: string, version: string, body: Record<string, string>): Promise<string>;
  rest(service: string, method: string, path: string, body?: object): Promise<Record<string, unknown>>;
}

function accountAt(url: string): Account {
  const send = async (service: string, method: string, path: string, headers: Record<string, string>, body?: string) => {
    const credential = `AKIDEXAMPLE/20260101/eu-central-1/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`;
    const response = await fetch(new URL(path, url), {
      method,
      headers: { ...headers, authorization },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${service} ${path} ${body}: ${response.status} ${text}`);
    return text;
  };
  const parsed = (text: string) => (text === '' ? {} : (JSON.parse(text) as Record<string, unknown>));
  return {
    async json(service, target, body) {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
      return parsed(await send(service, 'POST', '/', headers, JSON.stringify(body)));
    },
    form(service, version, body) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return send(service, 'POST', '/', headers, new URLSearchParams({ ...body, Version: version }).toString());
    },
    async rest(service, method, path, body) {
      const headers = { 'content-type': 'application/json' };
      return parsed(await send(service, method, path, headers, body && JSON.stringify(body)));
    },
  };
}

/** Deletes everything in moto, and makes its identifiers reproducible. */
export async function resetMoto(url: string): Promise<Account> {
  await fetch(new URL('/moto-api/reset', url), { method: 'POST' });
  await fetch(new URL('/moto-api/seed?a=42', url), { method: 'POST' });
  return accountAt(url);
}

/** The text of the first XML element with this name. */
export function findText(text: string, name: string): string {
  const found = new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
  if (found === undefined) throw new Error(`no ${name} in ${text}`);
  return found;
}
