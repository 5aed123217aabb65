// The table of exit codes in docs/deploying.md, from packages/release/src/deploy/exit-codes.ts. tools/docs.mjs writes it between its markers.
const BEGIN = '<!-- exit codes -->';
const END = '<!-- /exit codes -->';

export function withExitCodes(page, exitCodes, problems) {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/deploying.md has no ${BEGIN} … ${END}.`);
  const rows = Object.entries(exitCodes).map(
    ([code, number]) => `| ${number} | [\`${code}\`](problems.md#${code}) | ${problems[code]} |`,
  );
  const table = ['| exit code | code | |', '| --- | --- | --- |', '| 0 | | What runs is what was pinned. |', ...rows];
  return `${page.slice(0, from + BEGIN.length)}\n${table.join('\n')}\n${page.slice(to)}`;
}
