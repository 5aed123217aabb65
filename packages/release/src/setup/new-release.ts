/** The first lines of a new release.yaml. */
export const RELEASE_HEAD = `# yaml-language-server: $schema=./node_modules/@kdcube/nx/dist/release.schema.json
#
# What runs, and in which version. After a change, run \`nx sync\`, which pins each tag to a commit in pins/, and commit both.
`;
