import { BUNDLES_ROOT } from '../../release/release';
import { secretsIn } from '../../document/secrets';
import type { Place, Problem } from '../../problem/problem';
import { printable, quoted } from '../../problem/problem';
import type { BootLimits } from './boot';
import type { BootEnding, BootError, BootFailure, BootFrame, BootReport, BootRound } from './report';
import { bootFailure } from './report';

/** What the problems of an image's boot test are said with. */
export interface BootedImage extends BootLimits {
  image: string;
  bundles: readonly { id: string; folder: string; place: string }[];
}

/** One problem for each bundle that does not import, in the order in which they were tried. */
export function bootProblems(report: BootReport, image: BootedImage): Problem[] {
  return report.outcomes.flatMap((outcome) =>
    outcome.ok ? [] : [bundleProblem(outcome.id, outcome.failure, report.python, image)],
  );
}

function bundleProblem(id: string, failure: BootFailure, python: string, image: BootedImage): Problem {
  const bundle = image.bundles.find((candidate) => candidate.id === id);
  const at = bundle && placeOf(failure, bundle);
  if (failure.why === 'raised' && failure.error.type === 'NoEntrypoint') {
    return {
      code: 'entrypoint-none',
      message: `${quoted(id)} imports in ${image.image}, and the platform finds no entrypoint in its module: nothing there is decorated.`,
      hint: '@agentic_workflow(name="…") on the class, or @bundle_entrypoint(…) on today’s platform',
      at,
    };
  }
  const { what, hint } = describeFailure(failure, image);
  return {
    code: 'bundle-import-failed',
    message: `${quoted(id)} does not import in ${image.image} (python ${python}): ${what}${traceOf(failure)}`,
    hint: hint ?? `nx run ${image.image}:boot    shows it again`,
    at,
  };
}

/** The report as it may be shown: for --json, and for notes. Problems say the same by themselves. */
export function shownReport(report: BootReport): BootReport {
  const { kind, why } = report.loader;
  return {
    ...report,
    loader: { kind, ...(why !== undefined && { why: printable(safe(why)) }) },
    outcomes: report.outcomes.map((outcome) => (outcome.ok ? outcome : { ...outcome, failure: shownFailure(outcome.failure) })),
  };
}

function shownFailure(failure: BootFailure): BootFailure {
  if (failure.why === 'ended') return { ...failure, tail: failure.tail.map(safe) };
  if (failure.why !== 'raised') return failure;
  return { ...failure, error: { ...failure.error, message: safe(failure.error.message) } };
}

/** What is wrong with the image itself: no bundle was reached. */
export function imageProblem(round: BootRound, ending: BootEnding, image: BootedImage, engine: string): Problem {
  const failure = bootFailure(round, ending);
  if (round.python !== undefined) {
    const { what, hint } = describeFailure(failure, image);
    return {
      code: 'boot-failed',
      message: `In ${image.image} not even the platform’s bundle loader imports (python ${round.python}): ${what}${traceOf(failure)}`,
      hint,
    };
  }
  if (failure.why === 'ended' && (failure.code === 126 || failure.code === 127)) {
    return {
      code: 'boot-failed',
      message: `${image.image} has no python3 and no python on its PATH, so nothing can import the bundles in it.${traceOf(failure)}`,
      hint: 'FROM an image of the platform, or put Python on its PATH',
    };
  }
  const { what } = describeFailure(failure, image);
  return {
    code: 'boot-failed',
    message: `${engine} did not get Python to run in ${image.image}: ${what}${traceOf(failure)}`,
    hint: 'an image for another platform than this machine’s needs emulation: docker run --privileged tonistiigi/binfmt --install all',
  };
}

interface FailureText {
  what: string;
  hint?: string;
}

function describeFailure(failure: BootFailure, { memory, timeout }: BootLimits): FailureText {
  switch (failure.why) {
    case 'late':
      return {
        what: `it was not done after ${timeout} s.`,
        hint: `what waits belongs where a request is answered, not where the module is imported; --timeout=${timeout * 2} if it only needs longer`,
      };
    case 'memory':
      return {
        what: `it took more than ${memory} of memory and was ended by the kernel.`,
        hint: `--memory=${doubled(memory)} if it is to take so much`,
      };
    case 'flooded':
      return { what: 'it printed without end.' };
    case 'ended':
      return {
        what: `the process ended in the middle of it (exit code ${failure.code}).`,
        hint: 'os._exit() and native code that crashes end the whole platform: move them out of what the import runs',
      };
    case 'raised':
      return { what: describeError(failure.error), hint: hintOf(failure.error, failure.frames, memory) };
  }
}

function describeError({ type, message }: BootError): string {
  if (type === 'AnotherFile') return `the loader answered with another module: ${safe(message)}`;
  return message === '' ? type : `${type}: ${safe(message)}`;
}

const NETWORK =
  /Network is unreachable|Name or service not known|Temporary failure in name resolution|nodename nor servname|Failed to resolve|Connection refused|Cannot connect to host/i;

function hintOf({ type, message, kinds, module }: BootError, frames: readonly BootFrame[], memory: string): string | undefined {
  if (kinds.includes('MemoryError')) return `--memory=${doubled(memory)} if it is to take so much`;
  if (kinds.includes('SystemExit')) return 'a module that is imported must not exit: if __name__ == "__main__":';
  if (NETWORK.test(message) || kinds.includes('gaierror'))
    return 'the boot test has no network: connect where a request is answered, not where the module is imported';
  if (type === 'AnotherFile') return 'another module has this name: rename the bundle';
  if (kinds.includes('ModuleNotFoundError') && module)
    return module.startsWith('kdcube_ai_app')
      ? 'the platform of this image does not have it: platform.ref in release.yaml says which one it is'
      : `RUN pip install …    in the image’s Dockerfile, if ${quoted(module)} is a package; from .${module.split('.').pop()} import …    if it is a file of the bundle`;
  if (kinds.includes('PermissionError') && frames.length > 0)
    return 'the image’s user may not do this: see USER in its Dockerfile';
  return undefined;
}

/** Where a person can put it right: the innermost line of the bundle itself, or where its syntax is wrong. */
function placeOf(failure: BootFailure, { folder, place }: { folder: string; place: string }): Place {
  const within = (file: string) => {
    const root = `${BUNDLES_ROOT}/${folder}/`;
    return file.startsWith(root) ? `${place}/${file.slice(root.length)}` : undefined;
  };
  if (failure.why === 'raised' && failure.error.file !== undefined) {
    const { file, line, col } = failure.error;
    const found = within(file);
    if (found) return { file: found, ...(line ? { line, ...(col ? { col } : {}) } : {}) };
  }
  const own = 'frames' in failure ? failure.frames.filter(([file]) => within(file)).pop() : undefined;
  return own ? { file: within(own[0])!, line: own[1] } : { file: `${place}/entrypoint.py` };
}

/** The innermost places, as Python shows them, or what was printed last. */
function traceOf(failure: BootFailure): string {
  const lines =
    'frames' in failure
      ? failure.frames.slice(-8).map(([file, line, name]) => `  File "${file}", line ${line}, in ${name}`)
      : 'tail' in failure
        ? failure.tail.map((line) => `  ${safe(line)}`)
        : [];
  return lines.map((line) => `\n${line}`).join('');
}

/** What bundles say may hold what nobody should read. */
function safe(text: string): string {
  const [secret] = secretsIn(text);
  return secret ? `(not shown: it holds ${secret.kind})` : text;
}

function doubled(memory: string): string {
  return memory.replace(/^\d+/, (count) => String(Number(count) * 2));
}
