import { readDocument } from '../../../document/document';
import { KdcubeError } from '../../../problem/problem';
import { readPlainScalar } from '../compose-file/plain-scalar';

/** assembly.yaml as plain data. The platform's reader takes anchors and any tag: it is read as another program's file. */
export function readAssembly(content: Uint8Array, file: string): unknown {
  const { value, problems } = readDocument(content, file, { plainScalar: readPlainScalar });
  if (problems.length > 0) throw new KdcubeError(problems);
  return value;
}
