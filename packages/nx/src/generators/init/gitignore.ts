import { KdcubeError, withIgnored } from '@kdcube/release/internal';
import type { Tree } from '@nx/devkit';

/** Adds the missing lines to .gitignore. */
export function ignoreInGit(tree: Tree): void {
  const before = readGitignore(tree);
  const text = withIgnored(before);
  if (text !== before) tree.write('.gitignore', text);
}

/** Problem `not-text`: what is no text would not survive being written again. */
export function readGitignore(tree: Tree): string {
  const content = tree.exists('.gitignore') ? tree.read('.gitignore') : null;
  if (!content) return '';
  const text = content.toString('utf8');
  if (Buffer.from(text).equals(content) && !text.includes('\0')) return text;
  throw new KdcubeError({
    code: 'not-text',
    message: '.gitignore is not UTF-8 text, and an edit would change it.',
    hint: 'iconv -t UTF-8 .gitignore',
    at: { file: '.gitignore' },
  });
}
