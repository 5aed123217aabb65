import { ownRemoteUrl } from '../../git/worktree';

export type Provider = 'github' | 'gitlab';

/** Where the remote of this repository is: its pipeline runs there. */
export async function providerOfRemote(root: string): Promise<Provider | undefined> {
  // Without git, or without a remote, it is asked for.
  const url = await ownRemoteUrl(root).catch(() => undefined);
  return url === undefined ? undefined : providerOf(url);
}

/** By the host, also of a server of one's own: github.acme.com. */
export function providerOf(url: string): Provider | undefined {
  const [, host = ''] = /^(?:[a-z][a-z+]*:\/\/)?(?:[^@/\s]*@)?([^/:\s]+)[/:]/i.exec(url) ?? [];
  const labels = host.toLowerCase().split(/[.-]/);
  const found = (['github', 'gitlab'] as const).filter((provider) => labels.includes(provider));
  return found.length === 1 ? found[0] : undefined;
}
