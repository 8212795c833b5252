import {gzipSync} from 'node:zlib';
import {digestOf, type Digest} from '../../core/oci/digest.ts';
import {mediaTypes} from '../../core/oci/media-types.ts';

export type Blob = {readonly bytes: Buffer; readonly digest: Digest; readonly mediaType: string};

export type MadeImage = {
	readonly manifest: Blob;
	readonly config: Blob;
	readonly layers: readonly Blob[];
	readonly diffIds: readonly string[];
};

export const sha256 = (bytes: Buffer): Digest => digestOf(bytes);
export const blobOf = (bytes: Buffer, mediaType: string): Blob => ({bytes, digest: sha256(bytes), mediaType});

type TarEntry = {readonly name: string; readonly content?: string | Buffer; readonly type?: '0' | '1' | '2' | '5'; readonly link?: string; readonly mode?: number};

function tarHeader({name, content = '', type = '0', link = '', mode = 0o644}: TarEntry): Buffer {
	const header = Buffer.alloc(512);
	header.write(name, 0, 100);
	header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
	header.write('0000000\0'.repeat(2), 108);
	header.write(`${Buffer.byteLength(content).toString(8).padStart(11, '0')}\0`, 124);
	header.write('14371573000\0', 136);
	header.write(`        ${type}`, 148);
	header.write(link, 157, 100);
	header.write('ustar\x0000', 257);
	const sum = header.reduce((total, byte) => total + byte, 0);
	header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
	return header;
}

/** A plain tar of these entries. */
export function makeTar(entries: readonly TarEntry[]): Buffer {
	const parts = entries.flatMap(entry => {
		const content = Buffer.from(entry.content ?? '');
		return [tarHeader(entry), content, Buffer.alloc((512 - (content.length % 512)) % 512)];
	});
	return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

type ImageOptions = {
	/** The tars, lowest first. */
	readonly layers?: readonly Buffer[];
	readonly docker?: boolean;
	readonly config?: Readonly<Record<string, unknown>>;
	readonly diffIds?: readonly string[];
	readonly manifest?: Readonly<Record<string, unknown>>;
};

/** A small image with right digests everywhere, save for what the options overwrite. */
export function makeImage({
	layers: tars = [makeTar([{name: 'hello', content: 'hello\n'}])],
	docker = false,
	config = {},
	diffIds = tars.map(sha256),
	manifest = {},
}: ImageOptions = {}): MadeImage {
	const layerType = docker ? 'application/vnd.docker.image.rootfs.diff.tar.gzip' : 'application/vnd.oci.image.layer.v1.tar+gzip';
	const layers = tars.map(tar => blobOf(gzipSync(tar), layerType));
	const configBytes = Buffer.from(
		JSON.stringify({
			created: '2024-05-06T07:08:09Z',
			architecture: process.arch === 'x64' ? 'amd64' : process.arch,
			os: 'linux',
			config: {Cmd: ['/hello'], Env: ['PATH=/bin'], Labels: {purpose: 'test'}},
			rootfs: {type: 'layers', diff_ids: diffIds},
			history: tars.map((_, index) => ({created: '2024-05-06T07:08:09Z', created_by: `step ${index}`})),
			...config,
		}),
	);
	const configBlob = blobOf(configBytes, docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig);
	const manifestType = docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest;
	const manifestBytes = Buffer.from(JSON.stringify({schemaVersion: 2, mediaType: manifestType, config: descriptorOf(configBlob), layers: layers.map(descriptorOf), ...manifest}));
	return {manifest: blobOf(manifestBytes, manifestType), config: configBlob, layers, diffIds};
}

export const descriptorOf = ({mediaType, digest, bytes}: Blob) => ({mediaType, digest, size: bytes.length});

/** An index over images for platforms such as `linux/amd64`. */
export function makeIndex(entries: ReadonlyArray<{readonly blob: Blob; readonly platform?: string}>, extra: Readonly<Record<string, unknown>> = {}): Blob {
	const manifests = entries.map(({blob, platform}) => {
		const [os, architecture, variant] = platform?.split('/') ?? [];
		return {...descriptorOf(blob), ...(os !== undefined && {platform: {os, architecture, ...(variant !== undefined && {variant})}})};
	});
	return blobOf(Buffer.from(JSON.stringify({schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests, ...extra})), mediaTypes.ociIndex);
}
