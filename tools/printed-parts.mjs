// The parts of hand-written pages that are printed from the code, each between its marks: `<!-- name -->` … `<!-- /name -->`.
export function withPart(page, name, text) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The page has no ${begin} … ${end}.`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** The golden of packages/release/src/targets/ecs/import/samples.spec.ts, a line for each reason: how many keys stay, and which do not. */
export function sampleLines(golden) {
  const rows = golden
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:sample|---) /.test(line))
    .map((line) => line.slice(2, -2).split(' | '));
  const lines = rows
    .filter((row) => row.length === 3)
    .flatMap(([sample, same]) => {
      const own = rows.filter((row) => row.length === 4 && row[0] === sample);
      const kinds = [...new Set(own.map(([, , became, reason]) => `${became} | ${reason}`))];
      const keysOf = (kind) =>
        own.filter(([, , became, reason]) => `${became} | ${reason}` === kind).map(([, key]) => shorter(key));
      return [
        `| **${sample}** | ${same} the same | |`,
        ...kinds.map((kind) => `| ${kind.replace(' | ', ': ')} | ${keysOf(kind).length} | ${keysOf(kind).join(', ')} |`),
      ];
    });
  return ['| sample | keys | |', '| --- | --- | --- |', ...lines].join('\n');
}

function shorter(key) {
  return key.replace(/containerDefinitions\.[^.`]+\.(?:environment\.|secrets\.)?/, '').replace(/\bawsvpcConfiguration\./, '');
}
