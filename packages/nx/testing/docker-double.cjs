// A docker that builds nothing: it keeps its options in the folder DOCKER_DOUBLE, one file an image, and pushes an image without
// layers that has the labels. So that what surrounds an engine can be tested where there is none. `DOCKER_DOUBLE_FAIL`: the first word of what fails.
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const store = process.env.DOCKER_DOUBLE;
const args = process.argv.slice(2);
const fileOf = (tag) => path.join(store, `${Buffer.from(tag).toString('base64url')}.json`);
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

fs.appendFileSync(path.join(store, 'log'), `${args.slice(0, 2).join(' ')}\n`);
const verb = args[0] === 'buildx' ? args[1] : args[0];
if (process.env.DOCKER_DOUBLE_FAIL === verb) fail(`the double fails to ${verb}`);
if (verb === 'version') console.log('27.0');
else if (verb === 'build') build();
else if (verb === 'image') {
  if (!fs.existsSync(fileOf(args.at(-1)))) fail('No such image');
  console.log(JSON.stringify(JSON.parse(fs.readFileSync(fileOf(args.at(-1)), 'utf8')).labels));
} else if (verb === 'tag') fs.copyFileSync(fileOf(args[1]), fileOf(args[2]));
else if (verb === 'rmi') fs.rmSync(fileOf(args[1]), { force: true });
else if (verb === 'push') push(args.at(-1)).catch((error) => fail(String(error)));
