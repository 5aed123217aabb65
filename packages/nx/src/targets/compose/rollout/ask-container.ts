import { KdcubeError, printable, type ReadinessAnswer } from '@kdcube/release/internal';
import { isInterrupted } from '../../../system/programs/signals';
import type { Host } from '../host/host';

/** Every image of the platform has Python. It prints one JSON object: what was answered, or why nothing was. A redirect is not followed, and no proxy is used. */
const REQUEST = `import json, sys, urllib.error, urllib.request
LARGEST = 1024 * 1024
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
def answer():
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)
    request = urllib.request.Request(sys.argv[1], headers={"accept": "application/json"})
    try:
        response = opener.open(request, timeout=10)
    except urllib.error.HTTPError as error:
        response = error
    headers = response.headers
    names = [headers.get("x-kdcube-proc-instance"), headers.get("x-kdcube-worker-pid")]
    result = {
        "status": response.status,
        "type": headers.get_content_type(),
        "process": "/".join(name for name in names if name),
    }
    if 300 <= response.status < 400 and headers.get("location"):
        return {**result, "body": "", "redirect": headers["location"][:200]}
    if response.status != 200:
        return {**result, "body": ""}
    body = response.read(LARGEST + 1)
    if len(body) > LARGEST:
        return {"unanswered": "its answer is larger than 1 MiB"}
    return {**result, "body": body.decode("utf-8", "replace")}
try:
    print(json.dumps(answer()))
except Exception as error:
    print(json.dumps({"unanswered": "it cannot be reached (%s)" % (getattr(error, "reason", None) or error)}))
`;

const TIMEOUT_MS = 30_000;

/** Requests a URL from inside a container of the host: nothing has to be published for it, and no credential is sent. */
export async function askContainer(host: Pick<Host, 'run'>, container: string, url: string): Promise<ReadinessAnswer> {
  try {
    const args = ['exec', container, 'python3', '-c', REQUEST, url];
    const { exitCode, stdout } = await host.run('docker', args, { timeout: TIMEOUT_MS });
    if (exitCode === 126 || exitCode === 127) return { unanswered: 'its image has no python3' };
    if (exitCode !== 0) return { unanswered: `docker exec in its container ended with exit code ${exitCode}` };
    return parse(stdout) ?? { unanswered: 'what was printed in its container is no answer' };
  } catch (error) {
    if (!(error instanceof KdcubeError) || isInterrupted(error)) throw error;
    return { unanswered: error.problems[0]!.message.split('\n')[0]! };
  }
}

/** The container may print anything. */
function parse(text: string): ReadinessAnswer | undefined {
  const printed = parseJson(text);
  if (typeof printed.unanswered === 'string') return { unanswered: printable(printed.unanswered).slice(0, 300) };
  const { status, type, process, body, redirect } = printed;
  if (typeof status !== 'number' || typeof type !== 'string' || typeof body !== 'string') return undefined;
  return {
    status,
    type: printable(type),
    body,
    ...(typeof process === 'string' && process !== '' && { process: printable(process).slice(0, 100) }),
    ...(typeof redirect === 'string' && { redirect: printable(redirect) }),
  };
}

function parseJson(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
