import { quoted } from '../../problem/problem';
import { parseSshHost } from '../host';
import type { EnvironmentRule } from './rule';

/** What becomes arguments of ssh and docker, and paths on the host. */
export const composePlaceIsSafe: EnvironmentRule = ({ written }, report) => {
  const { project, directory, file, host } = written.compose ?? {};
  const check = (key: string, message: string | undefined, hint: string) => {
    if (message !== undefined) report({ code: 'wrong-value', message: `compose.${key} ${message}.`, hint }, ['compose', key]);
  };
  check('host', host === undefined ? undefined : hostProblem(host), 'host: ssh://deploy@kdcube.example.com');
  if (project !== undefined && !/^[a-z0-9][a-z0-9_-]{0,62}$/.test(project))
    check(
      'project',
      `is ${quoted(project)}: compose takes lower-case letters, digits, - and _, and a letter or digit first`,
      'project: kdcube',
    );
  if (directory !== undefined && !(isPlainPath(directory) && /^\/[^/]/.test(directory)))
    check('directory', `is ${quoted(directory)}, which is not an absolute folder of the host`, 'directory: /opt/kdcube');
  if (file !== undefined && !(isPlainPath(file) && !file.startsWith('/') && !file.startsWith('-')))
    check('file', `is ${quoted(file)}, which is not a file below compose.directory`, 'file: docker-compose.yaml');
};

/** Without the URL itself: it may contain a password. */
function hostProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'ssh:' || url.hostname === '') return 'is not a host for ssh';
  if (url.password !== '') return 'contains a password: ssh uses your keys and your agent';
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    return 'has a path: the folder on the host is compose.directory';
  if (!parseSshHost(text)) return 'has a user, a name or a port that ssh does not take';
  return undefined;
}

/** No empty part, no `..`, no control character. */
function isPlainPath(path: string): boolean {
  const parts = path.replace(/^\//, '').split('/');
  return parts.every((part) => part !== '' && part !== '.' && part !== '..') && !/[\0-\x1f\x7f:]/.test(path);
}
