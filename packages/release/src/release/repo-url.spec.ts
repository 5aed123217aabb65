import { parseRepo } from './repo-url';

describe('parseRepo', () => {
  const urls = [
    'git@github.com:org/repo.git',
    'github.com:org/repo',
    'host:~user/repo',
    'ssh://git@host:2222/org/repo.git',
    'https://host/org/repo',
  ];
  test.each([
    ...urls,
    'http://127.0.0.1:3000/r',
    'http://localhost/r',
    'http://[::1]:80/r',
    'file:///srv/git/r',
    'file:///C:/git/r',
  ])('%s is a URL', (url) => expect(parseRepo(url)).toEqual({ kind: 'url', url }));
  test.each(['customer-repo', 'a', 'A.b_c-1', 'constructor'])('%s is a name', (name) => {
    expect(parseRepo(name)).toEqual({ kind: 'name', name });
  });
  const unsafe = [
    '',
    'a b',
    'a\nb',
    'ext::sh -c x',
    'ext::x',
    'fd::17',
    'git://h/r',
    'ftp://h/r',
    'http://h/r',
    '/srv/r',
    './r',
    '../r',
    '~/r',
    '-x',
  ];
  unsafe.push(
    'C:\\r',
    'c:/r',
    'https:h/r',
    'ssh:h/r',
    'h:',
    'h:-x',
    '-h:x',
    'u:p@h:r',
    'https://',
    'ssh://-x/r',
    'ssh://-x@h/r',
    'ssh://%2dx@h/r',
  );
  unsafe.push(
    'ssh://%2dx/r',
    'https://h/-x',
    'https://h/a%0ab',
    'https://h/%zz',
    'https://h/r?x',
    'https://h/r#x',
    'file://h/r',
    `https://h/${'x'.repeat(1000)}`,
  );
  test.each(unsafe)('%j is unsafe', (url) => {
    expect(parseRepo(url)).toMatchObject({ code: 'unsafe-url' });
  });
  test.each(['https://u@h/r', 'https://u:p@h/r', 'ssh://u:p@h/r', 'http://u:p@localhost/r', 'https://:p@h/r'])(
    '%s contains a secret',
    (url) => {
      expect(parseRepo(url)).toMatchObject({ code: 'url-with-password' });
    },
  );
});

/** At least two of git, curl, ssh, a shell, Node's URL and Python's urlsplit parse each of these differently. */
const AMBIGUOUS: Record<string, readonly string[]> = {
  'a backslash': [
    'https://host\\@other/x',
    'https:\\\\host/x',
    'https:/\\host/x',
    'ssh://host/a\\b',
    'git@host:a\\b',
    'file:///a\\b',
  ],
  'what a shell runs': [
    ...['ssh://$(id)/x', 'ssh://host;id/x', 'ssh://host/$(id)', 'ssh://host/a;id', 'ssh://host/`id`', 'ssh://`id`@host/x'],
    ...[
      'git@host:$(id)',
      'git@host:a;id',
      'git@$(id):a',
      '$(id)@host:a',
      'https://host/a|id',
      'https://host/a&id',
      'https://host/a>b',
    ],
    ...[
      'https://host/"a"',
      "https://host/'a'",
      'https://host/a*',
      'https://host/{a,b}',
      'file:///a;id',
      'file:///$HOME',
      'https://host/a!b',
    ],
  ],
  'a dash at the start': [
    'ssh://-oProxyCommand=id/x',
    'ssh://host/-x',
    'ssh://-l@host/x',
    'git@-host:x',
    'git@host:-x',
    '-git@host:x',
    'https://-host/x',
    'file:///-x',
  ],
  'control characters and white space': [
    ...[
      'https://ho\tst/x',
      'https://host/x\n',
      ' https://host/x',
      'https://host/x\r',
      'https://host\u0000/x',
      'https://host/\u0085x',
    ],
    ...[
      'https://host/\u00a0x',
      'https://host/\u2028x',
      'https://host/\u200bx',
      'https://host/\u202ex',
      'https://ho\u00adst/x',
      '\ufeffhttps://host/x',
    ],
  ],
  'a remote helper': ['ext::sh -c id', 'ext::sh%20-c%20id', 'https::https://host/x', 'fd::17/x', 'a.b::https://host/x'],
  'a host of a file': [
    'file://host/x',
    'file://localhost/x',
    'file://C:/x',
    'file://',
    'file://../x',
    'file:////host/share',
    'FILE:///x',
  ],
  escapes: [
    ...[
      'https://user%40host/x',
      'https://host%40other/x',
      'https://host%0aother/x',
      'https://host%2fother/x',
      'https://%68ost/x',
      'ssh://a%0ab@host/x',
    ],
    ...[
      'https://host/%2e%2e/x',
      'https://host/a%2fb',
      'https://host/a%00',
      'https://host/%25zz',
      'https://host/%c0%af',
      'https://host/%e2%80%ae',
      'ssh://host/%24(id)',
      'https://host/%',
    ],
  ],
  IPv6: [
    'ssh://[fe80::1%25eth0]/x',
    'ssh://[fe80::1%eth0]/x',
    'ssh://[::1',
    'ssh://::1/x',
    'ssh://[::1]x/x',
    'ssh://[host]/x',
    'ssh://[1.2.3.4]/x',
    'https://[::g]/x',
    'git@[::1]:x',
    'ssh://[v1.a]/x',
  ],
  'several @': [
    'ssh://a@b@host/x',
    'https://a@b@host/x',
    'a@b@host:x',
    'ssh://host/x@other',
    'https://host/a@other/x',
    'git@host:a@other/x',
    'ssh://@host/x',
    '@host:x',
  ],
  'hosts that only look so': [
    'https://gіthub.com/x',
    'https://ｇithub.com/x',
    'ssh://git@hоst/x',
    'git@hоst:x',
    'https://host／x',
    'https://host。com/x',
    'https://host⁄x/y',
    'https://ⓗost/x',
  ],
  'paths that only look so': ['https://host/a／b', 'https://host/a：b', 'https://host/＠b', 'https://host/ﬀ', 'https://host/℀b'],
  'numbers as hosts': [
    'https://0x7f.1/x',
    'https://2130706433/x',
    'https://127.1/x',
    'https://0177.0.0.1/x',
    'http://0x7f000001/x',
    'ssh://1.2.3.256/x',
    'https://1.2.3.4.5/x',
    'https://host.0x7f/x',
  ],
  ports: [
    'https://host:/x',
    'https://host:0/x',
    'https://host:65536/x',
    'https://host:0443/x',
    'https://host:22a/x',
    'ssh://git@host:org/x',
    'ssh://host:22:22/x',
    'https://host:-1/x',
    'https://host:+1/x',
  ],
  slashes: ['https:///host/x', 'https:////host/x', 'https:/host/x', 'https://host//x', 'ssh://host//x', 'https://host/a//b'],
  dots: [
    'https://host/../x',
    'https://host/a/./x',
    'https://host/a/..',
    'git@host:../x',
    'file:///srv/../etc',
    'https://host./x',
    'https://.host/x',
    'https://a..b/x',
  ],
  schemes: [
    'HTTPS://host/x',
    'Ssh://host/x',
    'git+ssh://host/x',
    'javascript://host/x',
    '://host/x',
    '//host/x',
    'ht%74ps://host/x',
    'h://host/x',
  ],
  'a drive or a host': ['c:repo', 'C:repo/x'],
};

describe.each(Object.entries(AMBIGUOUS))('%s', (_, urls) => {
  test.each(urls)('%j is rejected', (url) => {
    const read = parseRepo(url);
    expect(read).toMatchObject({ code: expect.stringMatching(/^(?:unsafe-url|url-with-password)$/) });
    // The shown text must not affect a terminal either.
    expect((read as { message: string }).message).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
  });
});

test.each([
  ...[
    'https://github.com/org/repo.git',
    'https://host:8443/org/repo',
    'https://[2001:db8::1]/r',
    'https://[2001:db8::1]:8443/r',
    'https://10.0.0.1/r',
  ],
  ...[
    'https://dev.azure.com/org/My%20Project/_git/repo',
    'https://host/gr%C3%BCn',
    'https://host/grün',
    'https://host/~user/repo',
    'https://host/a+b',
    'https://host/r/',
    'https://xn--bcher-kva.example/r',
  ],
  ...[
    'ssh://host/r',
    'ssh://git@host/r',
    'ssh://git@host:65535/r',
    'ssh://git@[::1]:22/r',
    'ssh://git@my_host/r',
    'ssh://APKAEXAMPLE@git-codecommit.eu-central-1.amazonaws.com/v1/repos/x',
    'ssh://host/~user/r',
  ],
  ...[
    'git@host:path',
    'git@host:org/repo.git',
    'git@host:/srv/git/r.git',
    'git@my_host:r',
    'git@ssh.dev.azure.com:v3/org/My%20Project/repo',
    'h.example:r',
    'a@h:r',
    'git@host:42/r',
  ],
  ...[
    'file:///srv/git/r',
    'file:///C:/git/r',
    'file:///jenkins/job@2/r',
    'file:///srv/a%20b',
    'http://localhost:3000/r',
    'http://127.0.0.1/r',
  ],
])('%s is accepted as a URL', (url) => expect(parseRepo(url)).toEqual({ kind: 'url', url }));

describe('a URL with several @ is rejected, and no part of its password is shown', () => {
  const separators = ['@', '@@', ':@', '@:', '/@', '@/', '@host/', '@host:', '%40'];
  test.each(separators)('%j', (separator) => {
    const passwords = separators.flatMap((other) => [`AAA${separator}BBB${other}CCC`, `AAA${other}BBB${separator}CCC`]);
    const urls = passwords.flatMap((password) => [
      ...['https', 'http', 'ssh', 'SSH', 'file', 'git'].map((scheme) => `${scheme}://user:${password}@host/r`),
      ...[`https://${password}@host/r`, `user:${password}@host:r`, `user:${password}@host/r`],
    ]);
    for (const url of urls) {
      const { code, message, hint = '' } = parseRepo(url) as { code: string; message: string; hint?: string };
      expect([url, code]).toEqual([url, expect.stringMatching(/^(?:unsafe-url|url-with-password)$/)]);
      expect(`${message} ${hint}`).not.toMatch(/AAA|BBB|CCC/);
    }
  });
});

test.each([
  ['HTTPS://host/x', 'HTTPS:// is not a transport it may use', 'write https:// in lower case'],
  ['Http://host/x', 'Http:// is not a transport it may use', 'write http:// in lower case'],
  ['SSH://host/x', 'SSH:// is not a transport it may use', 'write ssh:// in lower case'],
  ['File:///x', 'File:// is not a transport it may use', 'write file:// in lower case'],
  ['https://[::1/x', 'its host, port or user name is not written in the usual way', ''],
  ['ssh://.git@host/x', 'its user name is empty, starts with a dot', ''],
  ['https://127.1/x', 'its host is a number', ''],
  ['https://0x7f000001/x', 'its host is a number', ''],
  ['https://0X7F000001/x', 'its host is a number', ''],
])('%s is rejected, and the message says why', (url, why, hint) => {
  const problem = parseRepo(url) as { message: string; hint?: string };
  expect([problem.message, problem.hint ?? '']).toEqual([expect.stringContaining(why), expect.stringContaining(hint)]);
});
