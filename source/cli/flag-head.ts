import type {Flag} from './flags.ts';

const TYPES: Readonly<Record<string, string>> = {bool: '', swap: 'bytes'};

/** `  -f, --filter filter`: how a flag is written, and what it takes. */
export function flagHead({name, short, kind}: Flag): string {
	const type = TYPES[kind] ?? kind;
	return `  ${short === undefined ? '    ' : `-${short}, `}--${name}${type === '' ? '' : ` ${type}`}`;
}
