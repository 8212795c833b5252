import {posix} from 'node:path';
import {EngineError} from '../errors/error.ts';
import {askedMount} from './asked.ts';
import type {MountSpec} from './model.ts';
import {checkVolumeName} from './name.ts';
import {parseBytes, parseMode} from './size.ts';
import {cleanSource, cleanTarget} from './target.ts';

const invalid = (spec: string, why: string): EngineError =>
	new EngineError({code: 'volume.invalid-mount', subject: spec, message: `invalid argument "${spec}" for "--mount" flag: ${why}`});

/** One line of comma-separated fields; a field in double quotes may hold commas, and two quotes mean one. */
const splitFields = (spec: string): string[] => {
	const fields: string[] = [];
	let at = 0;
	while (at <= spec.length) {
		const quoted = /^"((?:[^"]|"")*)"(?:,|$)/.exec(spec.slice(at));
		const plain = quoted ? undefined : /^[^,"]*(?:,|$)/.exec(spec.slice(at));
		const match = quoted ?? plain;
		if (!match) throw invalid(spec, 'bare " in non-quoted-field');
		fields.push(quoted ? (quoted[1] ?? '').replaceAll('""', '"') : match[0].replace(/,$/, ''));
		at += match[0].length;
		if (!match[0].endsWith(',') || (quoted && at > spec.length)) break;
	}
	return fields;
};

type Draft = {type: string; source: string; target: string; readOnly: boolean; options: string[]};
type Setter = (draft: Draft, value: string, spec: string) => void;

const parseBoolean = (value: string, key: string, spec: string): boolean => {
	if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
	if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
	throw invalid(spec, `invalid value for ${key}: ${value}`);
};

const choice =
	(key: string, values: readonly string[], toOption: (value: string) => string): Setter =>
	(draft, value, spec) => {
		if (!values.includes(value)) throw invalid(spec, `invalid value for ${key}: ${value}; it must be one of ${values.join(', ')}`);
		draft.options.push(toOption(value));
	};

/** Relative, and not out of the volume; links in it are the runtime's to look at. */
const checkSubpath = (value: string, spec: string): string => {
	const clean = posix.normalize(value);
	if (value === '' || value.startsWith('/') || clean === '..' || clean.startsWith('../')) throw invalid(spec, `subpath must be a relative path within the volume: ${value}`);
	return clean;
};

const setSource: Setter = (draft, value) => {
	draft.source = value;
};
const setTarget: Setter = (draft, value) => {
	draft.target = value;
};
const setReadOnly: Setter = (draft, value, spec) => {
	draft.readOnly = parseBoolean(value, 'readonly', spec);
};
const flag =
	(key: string, option: string): Setter =>
	(draft, value, spec) => {
		if (parseBoolean(value, key, spec)) draft.options.push(option);
	};

const setters: Readonly<Record<string, Setter>> = {
	type(draft, value) {
		draft.type = value.toLowerCase();
	},
	source: setSource,
	src: setSource,
	target: setTarget,
	dst: setTarget,
	destination: setTarget,
	readonly: setReadOnly,
	ro: setReadOnly,
	consistency: choice('consistency', ['consistent', 'cached', 'delegated', 'default'], value => value),
	'bind-propagation': choice('bind-propagation', ['shared', 'rshared', 'slave', 'rslave', 'private', 'rprivate'], value => value),
	'bind-recursive': choice('bind-recursive', ['enabled', 'disabled', 'writable', 'readonly'], value => `bind-recursive=${value}`),
	'bind-nonrecursive': flag('bind-nonrecursive', 'bind-recursive=disabled'),
	'bind-create-src': flag('bind-create-src', 'bind-create-src'),
	'volume-nocopy': flag('volume-nocopy', 'nocopy'),
	'volume-label'(draft, value) {
		draft.options.push(`volume-label=${value}`);
	},
	'volume-driver'(draft, value) {
		if (value !== '') draft.options.push(`volume-driver=${value}`);
	},
	'volume-opt'(draft, value, spec) {
		if (!/^[^=]+=/.test(value)) throw invalid(spec, `invalid volume option: ${value}: must be in key=value format`);
		draft.options.push(`volume-opt=${value}`);
	},
	'volume-subpath'(draft, value, spec) {
		draft.options.push(`volume-subpath=${checkSubpath(value, spec)}`);
	},
	'tmpfs-size'(draft, value, spec) {
		const bytes = parseBytes(value);
		if (bytes === undefined) throw invalid(spec, `invalid value for tmpfs-size: ${value}`);
		draft.options.push(`tmpfs-size=${bytes}`);
	},
	'tmpfs-mode'(draft, value, spec) {
		const mode = parseMode(value);
		if (mode === undefined) throw invalid(spec, `invalid value for tmpfs-mode: ${value}`);
		draft.options.push(`tmpfs-mode=${mode}`);
	},
};

const optionPrefix: Readonly<Record<string, string>> = {bind: 'bind-', volume: 'volume-', tmpfs: 'tmpfs-'};
const flags: readonly string[] = ['readonly', 'ro', 'volume-nocopy', 'bind-nonrecursive', 'bind-create-src'];

/** `bind-*` belongs to binds alone, and so on. */
const checkOwner = (key: string, type: string, spec: string): void => {
	const owner = Object.keys(optionPrefix).find(name => key.startsWith(optionPrefix[name] ?? ''));
	if (owner !== undefined && owner !== type) throw invalid(spec, `cannot mix '${owner}-*' options with mount type '${type}'`);
};

const readField = (draft: Draft, field: string, keys: string[], spec: string): void => {
	const equals = field.indexOf('=');
	const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
	const setter = Object.hasOwn(setters, key) ? setters[key] : undefined;
	if (!setter) throw invalid(spec, equals < 0 ? `invalid field '${field}' must be a key=value pair` : `unexpected key '${key}' in '${field}'`);
	if (equals < 0 && !flags.includes(key)) throw invalid(spec, `invalid field '${field}' must be a key=value pair`);
	keys.push(key);
	setter(draft, equals < 0 ? 'true' : field.slice(equals + 1), spec);
};

/** `ro` means all that is mounted below, as far as the kernel can; `readonly` insists, `writable` leaves it. */
const checkRecursive = ({options, readOnly}: Draft, spec: string): void => {
	for (const word of ['writable', 'readonly']) {
		if (!options.includes(`bind-recursive=${word}`)) continue;
		if (!readOnly) throw invalid(spec, `option 'bind-recursive=${word}' requires 'readonly' to be specified in conjunction`);
		if (word === 'readonly' && !options.includes('rprivate'))
			throw invalid(spec, "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction");
	}
};

/** A bind's source must be there already, unless bind-create-src says otherwise. */
const finish = (draft: Draft, spec: string, cwd: string): MountSpec => {
	const {type, source, readOnly, options} = draft;
	if (type !== 'bind' && type !== 'volume' && type !== 'tmpfs') throw invalid(spec, `mount type '${type}' is not supported`);
	if (draft.target === '') throw invalid(spec, 'target is required');
	const target = cleanTarget(draft.target, spec);
	if (type === 'tmpfs' && source !== '') throw invalid(spec, 'source is not allowed for a tmpfs mount');
	if (type === 'volume' && source !== '') checkVolumeName(source);
	const asked = {mount: askedMount(draft)};
	if (type !== 'bind') return {type, source, target, readOnly, options, asked};
	if (source === '') throw invalid(spec, 'source is required for a bind mount');
	checkRecursive(draft, spec);
	const from = cleanSource(posix.resolve(cwd, source), spec);
	return {type, source: from, target, readOnly, options, asked: {mount: askedMount({...draft, source: from})}};
};

/** `--mount type=bind,source=…,target=…,…` */
export const parseMount = (spec: string, cwd: string = process.cwd()): MountSpec => {
	const draft: Draft = {type: 'volume', source: '', target: '', readOnly: false, options: []};
	const keys: string[] = [];
	for (const field of splitFields(spec)) readField(draft, field.trim(), keys, spec);
	const mount = finish(draft, spec, cwd);
	for (const key of keys) checkOwner(key, mount.type, spec);
	return mount;
};
