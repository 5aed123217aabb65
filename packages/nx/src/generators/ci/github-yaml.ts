export interface Step {
  name?: string;
  uses?: string;
  with?: Record<string, string>;
  env?: Record<string, string>;
  run?: string[];
  if?: string;
}

export interface Job {
  name: string;
  if?: string;
  needs?: string;
  runsOn?: string;
  permissions: Record<string, string>;
  environment?: string;
  /** One at a time, in their order, and none is dropped. */
  group?: string;
  matrix?: string[];
  steps: Step[];
}

export function jobLines(id: string, job: Job): string[] {
  const lines = [
    `name: ${job.name}${job.matrix ? ' ${{ matrix.environment }}' : ''}`,
    ...(job.if === undefined ? [] : [`if: ${job.if}`]),
    ...(job.needs === undefined ? [] : [`needs: ${job.needs}`]),
    `runs-on: ${job.runsOn ?? 'ubuntu-24.04'}`,
    'permissions:',
    ...mapping(job.permissions),
    ...(job.environment === undefined ? [] : [`environment: ${quoted(job.environment)}`]),
    ...(job.group === undefined
      ? []
      : [
          'concurrency:',
          `  group: ${job.group}`,
          '  # All wait, in their order; by default, only the newest would.',
          '  queue: max',
        ]),
    ...(job.matrix
      ? ['strategy:', '  fail-fast: false', '  matrix:', `    environment: [${job.matrix.map(quoted).join(', ')}]`]
      : []),
    'steps:',
    ...job.steps.flatMap(stepLines),
  ];
  return ['', `  ${id}:`, ...lines.map((line) => `    ${line}`)];
}

function stepLines(step: Step): string[] {
  const { run } = step;
  const lines = [
    ...(step.name === undefined ? [] : [`name: ${step.name}`]),
    ...(step.if === undefined ? [] : [`if: ${step.if}`]),
    ...(step.uses === undefined ? [] : [`uses: ${step.uses}`]),
    ...(step.with ? ['with:', ...mapping(step.with)] : []),
    ...(step.env ? ['env:', ...mapping(step.env)] : []),
    ...(run === undefined ? [] : ['run: |', ...run.map((line) => `  ${line}`)]),
  ];
  return lines.map((line, index) => `  ${index === 0 ? '- ' : '  '}${line}`);
}

function mapping(values: Record<string, string>): string[] {
  return Object.entries(values).map(([key, value]) => `  ${key}: ${scalar(value)}`);
}

/** Plain where YAML reads it as text. */
function scalar(value: string): string {
  return /^(?:\$\{\{ [^'"]* \}\}|[a-z][\w-]*|\d+)$/.test(value) ? value : quoted(value);
}

/** As text in YAML. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
