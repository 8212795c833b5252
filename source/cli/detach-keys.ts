import {UsageError} from './flags.ts';

/** Ctrl-P Ctrl-Q. */
export const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q';

const CONTROL = '@abcdefghijklmnopqrstuvwxyz[\\]^_';

/** `ctrl-p,ctrl-q`, `ctrl-x,x`, `a,b`: the bytes that end an attachment. */
export function parseDetachKeys(text: string): Uint8Array {
	return Uint8Array.from(text.split(','), key => {
		const control = key.startsWith('ctrl-') && key.length === 6 ? CONTROL.indexOf(key.slice(5)) : -1;
		if (control >= 0) return control;
		const code = Array.from(key).length === 1 ? (key.codePointAt(0) ?? 128) : 128;
		if (code > 127) throw new UsageError(`invalid detach keys (${text}): '${key}' is neither one ASCII character nor ctrl- and one of ${CONTROL}`, {usage: false});
		return code;
	});
}

export type DetachFilter = {
	/** What may go on to the container, and whether the keys have been pressed. */
	feed(input: Uint8Array): {data: Uint8Array; detached: boolean};
};

/** Holds back what may be the beginning of the keys, and lets it go when it was not. */
export function createDetachFilter(keys: Uint8Array): DetachFilter {
	const held: number[] = [];
	const fits = (): boolean => held.every((byte, at) => byte === keys[at]);
	return {
		feed(input) {
			const data: number[] = [];
			for (const byte of input) {
				held.push(byte);
				while (!fits()) data.push(held.shift() ?? 0);
				if (held.length === keys.length) return {data: Uint8Array.from(data), detached: true};
			}
			return {data: Uint8Array.from(data), detached: false};
		},
	};
}
