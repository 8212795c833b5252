// Builds dist/demo-image.tar, an OCI layout with one layer: the distribution's static busybox, its links, a page to serve and
// our load generator. The same input gives the same bytes.
import {createHash} from 'node:crypto';
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, mkdirSync, copyFileSync, chmodSync, linkSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const busybox = ['/bin/busybox', '/usr/bin/busybox', '/bin/busybox.static', '/sbin/busybox'].find(path => existsSync(path));
if (!busybox) throw new Error('demo image: no busybox here: install busybox-static');

const page = `<!doctype html><title>Hawser</title><body style="font-family:sans-serif;margin:4em"><h1>It runs.</h1><p>Served by busybox in a container of Hawser's demo.</p></body>\n`;
const web = '#!/bin/sh\necho "serving /www on port 80"\nexec httpd -f -v -p 80 -h /www\n';

const digestOf = bytes => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const tar = (folder, ...names) =>
	execFileSync('tar', ['--sort=name', '--mtime=@1767225600', '--numeric-owner', '--owner=0', '--group=0', '--format=ustar', '-C', folder, '-cf', '-', ...names], {
		maxBuffer: 2 ** 28,
	});

function writeFile(path, bytes, mode) {
	writeFileSync(path, bytes);
	chmodSync(path, mode);
}

function buildRootfs(folder) {
	for (const name of ['bin', 'dev', 'etc', 'proc', 'root', 'sbin', 'sys', 'tmp', 'usr/bin', 'usr/sbin', 'var', 'www']) mkdirSync(join(folder, name), {recursive: true});
	chmodSync(join(folder, 'tmp'), 0o1777);
	copyFileSync(busybox, join(folder, 'bin/busybox'));
	chmodSync(join(folder, 'bin/busybox'), 0o755);
	for (const applet of execFileSync(busybox, ['--list-full'], {encoding: 'utf8'}).split('\n')) {
		const path = join(folder, applet);
		if (applet && !existsSync(path)) {
			mkdirSync(join(path, '..'), {recursive: true});
			linkSync(join(folder, 'bin/busybox'), path);
		}
	}
	copyFileSync(join(dist, 'hawser-demo'), join(folder, 'bin/load'));
	chmodSync(join(folder, 'bin/load'), 0o755);
	writeFile(join(folder, 'bin/web'), web, 0o755);
	writeFile(join(folder, 'www/index.html'), page, 0o644);
	writeFile(join(folder, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n', 0o644);
	writeFile(join(folder, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n', 0o644);
}

function writeLayout(folder, layer) {
	const blobs = join(folder, 'blobs/sha256');
	mkdirSync(blobs, {recursive: true});
	const put = (mediaType, bytes) => {
		const digest = digestOf(bytes);
		writeFileSync(join(blobs, digest.slice(7)), bytes);
		return {mediaType, digest, size: bytes.length};
	};
	const json = value => Buffer.from(JSON.stringify(value));
	const config = {
		created: '2026-01-01T00:00:00Z',
		architecture: {x64: 'amd64', arm64: 'arm64'}[process.arch] ?? process.arch,
		os: 'linux',
		config: {Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'], Labels: {'org.opencontainers.image.title': 'hawser-demo'}},
		rootfs: {type: 'layers', diff_ids: [digestOf(layer)]},
		history: [{created: '2026-01-01T00:00:00Z', created_by: 'npm run build'}],
	};
	const manifest = {
		schemaVersion: 2,
		mediaType: 'application/vnd.oci.image.manifest.v1+json',
		config: put('application/vnd.oci.image.config.v1+json', json(config)),
		layers: [put('application/vnd.oci.image.layer.v1.tar', layer)],
	};
	const descriptor = {
		...put(manifest.mediaType, json(manifest)),
		annotations: {'io.containerd.image.name': 'docker.io/library/hawser-demo:latest', 'org.opencontainers.image.ref.name': 'latest'},
	};
	writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
	writeFileSync(join(folder, 'index.json'), json({schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [descriptor]}));
}

const work = mkdtempSync(join(dist, '.demo-image-'));
try {
	mkdirSync(join(work, 'rootfs'));
	mkdirSync(join(work, 'oci'));
	buildRootfs(join(work, 'rootfs'));
	writeLayout(join(work, 'oci'), tar(join(work, 'rootfs'), '.'));
	const archive = tar(join(work, 'oci'), 'oci-layout', 'index.json', 'blobs');
	const target = join(dist, 'demo-image.tar');
	if (!existsSync(target) || statSync(target).size !== archive.length || !readFileSync(target).equals(archive)) writeFileSync(target, archive);
} finally {
	rmSync(work, {recursive: true, force: true});
}
