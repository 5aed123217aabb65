import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { mutatedText } from '../../../release/testing/fuzz/mutate-text';
import { mutatedJson } from '../../../release/testing/fuzz/mutate-value';
import { fuzz } from '../../../release/testing/fuzz/run';
import { findText, listItems, parseXml } from '../../src/aws/xml';
import { parseStatus } from '../../src/git/status';
import { dockerCredentials } from '../../src/registry/credentials/docker-config';

let folder: string;
beforeAll(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-fuzz-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('what other programs write', () => {
  const CONFIG = {
    auths: {
      'r.example.com': { auth: 'YW5uOnBhc3M=', identitytoken: '' },
      'https://index.docker.io/v1/': { username: 'a', password: 'b' },
    },
    ...{ credHelpers: { 'h.example.com': '' }, credsStore: '', HttpHeaders: { a: 'b' }, psFormat: 'x' },
  };
  const HOST = fc.constantFrom('r.example.com', 'docker.io', 'toString', '__proto__', 'h.example.com');
  fuzz(
    "docker's config.json",
    fc.tuple(fc.oneof(mutatedJson([CONFIG]), mutatedText([JSON.stringify(CONFIG, null, 2)])), HOST),
    async ([text, host]) => {
      // A helper's name would start a program.
      fc.pre(!/"(?:credsStore|h\.example\.com)":\s*"[^"]/.test(text) && !/"credHelpers":\s*[^{\s]/.test(text));
      fs.writeFileSync(path.join(folder, 'config.json'), text);
      const found = await dockerCredentials(host, { DOCKER_CONFIG: folder, PATH: folder });
      expect(found === undefined || typeof found === 'object').toBe(true);
      return undefined;
    },
  );

  const XML =
    '<?xml version="1.0"?><R xmlns="http://x/"><L><member><A>1 &amp; 2</A></member><member/></L><E><![CDATA[x]]></E></R>';
  fuzz(
    'XML responses of AWS',
    mutatedText([XML, '<ErrorResponse><Error><Code>X</Code></Error></ErrorResponse>']),
    async (text) => {
      const root = await parseXml(text);
      const value = findText(root, 'R', 'L', 'member', 'A');
      expect(value === undefined || typeof value === 'string').toBe(true);
      listItems(root, 'L', 'member');
      return undefined;
    },
  );

  const STATUS =
    '# branch.oid 0123\0# branch.head main\x001 .M N... 100644 100644 100644 a b bundles/x/a b.py\0? new\n\0u UU N... 1 1 1 1 a b c d/e\0';
  fuzz('git status', fc.tuple(mutatedText([STATUS]), fc.constantFrom('', 'bundles/')), ([text, prefix]) => {
    const { head, branch, changed } = parseStatus(text, prefix);
    expect([head, branch].every((each) => each === undefined || typeof each === 'string') && Array.isArray(changed)).toBe(true);
    return undefined;
  });
});
