import { tagSafe } from '../release/tags';

/** The first lines of a new release.yaml. */
export const RELEASE_HEAD = `# yaml-language-server: $schema=./node_modules/@kdcube/nx/dist/release.schema.json
#
# What runs, and in which version. After a change, run \`nx sync\`, which pins each tag to a commit in pins/, and commit both.
`;

/** The name of the first release of a repository: its package’s name, and a number to count on. */
export function firstReleaseName(packageName: string | undefined): string {
  const name = packageName
    ?.split('/')
    .pop()
    ?.replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '');
  return tagSafe(`${name?.slice(0, 60) || 'release'}-1`);
}
