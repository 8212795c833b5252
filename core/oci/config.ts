import {type Digest, parseDigest} from './digest.ts';
import {parseStrictJson, type JsonObject} from './json.ts';
import {layerCount, manifestLimit} from './manifest.ts';
import {readPlatform, type Platform} from './platform.ts';
import {asArray, asKeySet, asObject, asSize, asString, asStringMap, asStrings, below, optional, placeOf, refuse, type Place} from './shape.ts';

/** Durations in ns; absent and 0 mean the default. `Test`: `CMD` and words, `CMD-SHELL` and one, or `NONE`. */
export type Healthcheck = {
	readonly Test?: readonly string[];
	readonly Interval?: number;
	readonly Timeout?: number;
	readonly StartPeriod?: number;
	readonly StartInterval?: number;
	readonly Retries?: number;
};

/** What the image says about running it. Docker's names. */
export type RunConfig = {
	readonly Env?: readonly string[];
	readonly Cmd?: readonly string[];
	readonly Entrypoint?: readonly string[];
	readonly User?: string;
	readonly WorkingDir?: string;
	readonly Volumes?: Readonly<Record<string, unknown>>;
	readonly ExposedPorts?: Readonly<Record<string, unknown>>;
	readonly StopSignal?: string;
	readonly Labels?: Readonly<Record<string, string>>;
	readonly Healthcheck?: Healthcheck;
	readonly Shell?: readonly string[];
	readonly OnBuild?: readonly string[];
};

export type HistoryEntry = {readonly created?: string; readonly createdBy?: string; readonly author?: string; readonly comment?: string; readonly emptyLayer: boolean};

export type ImageConfig = {
	readonly platform: Platform;
	readonly created?: string;
	readonly author?: string;
	readonly config: RunConfig;
	readonly diffIds: readonly Digest[];
	readonly history: readonly HistoryEntry[];
};

const longText = 1024 * 1024;
const words = asStrings(4096, 131_072);
const line = (value: Parameters<typeof asString>[0], place: Place) => asString(value, place);
const text = (value: Parameters<typeof asString>[0], place: Place) => asString(value, place, longText);

/** Reads an image's config: bounds and types here, so that nothing behind this line meets a surprise. */
export function readImageConfig(bytes: Uint8Array, subject: string): ImageConfig {
	const place = placeOf(subject);
	if (bytes.byteLength > manifestLimit) refuse(place, `it is larger than ${manifestLimit} bytes`);
	const object = asObject(parseStrictJson(bytes, subject), place);
	const platform = readPlatform(object, place);
	if (!platform) refuse(place, 'it names no os and architecture');
	const history = optional(object, 'history', place, readHistory);
	const config = optional(object, 'config', place, readRunConfig);
	return {platform, ...written(object, place), config: config ?? {}, diffIds: readDiffIds(object, place), history: history ?? []};
}

function written(object: JsonObject, place: Place): {created?: string; author?: string} {
	const created = optional(object, 'created', place, readTime);
	const author = optional(object, 'author', place, line);
	return {...(created !== undefined && {created}), ...(author !== undefined && {author})};
}

/** RFC 3339; years of five digits and other fancies are refused, because they would sort and print wrongly. */
function readTime(value: Parameters<typeof asString>[0], place: Place): string {
	const time = asString(value, place, 64);
	if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(time) || Number.isNaN(Date.parse(time))) refuse(place, 'is not a time');
	return time;
}

function readDiffIds(object: JsonObject, place: Place): Digest[] {
	const at = below(place, 'rootfs');
	const rootfs = asObject(object['rootfs'], at);
	if (rootfs['type'] !== 'layers') refuse(below(at, 'type'), 'must be "layers"');
	const list = below(at, 'diff_ids');
	return asArray(rootfs['diff_ids'] ?? [], list, layerCount).map((item, index) => parseDigestAt(asString(item, below(list, index), 256), below(list, index)));
}

function parseDigestAt(value: string, place: Place): Digest {
	try {
		return parseDigest(value);
	} catch (error) {
		refuse(place, `is no digest: ${error instanceof Error ? error.message : String(error)}`);
	}
}

const readHistory = (value: Parameters<typeof asArray>[0], place: Place): HistoryEntry[] =>
	asArray(value, place, 4096).map((item, index) => readHistoryEntry(asObject(item, below(place, index)), below(place, index)));

function readHistoryEntry(object: JsonObject, place: Place): HistoryEntry {
	const {created, author} = written(object, place);
	const createdBy = optional(object, 'created_by', place, text);
	const comment = optional(object, 'comment', place, text);
	return {
		emptyLayer: object['empty_layer'] === true,
		...(created !== undefined && {created}),
		...(author !== undefined && {author}),
		...(createdBy !== undefined && {createdBy}),
		...(comment !== undefined && {comment}),
	};
}

function readRunConfig(value: Parameters<typeof asObject>[0], place: Place): RunConfig {
	const object = asObject(value, place);
	const fields = {
		Env: optional(object, 'Env', place, readEnvironment),
		Cmd: optional(object, 'Cmd', place, words),
		Entrypoint: optional(object, 'Entrypoint', place, words),
		User: optional(object, 'User', place, line),
		WorkingDir: optional(object, 'WorkingDir', place, line),
		Volumes: optional(object, 'Volumes', place, asKeySet(1024)),
		ExposedPorts: optional(object, 'ExposedPorts', place, asKeySet(65_536)),
		StopSignal: optional(object, 'StopSignal', place, (item, at) => asString(item, at, 32)),
		Labels: optional(object, 'Labels', place, asStringMap(4096, longText)),
		Healthcheck: optional(object, 'Healthcheck', place, readHealthcheck),
		Shell: optional(object, 'Shell', place, words),
		OnBuild: optional(object, 'OnBuild', place, words),
	};
	for (const [key, item] of Object.entries(fields)) if (item !== undefined) refuseNul(item, below(place, key));
	return Object.fromEntries(Object.entries(fields).filter(([, item]) => item !== undefined)) as RunConfig;
}

/** A NUL cannot reach execve or a path; it is never an honest mistake. */
function refuseNul(value: unknown, place: Place): void {
	const strings = typeof value === 'string' ? [value] : Array.isArray(value) ? value : Object.keys(value as object);
	if (strings.some(item => typeof item === 'string' && item.includes('\0'))) refuse(place, 'has a NUL character');
}

function readEnvironment(value: Parameters<typeof asArray>[0], place: Place): readonly string[] {
	const variables = words(value, place);
	const bad = variables.findIndex(variable => /^=|^$/.test(variable) || /[\u0000-\u001f]/.test(variable.split('=', 1)[0] ?? ''));
	if (bad !== -1) refuse(below(place, bad), 'is not a variable');
	return variables;
}

function readHealthcheck(value: Parameters<typeof asObject>[0], place: Place): Healthcheck {
	const object = asObject(value, place);
	const test = optional(object, 'Test', place, words);
	if (test) refuseNul(test, below(place, 'Test'));
	const numbers = (['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'] as const).map(key => [key, optional(object, key, place, asSize)] as const);
	return {...(test !== undefined && {Test: test}), ...Object.fromEntries(numbers.filter(([, number]) => number !== undefined))};
}
