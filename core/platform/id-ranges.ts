import {readIfThere} from './files.ts';

/** User or group ids of the host that stand for a container's. */
export type IdRange = {readonly first: number; readonly count: number};

type Entry = IdRange & {readonly owner: string};

/** Lines of /etc/subuid and /etc/subgid: `owner:first:count`. Lines that are none are passed over, as the kernel's tools do. */
export const parseRanges = (text: string): Entry[] =>
	text.split('\n').flatMap(line => {
		const [, owner = '', first = '', count = ''] = /^([^:#\s]+):(\d{1,10}):(\d{1,10})$/.exec(line.trim()) ?? [];
		return owner === '' || Number(count) === 0 || Number(first) + Number(count) > 4_294_967_295 ? [] : [{owner, first: Number(first), count: Number(count)}];
	});

export const readRanges = (path: string): Entry[] => parseRanges(readIfThere(path) ?? '');
