import {posix} from 'node:path';
import {EngineError} from '../errors/error.ts';

export const invalidMount = (spec: string, why: string): EngineError =>
	new EngineError({code: 'volume.invalid-mount', subject: spec, message: `invalid volume specification: '${spec}': ${why}`});

/** A path in the container: absolute, cleaned, and not the root itself. */
export const cleanTarget = (target: string, spec: string): string => {
	if (!target.startsWith('/')) throw invalidMount(spec, `invalid mount path: '${target}' mount path must be absolute`);
	/* A newline or NUL could not be said in a plan, nor read in a mount table. */
	if (/[\0\n]/.test(target) || target.length > 4095) throw invalidMount(spec, 'invalid mount path');
	const clean = posix.normalize(target).replace(/(?<=.)\/$/, '');
	if (clean === '/') throw invalidMount(spec, "invalid specification: destination can't be '/'");
	return clean;
};

/** A path of the host, absolute and cleaned. */
export const cleanSource = (source: string, spec: string): string => {
	if (/[\0\n]/.test(source) || source.length > 4095) throw invalidMount(spec, 'invalid mount source');
	return posix.normalize(source).replace(/(?<=.)\/$/, '');
};
