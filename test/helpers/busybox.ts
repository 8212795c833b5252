import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';

/** A small image of the host's static busybox, as an OCI layout in a tar file, made without any tool. */

type Entry = {readonly name: string; readonly data?: Uint8Array; readonly link?: string; readonly folder?: true; readonly mode?: number};

const BLOCK = 512;

function header({name, data, link, folder, mode}: Entry): Buffer {
	const block = Buffer.alloc(BLOCK);
	const put = (text: string, at: number): void => void block.write(text, at, 'latin1');
	put(name, 0);
	put((mode ?? (folder === true ? 0o755 : 0o644)).toString(8).padStart(7, '0'), 100);
	put('0000000', 108);
	put('0000000', 116);
	put((data?.length ?? 0).toString(8).padStart(11, '0'), 124);
	put('00000000000', 136);
	put(' '.repeat(8), 148);
	put(folder === true ? '5' : link === undefined ? '0' : '2', 156);
	put(link ?? '', 157);
	put('ustar\u000000', 257);
	put(
		`${block
			.reduce((sum, byte) => sum + byte, 0)
			.toString(8)
			.padStart(6, '0')}\u0000 `,
		148,
	);
	return block;
}

export function makeTar(entries: readonly Entry[]): Buffer {
	const parts = entries.flatMap(entry => [header(entry), entry.data ?? Buffer.alloc(0), Buffer.alloc((BLOCK - ((entry.data?.length ?? 0) % BLOCK)) % BLOCK)]);
	return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

const text = (value: string): Buffer => Buffer.from(value);

function busyboxLayer(): Buffer {
	const applets = execFileSync('/bin/busybox', ['--list'], {encoding: 'utf8'})
		.split('\n')
		.filter(name => name !== '' && name !== 'busybox');
	return makeTar([
		...['bin/', 'dev/', 'etc/', 'proc/', 'sys/', 'root/', 'home/', 'var/'].map(name => ({name, folder: true}) as const),
		{name: 'tmp/', folder: true, mode: 0o1777},
		{name: 'bin/busybox', data: readFileSync('/bin/busybox'), mode: 0o755},
		...applets.map(name => ({name: `bin/${name}`, link: 'busybox', mode: 0o777})),
		{name: 'etc/passwd', data: text('root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home:/bin/sh\n')},
		{name: 'etc/group', data: text('root:x:0:\napp:x:1000:\nextra:x:2000:app\n')},
	]);
}

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

export function busyboxImage(name: string): Buffer {
	const layer = busyboxLayer();
	const config = text(
		JSON.stringify({
			created: '2026-01-01T00:00:00Z',
			architecture: process.arch === 'x64' ? 'amd64' : process.arch,
			os: 'linux',
			config: {Cmd: ['sh'], Env: ['PATH=/bin'], Labels: {made: 'by-test'}},
			rootfs: {type: 'layers', diff_ids: [`sha256:${sha256(layer)}`]},
			history: [{created: '2026-01-01T00:00:00Z', created_by: 'busybox'}],
		}),
	);
	const descriptor = (mediaType: string, data: Buffer): object => ({mediaType: `application/vnd.oci.image.${mediaType}`, digest: `sha256:${sha256(data)}`, size: data.length});
	const manifest = text(
		JSON.stringify({
			schemaVersion: 2,
			mediaType: 'application/vnd.oci.image.manifest.v1+json',
			config: descriptor('config.v1+json', config),
			layers: [descriptor('layer.v1.tar', layer)],
		}),
	);
	const index = text(
		JSON.stringify({
			schemaVersion: 2,
			manifests: [{...descriptor('manifest.v1+json', manifest), annotations: {'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': 'latest'}}],
		}),
	);
	return makeTar([
		{name: 'oci-layout', data: text('{"imageLayoutVersion":"1.0.0"}')},
		{name: 'index.json', data: index},
		...[layer, config, manifest].map(data => ({name: `blobs/sha256/${sha256(data)}`, data})),
	]);
}
