import test from 'ava';
import {readImageConfig} from '../../core/oci/config.ts';
import {choosePlatform, readManifest, type Index} from '../../core/oci/manifest.ts';
import {mediaTypes} from '../../core/oci/media-types.ts';
import {formatPlatform, parsePlatform} from '../../core/oci/platform.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const config = {mediaType: mediaTypes.ociConfig, digest, size: 100};
const layer = {mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 100};
const manifest = {schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer]};
const index = {schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [{mediaType: mediaTypes.ociManifest, digest, size: 10}]};
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const read = (value: unknown, type?: string) => readManifest(bytes(value), 'the manifest of app', type);
const {mediaType: _, ...untyped} = manifest;

test('readManifest() reads OCI and Docker manifests, with and without a media type', t => {
	t.is(read(manifest, mediaTypes.ociManifest).kind, 'manifest');
	t.is(read(untyped, mediaTypes.ociManifest).kind, 'manifest');
	t.is(read(untyped).kind, 'manifest');
	t.is(read({...manifest, mediaType: mediaTypes.dockerManifest, config: {...config, mediaType: mediaTypes.dockerConfig}}, mediaTypes.dockerManifest).kind, 'manifest');
	t.is(read(index, mediaTypes.ociIndex).kind, 'index');
});

test('readManifest() takes as many layers and index entries as its limits say', t => {
	t.notThrows(() => read({...manifest, layers: Array(127).fill(layer)}));
	t.notThrows(() => read({...index, manifests: Array(512).fill(index.manifests[0])}));
});

const refused: Array<[string, unknown, string | undefined, RegExp]> = [
	['a document that is index and manifest at once', {...manifest, manifests: []}, undefined, /at once/],
	['a document that is neither', {schemaVersion: 2}, undefined, /neither/],
	['a manifest sent as an index', manifest, mediaTypes.ociIndex, /is called/],
	['a manifest whose body calls it an index', {...manifest, mediaType: mediaTypes.ociIndex}, undefined, /is called/],
	['an unknown type', manifest, 'text/html', /is called text\/html/],
	['schema 1', {schemaVersion: 1, name: 'x'}, undefined, /schema 1/],
	['schema 1 by type', {...manifest}, 'application/vnd.docker.distribution.manifest.v1+prettyjws', /schema 1/],
	['a digest that is a path', {...manifest, config: {...config, digest: 'sha256:../../x'}}, undefined, /config\.digest is no digest/],
	['a weak digest', {...manifest, config: {...config, digest: `md5:${'a'.repeat(32)}`}}, undefined, /unsupported digest/],
	['a digest in capitals', {...manifest, config: {...config, digest: digest.toUpperCase()}}, undefined, /no digest/],
	['a negative size', {...manifest, layers: [{...layer, size: -1}]}, undefined, /layers\[0\]\.size must be a size/],
	['a broken size', {...manifest, layers: [{...layer, size: 1.5}]}, undefined, /must be a size/],
	['a layer that is a file system', {...manifest, layers: [{...layer, mediaType: 'application/vnd.erofs'}]}, undefined, /erofs, which is not supported/],
	['128 layers', {...manifest, layers: Array(128).fill(layer)}, undefined, /at most 127/],
	['513 index entries', {...index, manifests: Array(513).fill(index.manifests[0])}, undefined, /at most 512/],
	['a huge config', {...manifest, config: {...config, size: 5_000_000}}, undefined, /larger than/],
	['an artifact', {...manifest, config: {...config, mediaType: 'application/vnd.oci.empty.v1+json'}}, undefined, /not a container image/],
	['a list', [], undefined, /must be an object/],
	['layers that are a map', {...manifest, layers: {}}, undefined, /must be an array/],
];

for (const [what, value, type, reason] of refused) {
	test(`readManifest() refuses ${what}`, t => {
		t.throws(() => read(value, type), {message: reason});
	});
}

test('readManifest() refuses more than 4 MiB', t => {
	t.throws(() => read({...manifest, x: 'x'.repeat(4 * 1024 * 1024)}), {message: /larger than/});
});

const indexOf = (...platforms: string[]): Index => ({
	kind: 'index',
	manifests: platforms.map((text, position) => {
		const [os = '', architecture = '', variant] = text.split('/');
		return {mediaType: mediaTypes.ociManifest, digest: `sha256:${String(position).repeat(64)}` as never, size: position, platform: {os, architecture, ...(variant && {variant})}};
	}),
});
const choose = (wanted: string, ...offered: string[]) => {
	const {platform} = choosePlatform(indexOf(...offered), parsePlatform(wanted), 'app:latest');
	return platform && formatPlatform(platform);
};

test('choosePlatform() takes the platform that serves best', t => {
	t.is(choose('linux/amd64', 'linux/arm64', 'linux/amd64'), 'linux/amd64');
	t.is(choose('linux/x86_64', 'unknown/unknown', 'linux/amd64'), 'linux/amd64');
	t.is(choose('linux/arm64', 'linux/arm64/v8'), 'linux/arm64/v8');
	t.is(choose('linux/arm/v7', 'linux/arm/v5', 'linux/arm/v6'), 'linux/arm/v6');
	t.is(choose('linux/arm', 'linux/arm/v6', 'linux/arm/v7'), 'linux/arm/v7');
	t.is(choose('amd64', 'linux/amd64/v3', 'linux/amd64'), 'linux/amd64');
});

test('choosePlatform() says what there is when nothing serves', t => {
	const error = t.throws(() => choose('linux/arm/v6', 'linux/amd64', 'linux/arm/v7'), {message: /no matching manifest for linux\/arm\/v6 in the manifest list entries/});
	t.regex(String((error as unknown as {hint: string}).hint), /linux\/amd64, linux\/arm\/v7/);
});

const image = {
	architecture: 'amd64',
	os: 'linux',
	created: '2024-01-02T03:04:05.678Z',
	config: {Env: ['PATH=/bin'], Cmd: ['sh'], Labels: {a: 'b'}, Volumes: {'/data': {}}},
	rootfs: {type: 'layers', diff_ids: [digest]},
	history: [{created_by: 'x', empty_layer: true}],
};
const readConfig = (value: unknown) => readImageConfig(bytes(value), 'the config of app');

test('readImageConfig() reads what a container needs', t => {
	const {config: run, diffIds, history, platform} = readConfig(image);
	t.deepEqual({...run, Labels: {...run.Labels}, Volumes: {...run.Volumes}}, {Env: ['PATH=/bin'], Cmd: ['sh'], Labels: {a: 'b'}, Volumes: {'/data': {}}});
	t.deepEqual([...diffIds], [digest as never]);
	t.is(history[0]?.emptyLayer, true);
	t.is(platform.architecture, 'amd64');
	t.deepEqual(readConfig({...image, config: null}).config, {});
});

const badConfigs: Array<[string, unknown, RegExp]> = [
	['no platform', {...image, os: undefined}, /no os and architecture/],
	['an environment that is no list of texts', {...image, config: {Env: [1]}}, /config\.Env\[0\] must be a string/],
	['a variable without a name', {...image, config: {Env: ['=x']}}, /not a variable/],
	['a newline in a variable name', {...image, config: {Env: ['A\nB=x']}}, /not a variable/],
	['a NUL in the command', {...image, config: {Cmd: ['a\0b']}}, /NUL/],
	['a time that is none', {...image, created: 'yesterday'}, /not a time/],
	['another kind of root file system', {...image, rootfs: {type: 'magic', diff_ids: []}}, /must be "layers"/],
	['a diff-id that is a path', {...image, rootfs: {type: 'layers', diff_ids: ['sha256:..']}}, /no digest/],
	['too much history', {...image, history: Array(5000).fill({})}, /at most 4096/],
];

for (const [what, value, reason] of badConfigs) {
	test(`readImageConfig() refuses ${what}`, t => {
		t.throws(() => readConfig(value), {message: reason});
	});
}
