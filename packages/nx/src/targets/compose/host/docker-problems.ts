import { KdcubeError } from '@kdcube/release/internal';
import { tail } from '../../../system/programs/exec';
import type { Host } from './host';

type Named = Pick<Host, 'name'>;

export function dockerMissing({ name }: Named): KdcubeError {
  return new KdcubeError({
    code: 'host-not-ready',
    message: `There is no docker on ${name}, or not on the PATH of its user.`,
    hint: 'https://docs.docker.com/engine/install/    with the compose plugin',
  });
}

/** Why docker failed on a host, from what it wrote. */
export function dockerProblem({ name }: Named, args: readonly string[], stderr: string): KdcubeError {
  if (/permission denied/i.test(stderr) && /docker|socket/i.test(stderr))
    return new KdcubeError({
      code: 'host-denied',
      message: `The user of ${name} may not use docker: it is not in the group that owns docker’s socket.`,
      hint: 'on the host: usermod -aG docker <user>    (a member of that group can become root there)',
    });
  if (/cannot connect to the docker daemon|is the docker daemon running|error during connect/i.test(stderr))
    return new KdcubeError({
      code: 'host-not-ready',
      message: `docker does not run on ${name}: ${tail(stderr, 1)}`,
      hint: 'on the host: systemctl start docker; journalctl -u docker    shows why it stopped',
    });
  return new KdcubeError({
    code: 'command-failed',
    message: `docker ${args[0]} failed on ${name}: ${tail(stderr, 2) || 'docker gave no reason'}`,
  });
}
