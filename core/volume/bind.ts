import {posix} from 'node:path';
import type {MountSpec} from './model.ts';
import {checkVolumeName} from './name.ts';
import {cleanSource, cleanTarget, invalidMount} from './target.ts';

const propagations: readonly string[] = ['shared', 'rshared', 'slave', 'rslave', 'private', 'rprivate'];

/** Each class of mode may be said once; which of them a volume may have is narrower than for a path. */
const classOf = (mode: string): string | undefined => {
	if (mode === 'ro' || mode === 'rw') return 'access';
	if (mode === 'z' || mode === 'Z') return 'label';
	if (propagations.includes(mode)) return 'propagation';
	if (mode === 'nocopy') return 'copy';
	if (mode === 'consistent' || mode === 'cached' || mode === 'delegated') return 'consistency';
	return undefined;
};

const checkModes = (modes: readonly string[], isPath: boolean, text: string, spec: string): void => {
	const seen = new Set<string>();
	for (const mode of modes) {
		const kind = classOf(mode);
		if (kind === undefined || seen.has(kind) || (isPath ? kind === 'copy' : kind === 'propagation')) throw invalidMount(spec, `invalid mode: ${text}`);
		seen.add(kind);
	}
};

const splitSpec = (spec: string): {source: string; target: string; mode: string} => {
	const parts = spec.split(':');
	if (parts.length > 3 || parts.some(part => part === '')) throw invalidMount(spec, 'invalid volume specification');
	const [first = '', second, mode = ''] = parts;
	return second === undefined ? {source: '', target: first, mode} : {source: first, target: second, mode};
};

/**
 * `-v [SOURCE:]TARGET[:MODES]`. A source that begins with / is a path, with . a path from `cwd`, else a volume's name. A
 * missing path of the host is made, as Docker does (`bind-create-src`).
 */
export const parseVolume = (spec: string, cwd: string = process.cwd()): MountSpec => {
	const {source, target: rawTarget, mode} = splitSpec(spec);
	const modes = mode === '' ? [] : mode.split(',').map(text => (/^r[ow]$/i.test(text) ? text.toLowerCase() : text));
	const isPath = source.startsWith('/') || /^\.\.?(\/|$)/.test(source);
	const target = cleanTarget(rawTarget, spec);
	checkModes(modes, isPath, mode, spec);
	if (!isPath && source !== '') checkVolumeName(source);
	const options = modes.filter(text => text !== 'ro' && text !== 'rw');
	const from = isPath ? cleanSource(posix.resolve(cwd, source), spec) : source;
	return {
		type: isPath ? 'bind' : 'volume',
		source: from,
		target,
		readOnly: modes.includes('ro'),
		options: isPath ? [...options, 'bind-create-src'] : options,
		...(source !== '' && {asked: {bind: [from, rawTarget, ...(mode === '' ? [] : [mode])].join(':')}}),
	};
};
