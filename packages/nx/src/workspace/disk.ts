import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Files, KdcubeError, LIMITS, type Problem } from '@kdcube/release/internal';
import { type FileContent, readRegularFile } from '../system/files/read-file';

/** The workspace's files on disk, read synchronously: createNodes runs at every command, and a workspace has a few hundred small files. */
export function diskFiles(root: string): Files {
  const read = (file: string) => readRegularFile(path.join(root, file), LIMITS.workspaceFileBytes.max);
  return {
    read: (file) => {
      const content = read(file);
      return content.kind === 'content' ? content.bytes : undefined;
    },
    list: (folder) => {
      try {
        return fs.readdirSync(path.join(root, folder));
      } catch {
        return [];
      }
    },
    problem: (file) => readProblem(file, read(file)),
  };
}

/** The content of a file of the workspace; undefined if it does not exist. A file that exists and cannot be read is a Problem. */
export function readWorkspaceFile(root: string, file: string): Buffer | undefined {
  const content = readRegularFile(path.resolve(root, file), LIMITS.workspaceFileBytes.max);
  const problem = readProblem(file, content);
  if (problem) throw new KdcubeError(problem);
  return content.kind === 'content' ? content.bytes : undefined;
}

function readProblem(file: string, content: FileContent): Problem | undefined {
  const at = { file };
  const hint = /^(?:dist|pins)\//.test(file)
    ? `rm -r ${file}    ${file.startsWith('pins/') ? 'and nx sync writes it again' : 'and the next run writes it again'}`
    : `ls -l ${file}`;
  if (content.kind === 'too-large')
    return {
      code: 'file-too-large',
      message: `${file} has ${content.size} bytes. No file that is read here has more than ${LIMITS.workspaceFileBytes.max}.`,
      hint,
      at,
    };
  if (content.kind === 'unreadable')
    return { code: 'file-error', message: `${file} cannot be read: ${content.reason}.`, hint, at };
  return undefined;
}
