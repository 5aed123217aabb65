import type { Generation } from './generation';
import { generations, isRefSince } from './generation';

/** What git mode needs of a platform: the loader that clones bundles, and the image that it runs in. */
export interface GitModeFacts {
  /** The first generation for which this holds. */
  since: Generation;
  /** Whether the published image of proc has git and ssh. */
  gitInImage: boolean;
  /** The folder in which proc clones, by default, and the variable that names another. proc runs as uid 1000 and cannot create the default: it must be mounted. */
  root: { variable: 'AGENTIC_BUNDLES_ROOT' | 'MANAGED_BUNDLES_ROOT'; folder: string };
  /** The variable with that folder on the host, from which docker mounts bundles beside code that it runs. */
  hostRoot: 'HOST_BUNDLES_PATH' | 'HOST_MANAGED_BUNDLES_PATH';
  /** The loader uses the folder of `hostRoot` as its own: it must have the same path in the container. */
  hostRootIsInside: boolean;
}

/** Read from git_bundle.py, bundle_registry.py, Dockerfile_Chatproc and docker-entrypoint.sh at 798742970, 95de507d3, eefe18532 and 0a2b187f1. */
const GIT_MODE: readonly [GitModeFacts, ...GitModeFacts[]] = [
  {
    since: '2026.3.1',
    gitInImage: false,
    root: { variable: 'AGENTIC_BUNDLES_ROOT', folder: '/bundles' },
    hostRoot: 'HOST_BUNDLES_PATH',
    hostRootIsInside: true,
  },
  {
    // 5a59556bc installs git and openssh-client.
    since: '2026.3.3',
    gitInImage: true,
    root: { variable: 'AGENTIC_BUNDLES_ROOT', folder: '/bundles' },
    hostRoot: 'HOST_BUNDLES_PATH',
    hostRootIsInside: true,
  },
  {
    // 1d1922b3c, a day later, gives clones a folder of their own.
    since: '2026.4.19',
    gitInImage: true,
    root: { variable: 'MANAGED_BUNDLES_ROOT', folder: '/managed-bundles' },
    hostRoot: 'HOST_MANAGED_BUNDLES_PATH',
    hostRootIsInside: false,
  },
];

/** Every user can write here. What is cloned here is cloned again by each new task. */
export const TASK_CLONES = '/tmp/kdcube-bundles';

/** 27487f5a4 reads GIT_HTTP_TOKEN and GIT_HTTP_USER, and then clones `git@host:path` over https too. */
export const HTTPS_TOKEN_SINCE = '2026.3.6.2011';

export function gitModeFacts(generation: Generation): GitModeFacts {
  const holds = ({ since }: GitModeFacts) => generations.indexOf(since) <= generations.indexOf(generation);
  return GIT_MODE.findLast(holds) ?? GIT_MODE[0];
}

/** Whether the platform clones over https with a token; undefined if its version does not say. */
export function readsHttpsToken(ref: string | undefined, generation: Generation): boolean | undefined {
  const byRef = ref === undefined ? undefined : isRefSince(ref, HTTPS_TOKEN_SINCE);
  if (byRef !== undefined) return byRef;
  return generation === '2026.3.1' ? false : generation === '2026.3.3' ? undefined : true;
}
