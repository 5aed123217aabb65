import { KdcubeError } from '@kdcube/release/internal';
import { isNotAdvertised, remoteProblem, remoteTimeout } from './problems';

const codeOf = (stderr: string): string => remoteProblem(stderr, 'URL').problems[0]!.code;

describe('remoteProblem', () => {
  it.each([
    ['repo-denied', "fatal: could not read Username for 'https://h': terminal prompts disabled"],
    ['repo-denied', "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://h/x/'"],
    ['repo-denied', 'git@h: Permission denied (publickey,password).\nfatal: Could not read from remote repository.'],
    ['repo-denied', 'Host key verification failed.\nfatal: Could not read from remote repository.'],
    ['repo-denied', "fatal: unable to access 'https://h/x/': The requested URL returned error: 403"],
    ['repo-unreachable', "remote: Repository not found.\nfatal: repository 'https://h/x/' not found"],
    ['repo-unreachable', 'ERROR: Repository not found.\nfatal: Could not read from remote repository.'],
    ['repo-unreachable', "fatal: unable to access 'https://h/x/': Could not resolve host: h"],
    ['repo-unreachable', "fatal: unable to access 'https://h/x/': SSL certificate problem: self signed certificate"],
    ['repo-unreachable', "fatal: unable to access 'https://h/x/': The requested URL returned error: 503"],
    ['repo-unreachable', 'ssh: connect to host h port 22: Connection timed out'],
    ['repo-unreachable', 'error: RPC failed; curl 92 HTTP/2 stream 0 was not closed cleanly\nfatal: early EOF'],
    ['repo-unreachable', "fatal: detected dubious ownership in repository at '/x'"],
    ['repo-unreachable', 'something that nobody has seen'],
    ['unsafe-url', "fatal: transport 'ext' not allowed"],
    ['unsafe-name', 'error: object 1234: hasDotgit: contains ".git"\nfatal: fsck error in packed object'],
    ['disk-full', 'fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output'],
  ])('%s: %s', (code, stderr) => expect(codeOf(stderr)).toBe(code));

  it('quotes git’s message, without progress and without secrets', () => {
    const { message } = remoteProblem(
      "Receiving objects:  10% (1/10)\rReceiving objects:  20% (2/10)\nfatal: unable to access 'https://u:p@h/x': Could not resolve host: h",
      'URL',
    ).problems[0]!;
    expect(message).toBe("URL could not be reached.\ngit says: fatal: unable to access 'https://h/x': Could not resolve host: h");
  });
});

describe('other failures', () => {
  it('distinguishes a refused object from denied access', () => {
    expect(isNotAdvertised('error: Server does not allow request for unadvertised object abc')).toBe(true);
    expect(isNotAdvertised('fatal: remote error: upload-pack: not our ref abc')).toBe(true);
    expect(isNotAdvertised("fatal: couldn't find remote ref refs/tags/v1")).toBe(true);
    expect(isNotAdvertised('Permission denied')).toBe(false);
  });

  it('treats only a timeout as an unreachable remote', () => {
    const timeout = remoteTimeout(new KdcubeError({ code: 'command-timeout', message: 'x' }), 'URL');
    expect(timeout).toMatchObject({ problems: [{ code: 'repo-unreachable' }] });
    const other = new Error('x');
    expect(remoteTimeout(other, 'URL')).toBe(other);
  });
});
