// docs/checks.md: every check of packages/release/src/deploy/checks. tools/docs.mjs prints it.

const WHEN = { verify: '`verify`', deploy: 'a deploy' };

export function checksPage(checks) {
  return [
    'What `nx run release:verify` checks, and what a deploy refuses before it writes anything. Both decide by the same list, in `packages/release/src/deploy/checks`.',
    '`verify` runs every check that it can gather the facts for and reports all that fail with the code [environment-not-ready](problems.md#environment-not-ready). A deploy stops at the code that is shown here. If AWS denies a call, the result is `unknown`: it is printed, and fails neither.',
    ...checks.map(({ name, kind, title, why, when, code, source }) =>
      [
        `## ${name}`,
        `${title}. ${why}`,
        [
          `- Row of \`verify\`'s table: ${when.includes('verify') ? `\`${kind}\`` : 'none'}`,
          `- Checked by ${when.map((each) => WHEN[each]).join(' and ')}${when.includes('deploy') ? `, which refuses with [${code}](problems.md#${code})` : ''}`,
          `- Source: ${sourceLink(source)}`,
        ].join('\n'),
      ].join('\n\n'),
    ),
  ];
}

function sourceLink(source) {
  if (source.startsWith('https:')) return `<${source}>`;
  return source.replace(/docs\/(\S+\.md)/, '[$1]($1)');
}
