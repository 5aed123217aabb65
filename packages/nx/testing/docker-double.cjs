// `docker build` and `docker push` of the double (docker-double.sh): a build stores its options, a push uploads an image without layers that has the labels.
//   node docker-double.cjs VERB ARGUMENTS…
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const store = process.env.DOCKER_DOUBLE;
const [verb, ...args] = process.argv.slice(2);
const fileOf = (tag, kind = 'json') => path.join(store, `${tag.replace(/[^A-Za-z0-9.-]/g, '_')}.${kind}`);
const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function fail(text) {
  console.error(text);
  process.exit(1);
}

function build() {
  const options = { args: {}, labels: {} };
  let tag = '';
  args.forEach((word, index) => {
    const next = args[index + 1] ?? '';
    const at = next.indexOf('=');
    if (word === '--tag') tag = next;
    if (word === '--label') options.labels[next.slice(0, at)] = next.slice(at + 1);
    if (word === '--build-arg') options.args[next.slice(0, at)] = next.slice(at + 1);
    if (word === '--file') options.dockerfile = fs.readFileSync(next, 'utf8');
  });
  const context = args.at(-1);
  const files = fs.readdirSync(context, { recursive: true }).filter((name) => fs.statSync(path.join(context, name)).isFile());
  fs.writeFileSync(fileOf(tag), JSON.stringify({ ...options, files: files.sort() }));
  fs.writeFileSync(fileOf(tag, 'labels'), JSON.stringify(options.labels));
}

async function push(remote) {
  if (!fs.existsSync(fileOf(remote))) fail(`An image does not exist locally with the tag: ${remote}`);
  const { labels } = JSON.parse(fs.readFileSync(fileOf(remote), 'utf8'));
  const [, host, name, tag] = /^([^/]+)\/(.+):([^:]+)$/.exec(remote);
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Labels: labels }, rootfs: { type: 'layers', diff_ids: [] } }),
  );
  const begun = await fetch(`http://${host}/v2/${name}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(begun.headers.get('location'), `http://${host}`);
  place.searchParams.set('digest', digestOf(config));
  await fetch(place, { method: 'PUT', body: config });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const part = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length };
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: part, layers: [] }));
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: manifest,
  });
  if (!answer.ok) fail(`the registry answered ${answer.status}`);
  console.log(`${tag}: digest: ${digestOf(manifest)} size: ${manifest.length}`);
}

if (verb === 'build') build();
else push(args.at(-1)).catch((error) => fail(String(error)));
