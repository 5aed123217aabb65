import { type Check, fail, pass, unknown } from './check';

interface RemoteProblem {
  message: string;
  hint?: string;
}

/** `missing`: the remote does not have the commit; `unreadable`: why the remote could not be asked from here. */
export interface BundleFacts {
  missing?: RemoteProblem;
  unreadable?: RemoteProblem;
}

export const bundlePushed: Check<BundleFacts> = {
  name: 'bundle-pushed',
  kind: 'bundle',
  title: 'In git mode: a branch or tag of the remote has the commit of every bundle',
  why: 'The platform clones branches and tags. A commit that only this machine has cannot be checked out, and the platform then starts without the bundle and reports no failure.',
  source: 'docs/git-mode.md',
  when: ['verify', 'deploy'],
  code: 'commit-not-pushed',
  decide({ missing, unreadable }) {
    if (missing) return fail(missing.message, missing.hint);
    return unreadable ? unknown(`was not checked: ${unreadable.message.split('\n')[0]}`) : pass('can be cloned');
  },
};

/** What is known about git in the image of proc. */
export interface ImageGitFacts {
  /** An instruction in the image's history that installs git. */
  evidence?: string;
  /** Whether the platform's own images of this generation have git. */
  inPlatform: boolean;
  reference: string;
}

export const imageGit: Check<ImageGitFacts> = {
  name: 'image-git',
  kind: 'git',
  title: 'In git mode: the image of proc has git',
  why: 'proc clones the bundles with the git program. Layers are not downloaded to look for it: a line of the image’s history that installs it is enough, and the platform’s own images have it since 2026-03-03.',
  source: 'docs/git-mode.md',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ evidence, inPlatform, reference }) {
    if (evidence !== undefined) return pass(`is in the image (${evidence})`);
    const how = `docker run --rm --entrypoint git ${reference} --version`;
    if (inPlatform)
      return unknown(`is in the platform’s own images, but the history of this one does not show it. Check it with: ${how}`);
    return fail(
      'is not in the platform’s images before 2026-03-03, and the history of this one does not show it',
      'bundles: {mode: baked}',
    );
  },
};
