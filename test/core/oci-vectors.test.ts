/** Every field of a manifest, an index and a config, with everything in it that should not be there. */
import test from 'ava';
import {isEngineError} from '../../core/errors/error.ts';
import {readImageConfig} from '../../core/oci/config.ts';
import {readManifest} from '../../core/oci/manifest.ts';
import {makeImage, makeIndex} from '../helpers/registry-image.ts';

const image = makeImage();
const index = makeIndex([{blob: image.manifest, platform: 'linux/arm/v7'}]);
const config = makeImage({
	config: {
		author: 'me',
		config: {
			Env: ['A=b'],
			Cmd: ['x'],
			Entrypoint: ['y'],
			User: 'app',
			WorkingDir: '/',
			Volumes: {'/v': {}},
			ExposedPorts: {'80/tcp': {}},
			StopSignal: 'SIGTERM',
			Labels: {a: 'b'},
			Healthcheck: {Test: ['NONE'], Interval: 5},
			Shell: ['/bin/sh'],
			OnBuild: ['RUN x'],
		},
	},
}).config;

const values: readonly unknown[] = [
	null,
	'',
	'x',
	'__proto__',
	`sha256:${'0'.repeat(63)}`,
	'sha256:../../../../../../../../../../../../../../../../../../../etc/passwd',
	'application/vnd.docker.distribution.manifest.v1+json',
	'x'.repeat(200_000),
	0,
	-1,
	1.5,
	2 ** 53,
	1e300,
	true,
	[],
	[[]],
	[null],
	{},
	{a: {}},
	['\0'],
];

type Accepts = (value: unknown) => boolean;
const never: Accepts = () => false;
const absent: Accepts = value => value === null;
const isText =
	(limit: number): Accepts =>
	value =>
		value === null || (typeof value === 'string' && value.length <= limit);
const isSize: Accepts = value => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const any: Accepts = () => true;
const isObject: Accepts = value => value === null || (typeof value === 'object' && !Array.isArray(value));
const isTextOf =
	(limit: number): Accepts =>
	value =>
		typeof value === 'string' && value.length <= limit;
const isWords =
	(isWord: (word: string) => boolean): Accepts =>
	value =>
		value === null || (Array.isArray(value) && value.every(word => typeof word === 'string' && !word.includes('\0') && isWord(word)));
const words = isWords(() => true);

/** By the path of a field: what may stand there, beside what stood there. */
const manifestRules: Readonly<Record<string, Accepts>> = {
	schemaVersion: never,
	mediaType: absent,
	config: never,
	'config.mediaType': never,
	'config.digest': never,
	'config.size': isSize,
	layers: value => Array.isArray(value) && value.length === 0,
	'layers.0': never,
	'layers.0.mediaType': never,
	'layers.0.digest': never,
	'layers.0.size': isSize,
};
const indexRules: Readonly<Record<string, Accepts>> = {
	schemaVersion: never,
	mediaType: absent,
	manifests: value => Array.isArray(value) && value.length === 0,
	'manifests.0': never,
	// What kind of thing an entry is, matters when it is chosen.
	'manifests.0.mediaType': isTextOf(255),
	'manifests.0.digest': never,
	'manifests.0.size': isSize,
	'manifests.0.platform': isObject,
	'manifests.0.platform.os': isText(64),
	'manifests.0.platform.architecture': isText(64),
	'manifests.0.platform.variant': isText(64),
};
const configRules: Readonly<Record<string, Accepts>> = {
	os: isTextOf(64),
	architecture: isTextOf(64),
	created: absent,
	author: isText(4096),
	config: isObject,
	'config.Env': isWords(word => word !== '' && !word.startsWith('=')),
	'config.Cmd': words,
	'config.Entrypoint': words,
	'config.User': isText(4096),
	'config.WorkingDir': isText(4096),
	'config.Volumes': isObject,
	'config.ExposedPorts': isObject,
	'config.StopSignal': isText(32),
	'config.Labels': value => value === null || (isObject(value) && Object.values(value as object).every(item => typeof item === 'string')),
	'config.Labels.a': isTextOf(1024 * 1024),
	'config.Healthcheck': isObject,
	'config.Healthcheck.Test': words,
	'config.Healthcheck.Interval': value => value === null || isSize(value),
	'config.Shell': words,
	'config.OnBuild': words,
	rootfs: never,
	'rootfs.type': never,
	'rootfs.diff_ids': value => value === null || (Array.isArray(value) && value.length === 0),
	'rootfs.diff_ids.0': never,
	history: value => value === null || (Array.isArray(value) && value.length === 0),
	'history.0': value => isObject(value) && value !== null,
	'history.0.created': absent,
	'history.0.created_by': isText(1024 * 1024),
	'history.0.empty_layer': any,
};

function withValue(bytes: Buffer, path: string, value: unknown): Buffer {
	const document = JSON.parse(bytes.toString()) as Record<string, unknown>;
	const names = path.split('.');
	const last = names.pop() ?? '';
	const at = names.reduce((object, name) => object[name] as Record<string, unknown>, document);
	at[last] = value;
	return Buffer.from(JSON.stringify(document));
}

const readers = {
	manifest: (bytes: Buffer) => void readManifest(bytes, 'the manifest', undefined),
	index: (bytes: Buffer) => void readManifest(bytes, 'the index', undefined),
	config: (bytes: Buffer) => void readImageConfig(bytes, 'the config'),
};
let count = 0;

for (const [kind, bytes, rules] of [
	['manifest', image.manifest.bytes, manifestRules],
	['index', index.bytes, indexRules],
	['config', config.bytes, configRules],
] as const) {
	test(`each field of a ${kind} takes what it may, and nothing else`, t => {
		for (const [path, accepts] of Object.entries(rules)) {
			for (const value of values) {
				count++;
				const what = `${path} = ${JSON.stringify(value)?.slice(0, 80)}`;
				const mutated = withValue(bytes, path, value);
				// Numbers that a double does not hold exactly are refused wherever they stand.
				if (accepts(value) && value !== 2 ** 53) t.notThrows(() => readers[kind](mutated), what);
				else t.true(isEngineError(t.throws(() => readers[kind](mutated), undefined, what)), what);
			}
		}
		t.deepEqual([({} as Record<string, unknown>)['a'], ({} as Record<string, unknown>)['x']], [undefined, undefined]);
	});
}

test('they are more than three hundred', t => t.true(count > 300, String(count)));
