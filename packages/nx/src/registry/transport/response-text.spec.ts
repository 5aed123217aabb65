import { describeResponse, isHtml, parseErrors } from './response-text';

const answer = (status: number, body: string, type = 'application/json') => ({
  origin: '',
  status,
  headers: { 'content-type': type },
  body: Buffer.from(body),
});

const oneError = (detail: unknown, message = 'blob upload invalid') =>
  JSON.stringify({ errors: [{ code: 'BLOB_UPLOAD_INVALID', message, detail }] });

describe('what a registry says', () => {
  it.each([
    ['{"errors":[{"code":"DENIED","message":"no"},{"code":"X"}]}', 'application/json', '403 (DENIED: no; X)'],
    ['404 page not found\n', 'text/plain', '403 (404 page not found)'],
    ['\u001b[31mred', 'text/plain', '403 (\\x1b[31mred)'],
    ['', 'text/plain', '403'],
    ['{"errors":[{}]}', 'application/json', '403 ({"errors":[{}]})'],
    ['{"error":"invalid_grant"}', 'application/json', '403 ({"error":"invalid_grant"})'],
  ])('%j', (body, type, expected) => {
    expect(describeResponse(answer(403, body, type))).toBe(expected);
  });

  it.each<[string, unknown, string]>([
    [
      'text, as of Nexus',
      'Repository does not allow updating assets: hosted',
      'BLOB_UPLOAD_INVALID: blob upload invalid: Repository does not allow updating assets: hosted',
    ],
    ['an object, as of Artifactory', { description: 'HTTP 403' }, 'BLOB_UPLOAD_INVALID: blob upload invalid: HTTP 403'],
    ['what the message says already', 'Upload invalid', 'BLOB_UPLOAD_INVALID: blob upload invalid'],
    ['a list of scopes', [{ Type: 'repository', Action: 'pull' }], 'BLOB_UPLOAD_INVALID: blob upload invalid'],
    ['an object without a reason', { Tag: 'v1' }, 'BLOB_UPLOAD_INVALID: blob upload invalid'],
    ['nothing', null, 'BLOB_UPLOAD_INVALID: blob upload invalid'],
    ['a terminal escape', '\u001b]0;x\u0007', 'BLOB_UPLOAD_INVALID: blob upload invalid: \\x1b]0;x\\x07'],
    ['lines', 'one\ntwo', 'BLOB_UPLOAD_INVALID: blob upload invalid: one\\x0atwo'],
  ])('in detail: %s', (_, detail, expected) => {
    expect(describeResponse(answer(400, oneError(detail)))).toBe(`400 (${expected})`);
  });

  it.each([
    ['<html><body>hi</body></html>', 'text/plain', 'a web page'],
    ['anything', 'text/html; charset=utf-8', 'a web page'],
    ['<html><head><title>502 Bad Gateway</title></head><h1>x</h1>', 'text/html', 'a web page: 502 Bad Gateway'],
    ['<!DOCTYPE html><H1 class="a">No <b>entry</b>\n here</H1>', '', 'a web page: No entry here'],
    ['<html><title></title><p>blocked by policy 7</p>', 'text/html', 'a web page: blocked by policy 7'],
    ['<html><title>\u001b[2J</title>', 'text/html', 'a web page: \\x1b[2J'],
    ['<html><title>never closed', 'text/html', 'a web page: never closed'],
  ])('in a web page: %j', (body, type, expected) => {
    expect(describeResponse(answer(502, body, type))).toBe(`502 (${expected})`);
  });

  it('is cut, and without secrets', () => {
    expect(describeResponse(answer(500, 'x'.repeat(1000))).length).toBeLessThan(320);
    expect(describeResponse(answer(500, oneError('x'.repeat(1000)))).length).toBeLessThan(320);
    expect(describeResponse(answer(502, `<html><title>${'x'.repeat(1000)}</title>`)).length).toBeLessThan(320);
    expect(describeResponse(answer(401, 'token hunter2, hunter2, ab'), ['hunter2', 'ab'])).toBe('401 (token …, …, ab)');
    expect(describeResponse(answer(401, oneError('hunter2', 'no')), ['hunter2'])).toBe('401 (BLOB_UPLOAD_INVALID: no: …)');
    expect(describeResponse(answer(401, '<html><title>hunter2'), ['hunter2'])).toBe('401 (a web page: …)');
    expect(describeResponse(answer(401, `${'x'.repeat(296)}hunter2`), ['hunter2'])).not.toContain('hun');
  });

  it.each([
    ['text', (token: string) => `${' '.repeat(1197)}${token}`],
    ['a page whose title is not closed', (token: string) => `<html><title>${' '.repeat(990)}${token}`],
    ['a long page', (token: string) => `<html>${' '.repeat(16_384 - 6 - 10)}<title>${token}`],
  ])('%s is cut after its secrets are redacted', (_, bodyOf) => {
    for (let shift = -15; shift <= 15; shift += 1) {
      const body = bodyOf('hunter2').replace(/ {20}/, ' '.repeat(20 + shift));
      expect(describeResponse(answer(500, body, 'text/plain'), ['hunter2'])).not.toMatch(/hun/);
    }
  });

  it.each(['null', '[]', '{"errors":{}}', '{"errors":[null,1,{}]}', 'no'])('%s has no words', (body) => {
    expect(parseErrors(answer(400, body)).every(({ code, message, detail }) => `${code}${message}${detail}` === '')).toBe(true);
  });

  it('may be a web page', () => {
    expect(isHtml(answer(404, '<!DOCTYPE html>', ''))).toBe(true);
    expect(isHtml(answer(404, '{"errors":[]}'))).toBe(false);
  });
});
