import { KdcubeError } from '@kdcube/release/internal';
import type { Host } from './host';
import type { HostRunOptions } from './transport';
import { diskFull, isDiskFull } from './host-problems';

/** Milliseconds. */
const PULL_TIMEOUT = 60 * 60_000;

/** Pulls an image by digest. `onProgress` gets a line on change: `3 of 7 layers`. Problems `image-pull-failed`, `disk-full`. */
export async function pullImage(
  host: Host,
  reference: string,
  { env = {}, onProgress }: Pick<HostRunOptions, 'env'> & { onProgress: (text: string) => void },
): Promise<void> {
  const layers = new Map<string, boolean>();
  const others: string[] = [];
  const onLine = (line: string) => {
    const [, layer, what = ''] = /^([0-9a-f]{12}): (.*)$/.exec(line) ?? [];
    if (layer === undefined) return void others.push(line);
    const isDone = /^(?:Pull complete|Already exists)/.test(what);
    if (layers.get(layer) === isDone) return;
    layers.set(layer, isDone);
    const done = [...layers.values()].filter(Boolean).length;
    if (isDone) onProgress(`${done} of ${layers.size} layers`);
  };
  const exitCode = await host.follow('docker', ['pull', '--', reference], onLine, { env, timeout: PULL_TIMEOUT });
  if (exitCode !== 0) throw pullProblem(host, reference, others.join('\n'));
}

/** Why `docker pull` failed, from what it wrote. */
export function pullProblem(host: Pick<Host, 'name'>, reference: string, output: string): KdcubeError {
  if (isDiskFull(output)) return diskFull(host.name, `${reference} cannot be pulled. What runs was not changed`);
  const reason = output.trim().split('\n').at(-1)?.slice(0, 500) || 'docker gave no reason';
  return new KdcubeError({
    code: 'image-pull-failed',
    message: `${reference} cannot be pulled on ${host.name}: ${reason}`,
    hint: `docker pull ${reference}    on the host shows the same`,
  });
}
