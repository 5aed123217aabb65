import { parseSshHost, shownSshHost } from './host';

describe('parseSshHost', () => {
  it.each([
    ['ssh://deploy@kdcube.example.com', { user: 'deploy', host: 'kdcube.example.com' }],
    ['ssh://deploy@10.0.0.7:2222', { user: 'deploy', host: '10.0.0.7', port: 2222 }],
    ['ssh://an-alias', { host: 'an-alias' }],
    ['ssh://deploy@[2001:db8::7]:22', { user: 'deploy', host: '2001:db8::7', port: 22 }],
  ])('reads %s', (text, host) => {
    expect(parseSshHost(text)).toEqual(host);
    expect(shownSshHost(host)).toBe(text);
  });

  it.each([
    'kdcube.example.com',
    'tcp://kdcube.example.com:2375',
    'ssh://',
    'ssh://-oProxyCommand=id',
    'ssh://-oProxyCommand=id@host',
    'ssh://user:secret@host',
    'ssh://user@host/folder',
    'ssh://user@host:0',
    'ssh://user@host:65536',
    'ssh://user@host name',
    'ssh://user@host;id',
    'ssh://user@host\n',
    'ssh://@host',
  ])('refuses %j', (text) => expect(parseSshHost(text)).toBeUndefined());
});
