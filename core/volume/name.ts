import {EngineError} from '../errors/error.ts';

/** Docker's rule; it also keeps names apart from the dotted folders of the store. */
export const isVolumeName = (name: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/.test(name);

export const checkVolumeName = (name: string): void => {
	if (isVolumeName(name)) return;
	const hint = name.includes('/') ? 'give an absolute path to mount a folder of the host' : undefined;
	throw new EngineError({
		code: 'volume.invalid-name',
		subject: name,
		message: `"${name}" includes invalid characters for a local volume name: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, at least two`,
		hint,
	});
};
