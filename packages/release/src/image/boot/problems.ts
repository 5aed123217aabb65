import { BUNDLES_ROOT } from '../../release/release';
import { secretsIn } from '../../document/secrets';
import type { Place, Problem } from '../../problem/problem';
import { printable, quoted } from '../../problem/problem';
import type { BootLimits } from './boot';
import type { BootEnding, BootError, BootFailure, BootFrame, BootReport, BootRound } from './report';
import { bootFailure } from './report';

/** The image of a boot test, for its problems. */
export interface BootedImage extends BootLimits {
  image: string;
  bundles: readonly { id: string; folder: string; place: string }[];
}

/** One problem for each bundle that failed, in the order of the imports. */
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
      message: `${quoted(id)} imports in ${image.image}, but the platform finds no entrypoint in its module: nothing in it has the platform’s decorator.`,
      hint: '@agentic_workflow(name="…") on the class, or @bundle_entrypoint(…) for newer platforms',
      at,
    };
  }
  const { what, hint } = describeFailure(failure, image);
  return {
    code: 'bundle-import-failed',
    message: `${quoted(id)} does not import in ${image.image} (python ${python}): ${what}${traceOf(failure)}`,
    hint: hint ?? `nx run ${image.image}:boot    to run the test again`,
    at,
  };
}

/** The report without secrets and control characters, for --json and notes. */
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

/** The problem of an image in which no bundle was imported. */
export function imageProblem(round: BootRound, ending: BootEnding, image: BootedImage, engine: string): Problem {
  const failure = bootFailure(round, ending);
  if (round.python !== undefined) {
    const { what, hint } = describeFailure(failure, image);
    return {
      code: 'boot-failed',
      message: `The platform’s bundle loader does not import in ${image.image} (python ${round.python}): ${what}${traceOf(failure)}`,
      hint,
    };
  }
  if (failure.why === 'ended' && (failure.code === 126 || failure.code === 127)) {
    return {
      code: 'boot-failed',
      message: `${image.image} has no python3 and no python on its PATH, so its bundles cannot be imported.${traceOf(failure)}`,
      hint: 'FROM an image of the platform, or install Python',
    };
  }
  const { what } = describeFailure(failure, image);
  return {
    code: 'boot-failed',
    message: `${engine} could not run Python in ${image.image}: ${what}${traceOf(failure)}`,
    hint: 'an image for another platform than this machine’s needs emulation: docker run --privileged tonistiigi/binfmt --install all',
  };
}

interface FailureText {
  what: string;
  hint?: string;
}

function describeFailure(failure: BootFailure, { memory, timeout }: BootLimits): FailureText {
  switch (failure.why) {
    case 'timeout':
      return {
        what: `it took longer than ${timeout} s.`,
        hint: `connect and wait when a request is handled, not at import; --timeout=${timeout * 2} if it only needs more time`,
      };
    case 'memory':
      return {
        what: `it used more than ${memory} of memory and was killed by the kernel.`,
        hint: `--memory=${doubled(memory)} if it needs that much`,
      };
    case 'flooded':
      return { what: 'it exceeded the output limit.' };
    case 'ended':
      return {
        what: `the process exited during the import (exit code ${failure.code}).`,
        hint: 'os._exit() or a crash in native code would end the whole platform: do not run it at import',
      };
    case 'raised':
      return { what: describeError(failure.error), hint: hintOf(failure.error, failure.frames, memory) };
  }
}

function describeError({ type, message }: BootError): string {
  if (type === 'AnotherFile') return `the loader returned another module: ${safe(message)}`;
  return message === '' ? type : `${type}: ${safe(message)}`;
}

const NETWORK =
  /Network is unreachable|Name or service not known|Temporary failure in name resolution|nodename nor servname|Failed to resolve|Connection refused|Cannot connect to host/i;

function hintOf({ type, message, kinds, module }: BootError, frames: readonly BootFrame[], memory: string): string | undefined {
  if (kinds.includes('MemoryError')) return `--memory=${doubled(memory)} if it needs that much`;
  if (kinds.includes('SystemExit')) return 'a module must not exit at import: put the call under if __name__ == "__main__":';
  if (NETWORK.test(message) || kinds.includes('gaierror'))
    return 'the boot test has no network: connect when a request is handled, not at import';
  if (type === 'AnotherFile') return 'another module has this name: rename the bundle';
  if (kinds.includes('ModuleNotFoundError') && module)
    return module.startsWith('kdcube_ai_app')
      ? 'this version of the platform does not have it: check platform.ref in release.yaml'
      : `RUN pip install …    in the image’s Dockerfile, if ${quoted(module)} is a package; from .${module.split('.').pop()} import …    if it is a file of the bundle`;
  if (kinds.includes('PermissionError') && frames.length > 0)
    return 'the image’s user lacks the permission: see USER in its Dockerfile';
  return undefined;
}

/** The innermost frame in the bundle's own files, or the place of its syntax error. */
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

/** The innermost frames in Python's format, or the last output lines. */
function traceOf(failure: BootFailure): string {
  const lines =
    'frames' in failure
      ? failure.frames.slice(-8).map(([file, line, name]) => `  File "${file}", line ${line}, in ${name}`)
      : 'tail' in failure
        ? failure.tail.map((line) => `  ${safe(line)}`)
        : [];
  return lines.map((line) => `\n${line}`).join('');
}

/** Removes secrets: a bundle's output may contain them. */
function safe(text: string): string {
  const [secret] = secretsIn(text);
  return secret ? `(hidden: it contains ${secret.kind})` : text;
}

function doubled(memory: string): string {
  return memory.replace(/^\d+/, (count) => String(Number(count) * 2));
}
