// The image proc of a workspace, the key that CI signs it with, and an attacker with a key of their own and write access to the image repository.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { imageStatement } from '../../../release/src/provenance/statement';
import type { PushOptions } from '../../src/images/push/push';
import { releasedImages, withPlannedImages, type ReleasedOptions } from '../../src/images/released-images';
import { provenanceOf } from '../../src/images/signatures/sign-image';
import { silentLog } from '../../src/system/log';
import { type Acme, acme } from '../acme-kit';
import { acmeRegistry, pushProc } from '../acme-push';
import { keyPair } from '../signatures';
import { signatureForger, signStatement } from './forge-signature';

export const ci = keyPair();
export const attacker = keyPair();

interface SignatureKit {
  ours: Acme;
  forge: ReturnType<typeof signatureForger>;
  /** What was logged as a note. */
  notes: string[];
}

/** Of the running test. */
export const kit = {} as SignatureKit;

/** Call it in each suite. */
export function startEach(): void {
  beforeEach(async () => {
    const ours = await acme();
    Object.assign(kit, { ours, forge: signatureForger(ours.registry.host, 'acme/proc'), notes: [] });
  });
  afterEach(() => kit.ours.end());
}

const log = { ...silentLog, note: (text: string) => void kit.notes.push(text) };

export function push(more: Partial<PushOptions> = {}): ReturnType<typeof pushProc> {
  return pushProc(kit.ours, log, more);
}

/** Pushes and signs. */
export function signed(more: Partial<PushOptions> = {}): ReturnType<typeof pushProc> {
  return push({ signingKey: ci.signingKey, ...more });
}

/** An environment that requires a signature by CI. */
export const PROD = { signedFor: 'prod', trustedKeys: [ci.trusted] };

/** The digests that tag, env, plan and deploy take. */
export async function resolve(more: Partial<ReleasedOptions> = {}): Promise<string[]> {
  const registries = acmeRegistry(kit.ours);
  const options = { root: kit.ours.root, registries, offline: false, ...more };
  const found = await withPlannedImages(await kit.ours.open(), ['proc'], { offline: false }, log, (planned) =>
    releasedImages(planned, registries.registry!, options, log),
  );
  return found.map(({ digest }) => digest);
}

/** A fresh clone on another machine. */
export function anotherMachine(): void {
  for (const place of [process.env.KDCUBE_CACHE_DIR!, path.join(kit.ours.root, 'dist')])
    fs.rmSync(place, { recursive: true, force: true });
  const engine = process.env.DOCKER_DOUBLE;
  if (engine) fs.readdirSync(engine).forEach((file) => fs.rmSync(path.join(engine, file), { recursive: true }));
}

/** How many requests wrote to the repository. */
export function writes(): number {
  return kit.ours.registry.journal.filter(({ method, name }) => method === 'PUT' && name === 'acme/proc').length;
}

type Statement = ReturnType<typeof imageStatement>;

/** The statement about the pushed image, modified, and signed by a key. */
export async function statement(
  digest: string,
  change: (statement: Statement) => unknown = () => undefined,
  key = ci,
): Promise<string> {
  const facts = await kit.ours.job(async (job) => provenanceOf(job, `${kit.ours.registry.host}/acme/proc`, digest, undefined));
  const value = structuredClone(imageStatement(facts));
  return signStatement(change(value) ?? value, key.signingKey);
}
