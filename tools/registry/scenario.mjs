// A conversation with a registry, step by step: said to the double and to a real one, both must answer alike (parity.spec.mjs).
import { IMAGE, INDEX, call, errorCode, imageManifest, pushBlob, pushImage, withQuery } from './client.mjs';
import { digestOf } from './protocol.mjs';

/** Returns { step: [status, error code or what else matters] }. `name` must be a repository that was not used before. */
export async function runScenario(base, name) {
  const seen = {};
  const note = (step, answer, ...more) =>
    (seen[step] = [answer.status, answer.status >= 400 ? errorCode(answer) : undefined, ...more]);
  const other = `${name}-other`;
  const blob = Buffer.from(`blob of ${name}`);
  const digest = digestOf(blob);
  const zeros = `sha256:${'0'.repeat(64)}`;

  note('base', await call(base, 'GET', '/v2/'));
  note('tags of an unknown repository', await call(base, 'GET', `/v2/${name}/tags/list`));
  note('unknown blob', await call(base, 'GET', `/v2/${name}/blobs/${digest}`));
  note('unknown blob, HEAD', await call(base, 'HEAD', `/v2/${name}/blobs/${digest}`), 'no body to compare');
  note('unknown manifest', await call(base, 'GET', `/v2/${name}/manifests/nothing`));

  const pushed = await pushBlob(base, name, blob);
  note('upload opened', pushed.opened, pushed.opened.headers.range);
  note('upload patched', pushed.sent, pushed.sent.headers.range);
  note('upload finished', pushed.done, pushed.done.headers['docker-content-digest'] === digest);
  note('upload used after its end', await call(base, 'PATCH', pushed.sent.headers.location, { body: blob }));

  const head = await call(base, 'HEAD', `/v2/${name}/blobs/${digest}`);
  note('blob, HEAD', head, head.headers['content-length'], head.headers['docker-content-digest'] === digest);
  const got = await call(base, 'GET', `/v2/${name}/blobs/${digest}`);
  note('blob', got, got.body.equals(blob));
  for (const range of ['bytes=2-5', 'bytes=5-', 'bytes=-3', 'bytes=9999-']) {
    const part = await call(base, 'GET', `/v2/${name}/blobs/${digest}`, { headers: { range } });
    seen[`blob, ${range}`] = [part.status, part.headers['content-range'], part.status === 206 && part.body.toString()];
  }
  note('blob of another repository', await call(base, 'GET', `/v2/${other}/blobs/${digest}`));
  note('mount', await call(base, 'POST', `/v2/${other}/blobs/uploads/?mount=${digest}&from=${name}`));
  note('mounted blob', await call(base, 'HEAD', `/v2/${other}/blobs/${digest}`));
  note('mount of nothing opens an upload', await call(base, 'POST', `/v2/${other}/blobs/uploads/?mount=${zeros}&from=${name}`));

  const whole = await call(base, 'POST', `/v2/${name}/blobs/uploads/`);
  note(
    'PUT with the bytes',
    await call(base, 'PUT', withQuery(whole.headers.location, 'digest', digestOf(Buffer.from('all'))), {
      body: Buffer.from('all'),
    }),
  );
  const wrong = await call(base, 'POST', `/v2/${name}/blobs/uploads/`);
  note('PUT with another digest', await call(base, 'PUT', withQuery(wrong.headers.location, 'digest', zeros), { body: blob }));
  const cancelled = await call(base, 'POST', `/v2/${name}/blobs/uploads/`);
  note('upload status', await call(base, 'GET', cancelled.headers.location));
  note('upload cancelled', await call(base, 'DELETE', cancelled.headers.location));
  note(
    'upload after its cancelling',
    await call(base, 'PUT', withQuery(cancelled.headers.location, 'digest', digest), { body: blob }),
  );
  const moved = await call(base, 'POST', `/v2/${name}/blobs/uploads/`);
  await call(base, 'PATCH', moved.headers.location, { body: blob });
  note('PATCH at a stale location', await call(base, 'PATCH', moved.headers.location, { body: blob }));

  const image = await pushImage(base, name, 'one', `layer of ${name}`);
  note('manifest by tag', image.put, image.put.headers['docker-content-digest'] === image.digest);
  const byTag = await call(base, 'GET', `/v2/${name}/manifests/one`, { headers: { accept: IMAGE } });
  note(
    'manifest read by tag',
    byTag,
    byTag.headers['content-type'],
    byTag.headers['docker-content-digest'] === image.digest,
    byTag.body.equals(image.manifest),
  );
  const headed = await call(base, 'HEAD', `/v2/${name}/manifests/${image.digest}`, { headers: { accept: IMAGE } });
  note('manifest, HEAD by digest', headed, headed.headers['content-length']);
  const put = (reference, body, type = IMAGE) =>
    call(base, 'PUT', `/v2/${name}/manifests/${reference}`, { headers: { 'content-type': type }, body });
  note('manifest by its digest', await put(image.digest, image.manifest));
  note('manifest by another digest', await put(zeros, image.manifest));
  note('manifest that is not JSON', await put('bad', Buffer.from('{')));
  note('manifest of another type', await put('bad', image.manifest, INDEX));
  note('manifest of a missing layer', await put('bad', imageManifest(blob, [Buffer.from('never sent')])));
  const index = (entry) =>
    Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [{ mediaType: IMAGE, size: 1, digest: entry }] }),
    );
  note('index', await put('index', index(image.digest), INDEX));
  note('index of a missing manifest', await put('bad', index(zeros), INDEX));
  await put('two', image.manifest);
  await put('three', image.manifest);
  // Debian's registry neither sorts the tags nor pages them.
  seen['tags'] = JSON.parse((await call(base, 'GET', `/v2/${name}/tags/list`)).body).tags.sort();
  note('manifest deleted', await call(base, 'DELETE', `/v2/${name}/manifests/${image.digest}`));
  note('manifest after that', await call(base, 'GET', `/v2/${name}/manifests/one`));
  return seen;
}
