import { follow, run } from '../../../system/exec';
import type { HostCommand, HostTransport } from './host';

/** This machine as a host. */
export function thisMachine(): HostTransport {
  return {
    name: 'this machine',
    capture: ({ program, args, ...options }) => run(program, args, { ...settings(options), timeout: options.timeout }),
    async follow({ program, args, ...options }, onLine) {
      const { exitCode } = await follow(program, args, { ...settings(options), timeout: options.timeout, onLine }, onLine);
      return exitCode;
    },
    close: () => Promise.resolve(),
  };
}

/** As over ssh: messages of programs in English, exit codes as they are, and Ctrl-C reaches only this process. */
function settings({ stdin, cwd, env, isCleanup }: Omit<HostCommand, 'program' | 'args'>) {
  const common = { cwd, env: { LC_ALL: 'C', ...env }, isCleanup, hasOwnExitCodes: true, isDetached: true };
  return stdin === undefined ? common : { ...common, input: stdin };
}
