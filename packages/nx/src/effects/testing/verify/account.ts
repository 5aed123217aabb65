/** Speaks to a moto that runs: makes things, and breaks them. It uses nothing of what is tested, not even its signature, which moto does not look at. */
export interface Account {
  /** AWS JSON 1.1. */
  json(service: string, target: string, body: object): Promise<Record<string, unknown>>;
  /** The query protocol; the answer is XML. */
  form(service: string, version: string, body: Record<string, string>): Promise<string>;
  rest(service: string, method: string, path: string, body?: object): Promise<Record<string, unknown>>;
}

export function accountAt(url: string): Account {
  const ask = async (service: string, method: string, path: string, headers: Record<string, string>, body?: string) => {
    const credential = `AKIDEXAMPLE/20260101/eu-central-1/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`;
    const answer = await fetch(new URL(path, url), {
      method,
      headers: { ...headers, authorization },
      ...(body !== undefined && { body }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${service} ${path} ${body}: ${answer.status} ${text}`);
    return text;
  };
  const parsed = (text: string) => (text === '' ? {} : (JSON.parse(text) as Record<string, unknown>));
  return {
    async json(service, target, body) {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
      return parsed(await ask(service, 'POST', '/', headers, JSON.stringify(body)));
    },
    form(service, version, body) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return ask(service, 'POST', '/', headers, new URLSearchParams({ ...body, Version: version }).toString());
    },
    async rest(service, method, path, body) {
      const headers = { 'content-type': 'application/json' };
      return parsed(await ask(service, method, path, headers, body && JSON.stringify(body)));
    },
  };
}

/** Empties a moto, and lets it give the same identifiers every time. */
export async function emptied(url: string): Promise<Account> {
  await fetch(new URL('/moto-api/reset', url), { method: 'POST' });
  await fetch(new URL('/moto-api/seed?a=42', url), { method: 'POST' });
  return accountAt(url);
}

/** What one thing of an answer in XML is called. */
export function first(text: string, name: string): string {
  const found = new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
  if (found === undefined) throw new Error(`no ${name} in ${text}`);
  return found;
}
