import { explanationOf } from './explained.mjs';
import { TARGETS } from './targets.mjs';

// docs/mutation.md, as `npm run test:mutation -- --write` prints it.
const HEAD = `# Mutation testing

\`npm run test:mutation\` changes the core in small ways, one at a time, and runs the specs that import the changed file: a comparison, a boundary, a condition, a boolean, a number, a text,
a part of a regular expression, an item of a list, an array method, a statement that is left out. A change that no test notices is a gap in the tests, or changes nothing that anybody can see.
Texts for people (\`message\`, \`hint\`, …) are not changed: golden files hold them.
`;

export function printFigures(figures, { sample, seed }) {
  const rows = figures.map(({ file, all, mutants, killed, timeout, survived }) => {
    const noticed = killed + timeout;
    const percent = mutants === 0 ? '–' : `${Math.round((100 * noticed) / mutants)} %`;
    return `| ${shortName(file)} | ${all} | ${mutants} | ${killed} | ${timeout} | ${survived.length} | ${percent} |`;
  });
  const sum = (key) =>
    figures.reduce((total, figure) => total + (Array.isArray(figure[key]) ? figure[key].length : figure[key]), 0);
  const noticed = sum('killed') + sum('timeout');
  const survivors = figures.flatMap(({ file, survived }) =>
    survived.map(({ line, what }) => {
      const why = explanationOf(file, what);
      const place = `${file.replace(/^packages\/(\w+)\/src\//, '$1/')}:${line}`;
      return `- \`${place}\` \`${what.replaceAll('`', "'")}\`${why === undefined ? '' : `: ${why}`}`;
    }),
  );
  return `${[
    HEAD,
    `Figures of \`npm run test:mutation -- --sample ${sample} --seed ${seed} --write\`: ${sum('mutants')} mutants, at most ${Math.max(...figures.map(({ mutants }) => mutants))} of a file, ${((100 * noticed) / Math.max(sum('mutants'), 1)).toFixed(1)} % noticed.`,
    '',
    '| file | possible | tried | killed | timeout | survived | noticed |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    ...missing(figures),
    '',
    '## Survivors',
    '',
    ...(survivors.length > 0 ? survivors : ['None.']),
  ].join('\n')}\n`;
}

/** The files of the core that these figures are not about. */
function missing(figures) {
  const names = TARGETS.filter(({ file }) => !figures.some((figure) => figure.file === file)).map(({ file }) => shortName(file));
  return names.length === 0 ? [] : ['', `Not in these figures: ${names.join(', ')}.`];
}

function shortName(file) {
  return file.replace('packages/', '').replace('/src/', '/');
}
