import type { Problem } from '../problem/problem';
import { quoted } from '../problem/problem';
import type { BundlePin } from '../release/pin';
import { withoutSecrets } from '../release/refs';
import { parseRepo } from '../release/repo-url';
import type { Bundle, PinnedBundle, Release } from '../release/release';
import type { DescriptorKind } from '../platform/generation';

/** Where a workspace bundle can be cloned from: this repository, at a commit that has it. */
export interface WorkspaceSource {
  repo: string;
  commit: string;
  /** The bundle's own folder in the repository. */
  path: string;
}

/** What the platform clones for a bundle. */
export interface BundleClone {
  id: string;
  repo: string;
  /** A commit; a tag or a branch only with alwaysPull, or without a pin. */
  ref: string;
  subdir: string;
  module: string;
  commit?: string;
}

interface CloneContext {
  release: Release;
  kind: DescriptorKind;
  /** The platform fetches at every resolution: the ref stays as it is written. */
  alwaysPull: boolean;
}

/**
 * What the platform clones. The ref is the pinned commit, not the tag that named it: since 2026-03-03 the loader does not fetch a ref again that it has cloned once, and a new commit gives a new folder.
 * A Problem is the reason why it cannot be cloned.
 */
export function bundleClone(
  bundle: Bundle,
  pin: BundlePin | undefined,
  source: WorkspaceSource | undefined,
  context: CloneContext,
): BundleClone | Problem {
  if (bundle.kind === 'workspace') return source ? inFolder(bundle, source, source.path, context) : notCommitted(bundle);
  const repo = repoUrl(bundle, context.release);
  if (repo === undefined)
    return {
      code: 'unknown-repo',
      message: `${quoted(bundle.repo)} is a name, but in git mode the platform needs a URL.`,
      hint: `repos:\n  ${bundle.repo}: git@…`,
    };
  const ref = context.alwaysPull ? bundle.ref : (pin?.commit ?? bundle.ref);
  const path = pin?.path ?? [bundle.subdir, bundle.id].filter(Boolean).join('/');
  return inFolder(bundle, { repo: withoutSecrets(repo), ref, ...(pin && { commit: pin.commit }) }, path, context);
}

/** The URL from `repos:`, else as the bundle names it; undefined for a name. */
function repoUrl(bundle: PinnedBundle, { repos }: Release): string | undefined {
  const url = Object.hasOwn(repos, bundle.repo) ? repos[bundle.repo]! : bundle.repo;
  const place = parseRepo(url);
  return 'code' in place || place.kind === 'name' ? undefined : url;
}

function inFolder(
  { id, folder: importable }: Bundle,
  { repo, commit, ref = commit! }: { repo: string; commit?: string; ref?: string },
  path: string,
  { kind }: CloneContext,
): BundleClone | Problem {
  const slash = path.lastIndexOf('/');
  const folder = path.slice(slash + 1);
  const known = commit === undefined ? {} : { commit };
  if (!folder.includes('.'))
    return { id, repo, ref, subdir: path.slice(0, Math.max(slash, 0)), module: `${folder}.entrypoint`, ...known };
  if (kind === 'bundles-yaml') return { id, repo, ref, subdir: path, module: 'entrypoint', ...known };
  return {
    code: 'module-mismatch',
    message: `${quoted(id)} cannot be cloned by this platform: the folder ${quoted(folder)} has a dot, which the loader would read as two folders.`,
    hint: `rename the folder to ${importable} in its repository, or bake the bundles`,
  };
}

function notCommitted({ id }: Bundle): Problem {
  return {
    code: 'missing-ref',
    message: `${quoted(id)} is a workspace bundle: in git mode the platform clones bundles, but no commit of this repository is known that has it.`,
    hint: 'commit it and push; or tag this repository, and write repo: and ref: in release.yaml',
  };
}
