import { type Check, fail, pass, unknown } from './check';

interface RegistryProblem {
  message: string;
  hint?: string;
}

/** `missing`: the image is not pushed, or it is not the image that the release describes. Its subject is the image of the release. */
export const imagePushed: Check<{ missing: RegistryProblem | undefined }> = {
  name: 'image-pushed',
  kind: 'image',
  title: 'Every image of the release is pushed, and is the image that the release describes',
  why: 'A deployment names images by digest: one that is not pushed has none, and anyone with write access to the repository can put another one under its content key.',
  source: 'docs/security.md',
  when: ['verify', 'deploy'],
  code: 'image-not-pushed',
  decide({ missing }) {
    return missing ? failWith(missing) : pass('is pushed');
  },
};

/** `unsigned`: what the registry has instead of a valid signature. Its subject is the image of the release. */
export const imageSigned: Check<{ unsigned: RegistryProblem | undefined }> = {
  name: 'image-signed',
  kind: 'signature',
  title: 'Where the environment requires signatures: every image of the release has one by a trusted key',
  why: 'A deploy refuses an image that no trusted key signed, also if its content is verified in another way.',
  source: 'docs/signatures.md',
  when: ['verify', 'deploy'],
  code: 'image-unsigned',
  decide({ unsigned }) {
    return unsigned ? failWith(unsigned) : pass('a trusted key signed the image');
  },
};

/** `mismatch`: what is wrong with a layer; `unreadable`: why none can be read. */
export const imageLayers: Check<{ count: number; mismatch?: string; unreadable?: string }> = {
  name: 'image-layers',
  kind: 'image',
  title: 'With --layers: every layer of an image unpacks to the content that its config names',
  why: 'Container runtimes compare it when they unpack a layer. One that pulls lazily (stargz, SOCI) does not.',
  source: 'docs/security.md',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ count, mismatch, unreadable }) {
    if (mismatch !== undefined) return fail(mismatch, 'find out who pushed it (docs/security.md)');
    return unreadable === undefined ? pass(`all ${count} layers unpack to their content`) : unknown(unreadable);
  },
};

export interface ImageFacts {
  /** What the registry says instead of the image: that it does not exist, or nothing that can be used. */
  missing?: RegistryProblem;
  unreadable?: RegistryProblem;
}

export const imageExists: Check<ImageFacts> = {
  name: 'image-exists',
  kind: 'image',
  title: 'The registry has every image, for the platform of its service',
  why: 'A task that cannot pull its image does not start. If the registry cannot be asked from here, the tasks may still be able to pull.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html',
  when: ['verify', 'deploy'],
  code: 'image-not-found',
  decide({ missing, unreadable }) {
    if (unreadable) return unknown(firstLine(unreadable.message));
    return missing ? failWith(missing) : pass('exists');
  },
};

/** Platforms: `linux/arm64`. */
export const imagePlatform: Check<{ actual: string; expected: string }> = {
  name: 'image-platform',
  kind: 'image',
  title: 'Every image is built for the platform of its service',
  why: 'A program for another processor does not start.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html',
  when: ['verify', 'deploy'],
  code: 'image-not-found',
  decide({ actual, expected }) {
    if (actual === expected) return pass(`exists for ${expected}`);
    return fail(`is built for ${actual}, but its service runs on ${expected}`, `architecture: ${actual.replace('linux/', '')}`);
  },
};

/** The settings of the image config that may show Python. */
export interface PythonFacts {
  reference: string;
  env: readonly string[];
  command: readonly string[];
}

export const imagePython: Check<PythonFacts> = {
  name: 'image-python3',
  kind: 'python3',
  title: 'An image whose tasks write files has python3',
  why: 'The container that writes the files of a task runs python3 in the image of the service. The layers are not downloaded to look for it: PYTHON_VERSION of the official images, or python3 as the command, is enough.',
  source: 'docs/decisions/0013-files-of-a-task.md',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ reference, env, command }) {
    const version = env.find((setting) => /^PYTHON_VERSION=./.test(setting));
    const evidence = version ?? command.find((part) => /(?:^|\/)python3(?:\.\d+)?$/.test(part));
    if (evidence !== undefined) return pass(`is in the image (${evidence}): it writes the files of the task`);
    const how = `docker run --rm --entrypoint python3 ${reference} --version`;
    return unknown(`writes the files of the task, but the image config does not show it. Check it with: ${how}`);
  },
};

function failWith({ message, hint }: RegistryProblem) {
  return fail(message.replace(/\.$/, ''), hint);
}

function firstLine(text: string): string {
  return text.split('\n')[0]!;
}
