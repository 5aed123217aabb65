// A stand-in for the platform's images: one small layer each, so that the demo needs no platform and no network. It runs stand-in.c,
// compiled for linux/amd64 (896 bytes), which prints the bundles that it finds.
import crypto from 'node:crypto';
import zlib from 'node:zlib';

/** The bases of the two images with bundles. */
const BASES = ['kdcube-chat-proc', 'py-code-exec'];

/** stand-in.c, compiled as its comment says, gzipped. */
const PROGRAM =
  'H4sIAAAAAAACA6t39XFjYmRkgAEmBjsGEI+Z0QHMd4CKOzDBlQDFLBiYgSQrAwtYLSsDMnBAoeWg+mA0gwCEAuljA2IFqLiCkAMKDQcNqPoCn5' +
  'aksDEQD6DaGDw6/xlearARYyhh9fh/6PXXHYxgweP8rIcdQzx6bZcAuaHBL67+//9/B8hJQKHPQMrw0j6QW/lZPXplPwLN8uw84NF6oDLYp/O4' +
  '4aUdNiCFB9/be3Re42eNjnWMOezVm8Mt3FDLoFci49P5/EUb0DiPzvcv6kB0r+18oPoXRWA262agaU7821k4PBkP+lperDm64yZQdhfIv0DDPT' +
  'rv8bN6dh4CWlY32dXwpE+vai5Q+vX8kIzMYgUgSlQoLknMS9HNzFNIyy9SSMxTyMxNTE9VyE9TKMlIVSjISSwBiufqKXiWgFQWlaSm6ABVpShk' +
  '5OekFCvk5SMryVPQTyrNS8lJLbbiYoAxGRQUGBj0ijOKS4pKEpOAPkqtKGHQK8pPSSxJZNBLKi5moAbgRkoLIPACmm5eQPkn0NQzovEFoWJGUP' +
  '4GaLrdAFWYh0M/jJYEYg5QemdAS4dMaOkPJo/FPGYs/oKnewLuBwBIomLvgAMAAA==';

/** Pushes stand-ins to a registry. Returns their digests by name. */
export async function pushStandIns(registry, ref, names = BASES) {
  const digests = {};
  for (const name of names) {
    const program = zlib.gunzipSync(Buffer.from(PROGRAM, 'base64'));
    const about = Buffer.from(`A stand-in for ${name}:${ref}. It holds no platform.\n`);
    const tar = Buffer.concat([
      inTar('etc/kdcube-stand-in', about, 0o644),
      inTar('stand-in', program, 0o755),
      Buffer.alloc(1024),
    ]);
    const layer = zlib.gzipSync(tar);
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        created: '2026-01-01T00:00:00Z',
        config: { Env: ['PATH=/usr/local/bin:/usr/bin:/bin'], Entrypoint: ['/stand-in'] },
        rootfs: { type: 'layers', diff_ids: [digest(tar)] },
      }),
    );
    await putBlob(registry, name, layer);
    await putBlob(registry, name, config);
    const part = (mediaType, bytes) => ({
      mediaType: `application/vnd.oci.image.${mediaType}`,
      digest: digest(bytes),
      size: bytes.length,
    });
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: part('config.v1+json', config),
      layers: [part('layer.v1.tar+gzip', layer)],
    };
    const answer = await fetch(`http://${registry}/v2/${name}/manifests/${ref}`, {
      method: 'PUT',
      headers: { 'content-type': manifest.mediaType },
      body: JSON.stringify(manifest),
    });
    if (!answer.ok) throw new Error(`The registry on ${registry} refused ${name}: ${answer.status} ${await answer.text()}`);
    digests[name] = answer.headers.get('docker-content-digest');
  }
  return digests;
}

async function putBlob(registry, name, bytes) {
  const begun = await fetch(`http://${registry}/v2/${name}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(begun.headers.get('location'), `http://${registry}`);
  place.searchParams.set('digest', digest(bytes));
  const answer = await fetch(place, { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body: bytes });
  if (answer.status !== 201) throw new Error(`The registry on ${registry} refused a layer: ${answer.status}`);
}

function digest(bytes) {
  return `sha256:${crypto.createHash('sha256').update(bytes).digest('hex')}`;
}

/** A file in a ustar archive. */
function inTar(name, body, mode) {
  const header = Buffer.alloc(512);
  const field = (at, value) => header.write(value, at, 'latin1');
  const octal = (value, width) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  field(0, name);
  field(100, octal(mode, 8));
  field(108, octal(0, 8));
  field(116, octal(0, 8));
  field(124, octal(body.length, 12));
  field(136, octal(0, 12));
  field(148, '        ');
  field(156, '0');
  field(257, 'ustar\x0000');
  field(
    148,
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
  );
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}
