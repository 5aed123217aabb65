import { shownSshHost, type SshHost } from '@kdcube/release/internal';
import type { ShellStarter } from './sessions';
import { connectionLost } from './host-problems';
import { connect, type Connection } from './ssh-connection';

/** The shell of this machine. */
export const thisMachine: ShellStarter = {
  name: 'this machine',
  program: 'sh',
  args: (commandLine) => Promise.resolve(['-c', commandLine]),
  close: () => Promise.resolve(),
};

/** A host that ssh reaches. One login serves every command; when it was cut, the next command logs in again. */
export async function openSsh(host: SshHost): Promise<ShellStarter> {
  let connection: Promise<Connection> = connect(host);
  await connection;
  let isClosed = false;
  const connected = async (isRetry: boolean): Promise<Connection> => {
    const previous = connection;
    const current = await previous.catch(() => undefined);
    // A cut shows in a session before it shows in the connection.
    if (isRetry && connection === previous) await current?.close();
    const isOpen = current?.isOpen();
    // A command that was cut by `close` must not log in again: nobody would end that connection, and this process would not end.
    if (isClosed) throw connectionLost(shownSshHost(host), 'a command', false);
    // Another command may have logged in meanwhile.
    if (!isOpen && connection === previous) connection = connect(host);
    return connection;
  };
  return {
    name: shownSshHost(host),
    program: 'ssh',
    args: async (commandLine, isRetry) => [...(await connected(isRetry)).sessionArgs, commandLine],
    async close() {
      isClosed = true;
      await (await connection.catch(() => undefined))?.close();
    },
  };
}
